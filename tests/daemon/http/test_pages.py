"""The pages: what they show, what they answer otherwise, and that no value is more than text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from reconciler.daemon.http.site import Answer
from reconciler.model.identity import NamespaceId, ReleaseId
from reconciler.model.standing import Condition as HealthCondition
from reconciler.model.standing import Health
from reconciler.model.sync import Condition, ConditionKind, EnvironmentView, Suspension, Trigger, Why
from tests.daemon.http.board import FINDING, NOW, OLD, PRODUCTION, RUNS, FakeBoard, release
from tests.daemon.http.conftest import Serving
from tests.report.samples import HOSTILE as HOSTILE_ELSEWHERE
from tests.report.samples import hostile as hostile_plan

PAGE = {"headers": {"Accept": "text/html"}}
HOSTILE = (
    *HOSTILE_ELSEWHERE,
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066\u200f",
    "../../etc/passwd?a=b#c",
    "long " * 100_000,
)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", ["production", "staging", "lab", "shop/api", "drifted", "suspended by Ada", "341c09f", "Grace Hopper"]),
        ("/", ["Try: push the image, or go back to 1.4.2", "2026-11-25 10:39:06 UTC", "api-1.4.2", "signature good"]),
        (
            "/environments/production",
            ["image tag not found", "ImagePullBackOff", "push the image, or take one", "34:16"],
        ),
        (
            "/environments/production",
            ["label team is missing", "upgrade", "+ spec.template.spec.containers[api].image"],
        ),
        ("/environments/production", ["listen 8080", "by kubectl-edit", "restarts-pods", "••••••"]),
        ("/environments/production", ["user: Ada", "drift: ConfigMap shop/web", "2 changes, 2 min 3 s"]),
        (
            "/environments/lab",
            ["2026-11-24 09:42:06 UTC", "suspended by Ada", "resumed by Grace"],
        ),
        ("/environments/production/runs/20261125-0000", ["Where the time went", "observe", "0.8 s"]),
        ("/environments/lab", ["deletion-budget", "3 of 4 releases would go", "--allow-deletions 3", "not installed"]),
        (
            "/environments/production/runs/20261125-0000",
            ["not healthy within 2 min", "corrected", "image tag not found"],
        ),
        ("/environments/production/runs/20261125-0003", ["production.yaml:34:7: unknown key `imagee`", "9f31c09"]),
    ],
)
def test_pages_show_what_the_board_says(serving: Serving, path: str, shown: list[str]) -> None:
    """States, commits, findings, the plan's diff, and who started which run and why."""
    answer = serving().get(path, **PAGE)
    assert answer.status_code == 200
    told = " ".join(Structure(answer.text).text.split())
    assert [text for text in shown if text not in told] == []


def test_what_needs_somebody_comes_first(serving: Serving) -> None:
    """Failed before suspended before ready, whatever their names are."""
    headings = re.findall(r'<h2 .*?<a href="/environments/(\w+)"', serving().get("/").text)
    assert headings == ["production", "lab", "staging"]


def test_many_releases_are_on_the_page_of_their_environment(serving: Serving) -> None:
    """The first page stays short, and says how many there are."""
    view = replace(PRODUCTION, releases=tuple(release(f"r{i:03}") for i in range(500)))
    served = serving(FakeBoard({view.name: view}))
    assert "All 500 releases of production" in served.get("/").text
    assert served.get("/environments/production").text.count('<th scope="row">shop/r') == 500


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/environments/nowhere", 404),
        ("/environments/production/runs/1", 404),
        ("/nothing", 404),
        ("/static/app.py", 404),
        ("/static/..%2frender.py", 404),
        ("/logout", 405),
    ],
)
def test_what_is_not_there_is_said_plainly(serving: Serving, path: str, status: int) -> None:
    """A page for people, a line for programs."""
    served = serving()
    page, line = served.get(path, **PAGE), served.get(path)
    assert (page.status_code, line.status_code) == (status, status)
    assert "<h1>" in page.text
    assert len(line.text.splitlines()) == 1


