"""Who may act, and how: the token, sessions, CSRF, wrong tokens."""

from __future__ import annotations

import re

import pytest

from reconciler.errors import ClusterError
from reconciler.model.secret import SecretText
from tests.daemon.http.conftest import TOKEN, Served, Serving

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def log_in(served: Served, **more: str) -> str:
    """Log in by the form; the CSRF token of the session."""
    answer = served.post("/login", data={"token": TOKEN, "who": "Ada", **more})
    assert answer.status_code == 303
    found = re.search(r'name="csrf" value="([^"]+)"', served.get("/").text)
    assert found
    return found[1]


@pytest.mark.parametrize("action", ["sync", "suspend", "resume"])
def test_whoever_is_logged_in_may_act(serving: Serving, action: str) -> None:
    """By a form of ours; the history gets their name, and the browser goes back to the page."""
    served = serving()
    csrf = log_in(served)
    answer = served.post(f"/environments/staging/{action}", data={"csrf": csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, "/environments/staging")
    assert served.board.asked == [(action, "staging", "Ada")]


def test_a_script_gives_the_token_itself(serving: Serving) -> None:
    """Without cookie and CSRF token, since no browser sends this header by itself."""
    served = serving()
    answer = served.post("/environments/staging/sync", headers=BEARER, data={"who": "CI job 12"})
    assert (answer.status_code, answer.text) == (202, "accepted\n")
    assert served.board.asked == [("sync", "staging", "CI job 12")]


def test_what_cannot_be_kept_is_told(serving: Serving) -> None:
    """Whoever suspends knows whether it is suspended."""
    served = serving()
    served.board.refusal = ClusterError("cluster main cannot be reached")
    answer = served.post("/environments/staging/suspend", headers=BEARER)
    assert (answer.status_code, answer.text) == (503, "nothing has changed: cluster main cannot be reached\n")
    served.board.refusal = ClusterError("there is no Lease", hint="try again in a moment")
    answer = served.post("/environments/staging/suspend", headers=BEARER)
    assert answer.text == "nothing has changed: there is no Lease; try again in a moment\n"


@pytest.mark.parametrize(
    ("path", "headers", "data", "status"),
    [
        ("/environments/staging/sync", {}, {}, 401),
        ("/environments/staging/sync", {"Authorization": "Bearer wrong"}, {}, 401),
        ("/environments/staging/sync", {"Authorization": "Bearer "}, {}, 401),
        ("/environments/staging/sync", {"Authorization": f"Basic {TOKEN}"}, {}, 401),
        ("/environments/staging/sync", {"Cookie": "reconcile-session=guess"}, {"csrf": "guess"}, 401),
        ("/environments/staging/delete", BEARER, {}, 404),
        ("/environments/staging/__class__", BEARER, {}, 404),
        ("/environments/nowhere/sync", BEARER, {}, 404),
        ("/environments/staging/sync", {**BEARER, "Sec-Fetch-Site": "cross-site"}, {}, 403),
        ("/login", {}, {"token": "wrong"}, 401),
        ("/login", {}, {}, 401),
        ("/login", {}, {"token": "x" * 20_000}, 413),
        ("/login", {}, {f"f{i}": "" for i in range(20)}, 400),
        ("/login", {}, b"token=\xff", 400),
        ("/logout", {}, {}, 401),
    ],
)
def test_nobody_else_may(
    serving: Serving, path: str, headers: dict[str, str], data: dict[str, str] | bytes, status: int
) -> None:
    """Each is answered plainly, and nothing is asked of the daemon."""
    served = serving()
    assert served.post(path, headers=headers, data=data).status_code == status
    assert served.board.asked == []


@pytest.mark.parametrize("csrf", [None, "", "guess"])
def test_a_form_of_a_stranger_is_refused(serving: Serving, csrf: str | None) -> None:
    """The cookie alone is not enough."""
    served = serving()
    log_in(served)
    data = {} if csrf is None else {"csrf": csrf}
    assert served.post("/environments/staging/sync", data=data).status_code == 403
    assert served.board.asked == []


def test_the_cookie_is_for_this_site_alone(serving: Serving) -> None:
    """No script reads it, no other site's page sends it; behind TLS it is sent over TLS only."""
    cookie = serving().post("/login", data={"token": TOKEN}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    behind = serving().post("/login", data={"token": TOKEN}, headers={"X-Forwarded-Proto": "https"})
    assert "secure" in behind.headers["set-cookie"].lower()


def test_after_logging_out_a_session_is_worth_nothing(serving: Serving) -> None:
    """Also for whoever kept its cookie."""
    served = serving()
    csrf = log_in(served)
    cookie = f"reconcile-session={served.http.cookies['reconcile-session']}"
    assert served.post("/logout", data={"csrf": csrf}).status_code == 303
    again = served.post("/environments/staging/sync", data={"csrf": csrf}, headers={"Cookie": cookie})
    assert again.status_code == 401


def test_a_token_is_not_found_by_trying(serving: Serving) -> None:
    """After ten wrong ones not even the right one is taken, by form or header; who is logged in goes on."""
    served = serving()
    csrf = log_in(served)
    statuses = [served.post("/login", data={"token": f"guess {i}"}).status_code for i in range(11)]
    assert statuses == [401] * 10 + [429]
    assert served.post("/environments/staging/sync", headers=BEARER).status_code == 429
    assert served.post("/environments/staging/sync", data={"csrf": csrf}).status_code == 303


def test_the_log_says_who_asked(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    """And who tried to; no token is in it."""
    caplog.set_level("INFO", "reconciler.http")
    served = serving()
    served.post("/environments/staging/sync", headers=BEARER, data={"who": "CI"})
    served.post("/login", data={"token": "a wrong guess"})
    facts = [
        (record.message, record.__dict__["facts"]) for record in caplog.records if record.name == "reconciler.http"
    ]
    assert facts == [
        ("asked", {"who": "CI", "action": "sync", "environment": "staging", "address": "127.0.0.1"}),
        ("wrong token", {"address": "127.0.0.1"}),
    ]


@pytest.mark.parametrize("headers", [{}, BEARER])
def test_without_a_token_the_page_is_read_only(serving: Serving, headers: dict[str, str]) -> None:
    """And says so."""
    served = serving(token=None)
    assert "Read-only" in served.get("/").text
    assert served.post("/environments/staging/sync", headers=headers).status_code == 403
    assert served.post("/login", data={"token": ""}).status_code == 403
    assert served.board.asked == []


def test_another_token_ends_the_sessions_of_the_one_before(serving: Serving) -> None:
    """Whoever replaces a token that got out does not have to restart anything."""
    tokens = [SecretText(TOKEN)]
    served = serving(token=lambda: tokens[-1])
    log_in(served)
    assert "Log out" in served.get("/").text
    tokens.append(SecretText("another"))
    assert "Log out" not in served.get("/").text
    assert served.post("/environments/staging/sync", headers=BEARER).status_code == 401
    another = {"Authorization": "Bearer another"}
    assert served.post("/environments/staging/sync", headers=another).status_code == 202


def test_the_token_is_on_no_page(serving: Serving) -> None:
    """Nor in a header."""
    served = serving()
    log_in(served)
    for path in ("/", "/environments/staging", "/login"):
        answer = served.get(path)
        assert TOKEN not in answer.text + str(answer.headers)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\u202eb\x00", "n" * 5_000])
def test_a_name_is_text(serving: Serving, name: str) -> None:
    """Short, and without characters that steer."""
    served = serving()
    csrf = log_in(served, who=name)
    assert "<script>alert" not in served.get("/").text
    served.post("/environments/staging/sync", data={"csrf": csrf})
    who = served.board.asked[0][2]
    assert len(who) <= 60
    assert who.isprintable()