def test_a_mistake_of_ours_tells_nothing_about_it(serving: Serving) -> None:
    """No traceback, no message of the error."""

    class Broken(FakeBoard):
        def environments(self) -> tuple[EnvironmentView, ...]:
            raise RuntimeError("the inner life")

    answer = serving(Broken()).get("/", **PAGE)
    assert answer.status_code == 500
    assert "inner life" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_every_answer_keeps_browsers_from_harm(serving: Serving) -> None:
    """Pages, errors and files alike; pages are not kept, files are, under a name that changes with them."""
    served = serving()
    page = served.get("/")
    style = re.search(r"/static/style\.css\?v=\w+", page.text)
    assert style
    answers = [
        page,
        served.get("/nothing"),
        served.get(style[0]),
        served.get("/", headers={"Host": "evil.example.com"}),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert [answer.headers["cache-control"].split(",")[0] for answer in answers] == [
        "no-store",
        "no-store",
        "public",
        "no-store",
    ]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8080", 200),
        ("127.0.0.1:1", 200),
        ("[::1]", 200),
        ("[::1]:8080", 200),
        ("evil.example.com", 403),
        ("localhost.evil.example.com", 403),
        ("127.0.0.1.evil.example.com:8080", 403),
        ("", 403),
    ],
)
def test_on_the_loopback_only_its_own_names_are_answered(serving: Serving, host: str, status: int) -> None:
    """A stranger's name that points at this machine (DNS rebinding) reads nothing."""
    assert serving().get("/", headers={"Host": host}).status_code == status


def test_elsewhere_any_name_is_answered(serving: Serving) -> None:
    """An ingress decides about names."""
    assert serving(local=False).get("/", headers={"Host": "status.example.com"}).status_code == 200


class Structure(HTMLParser):
    """The elements and attributes of a page, and all of its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.text += data


def everywhere(text: str) -> EnvironmentView:
    """An environment that says a text wherever anybody can put one."""
    person = replace(OLD.author, name=text, email=text)
    commit = replace(OLD, subject=text, author=person, signature=replace(OLD.signature, signer=text))
    target = ReleaseId(text, text, text)
    finding = replace(FINDING, target=target, message=text, evidence=(text, text), hint=text)
    shown, ill = release("api"), Health(HealthCondition.FAILED, text)
    shown = replace(
        shown, id=target, standing=replace(shown.standing, reason=text, chart=text), health=ill, findings=(finding,)
    )
    step = replace(RUNS[0].steps[0], target=target, message=text, findings=(finding,))
    run = replace(RUNS[0], why=Why(Trigger.USER, text), commit=commit, message=text, errors=(text,), steps=(step,))
    return EnvironmentView(
        text,
        text,
        seen=commit,
        applied=replace(commit, sha="c" * 40),
        conditions=(Condition(ConditionKind.UNTRUSTED, text, NOW, text),),
        releases=(shown,),
        others=((NamespaceId(text, text), text),),
        plan=hostile_plan(text),
        runs=(run,),
        suspensions=(Suspension(NOW, suspended=True, who=text),),
        running=Why(Trigger.COMMIT, text),
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_value_is_more_than_text(serving: Serving, text: str) -> None:
    """With hostile values a page has the very elements and attributes that it has with harmless ones."""
    harmless = serving(FakeBoard({"x": everywhere("harmless\nwords")}))
    served = serving(FakeBoard({"x": everywhere(text)}))
    for path in ("/", "/environments/x", "/environments/x/runs/20261125-0000"):
        page = served.get(path).text
        assert _tags(Structure(page)) == _tags(Structure(harmless.get(path).text))
        assert all(char.isprintable() or char in "\n\t" for char in page)
        assert len(page) < 400_000


def _tags(structure: Structure) -> list[tuple[str, tuple[str, ...]]]:
    # A text of several lines has lines of its own in a diff.
    return [element for element in structure.elements if element[0] != "span"]


def test_probes_are_answered_by_whoever_knows(serving: Serving) -> None:
    """Status, type and body are theirs."""
    answers = {"/readyz": lambda: Answer(503, "application/json", b"{}")}
    answer = serving(answers=answers).get("/readyz")
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (503, "application/json", "{}")


def test_environments_that_there_are_not(serving: Serving) -> None:
    """A misspelt name in the Sync file is told beside those that there are; what it is called is no more than text."""
    page = serving(FakeBoard(astray=('<b>prodution</b>; did you mean "production"?',))).get("/", **PAGE).text
    assert 'how to keep <b>prodution</b>; did you mean "production"?' in Structure(page).text
    assert "no such environment" not in serving().get("/", **PAGE).text
