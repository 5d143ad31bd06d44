"""Logins at registries → what a pull secret holds."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.desired.project import ENVIRON, HEAD, Project

HELPER = f"""#!{sys.executable}
import json, sys
server = sys.stdin.read()
if server == "token.example.com":
    print(json.dumps({{"Username": "<token>", "Secret": "correct-horse-token"}}))
else:
    print(json.dumps({{"Username": "of " + server, "Secret": "correct-horse-helper"}}))
"""
HUB = "https://index.docker.io/v1/"


def pair(username: str, password: str) -> str:
    """As Docker encodes a login."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def entry(username: str, password: str) -> dict[str, str]:
    """An entry of a pull secret."""
    return {"username": username, "password": password, "auth": pair(username, password)}


CONFIG = {
    "auths": {
        "b.example.com": {"auth": pair("bob", "correct-horse-b")},
        "a.example.com": {"username": "ann", "password": "correct-horse-a", "email": "x"},
        "kept.example.com": {},
        "id.example.com": {"identitytoken": "correct-horse-id"},
    },
    "credsStore": "desktop",
    "credHelpers": {"cloud.example.com": "cloud", "token.example.com": "cloud"},
    "psFormat": "x",
}
SMALL = {"auths": {host: CONFIG["auths"][host] for host in ("b.example.com", "a.example.com")}}  # type: ignore[index]  # a map


@pytest.fixture
def ready(project: Project) -> Project:
    """A project with two helpers in PATH."""
    project.write({"bin/docker-credential-cloud": HELPER, "bin/docker-credential-desktop": HELPER})
    for name in ("cloud", "desktop"):
        (project.root / f"bin/docker-credential-{name}").chmod(0o755)
    return project


def environment(spec: str) -> str:
    """An environment with one pull secret, which begins in line 6."""
    return HEAD + "namespaces: {shop: {pullSecrets: [reg]}}\nsecrets: {reg: {type: dockerconfigjson, " + spec + "}}\n"


def held(project: Project, spec: str, config: Mapping[str, Any] = CONFIG) -> Any:
    """What the Secret holds, after a look that all of it is masked."""
    desired = project.load(environment(spec), environ={**ENVIRON, "CONFIG": json.dumps(config)})
    text = desired.secrets[0].data[".dockerconfigjson"].reveal()
    found = json.loads(text)["auths"]
    for item in found.values():
        for hidden in (item["password"], item["auth"], text):
            assert hidden not in desired.mask.text(f"refused: {hidden}")
    assert "correct-horse" not in repr(desired)
    return found


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        pytest.param(
            "dockerConfig: {env: CONFIG, hosts: [a.example.com, b.example.com]}",
            {"a.example.com": entry("ann", "correct-horse-a"), "b.example.com": entry("bob", "correct-horse-b")},
            id="two hosts of a config.json, which asks no helper",
        ),
        pytest.param(
            "dockerConfig: {env: CONFIG, hosts: [cloud.example.com], helpers: [cloud]}",
            {"cloud.example.com": entry("of cloud.example.com", "correct-horse-helper")},
            id="one that a helper of its own keeps",
        ),
        pytest.param(
            "dockerConfig: {env: CONFIG, hosts: [kept.example.com], helpers: [cloud, desktop]}",
            {"kept.example.com": entry("of kept.example.com", "correct-horse-helper")},
            id="one in the store",
        ),
        pytest.param(
            "registries: {cloud.example.com: {helper: cloud}}",
            {"cloud.example.com": entry("of cloud.example.com", "correct-horse-helper")},
            id="a helper",
        ),
        pytest.param(
            "registries: {docker.io: {helper: cloud}}",
            {"docker.io": entry(f"of {HUB}", "correct-horse-helper")},
            id="Docker Hub, which helpers know by its old address",
        ),
        pytest.param(
            "dockerConfig: {env: CONFIG, hosts: [a.example.com]}, registries: {a.example.com: {username: ci, "
            "password: {env: TOKEN}}, c.example.com: {username: ci, password: {env: TOKEN}}}",
            {"a.example.com": entry("ci", "correct-horse"), "c.example.com": entry("ci", "correct-horse")},
            id="logins of the file win",
        ),
    ],
)
def test_logins(spec: str, found: Any, ready: Project) -> None:
    """Every way leads to the same form, with the user and the password of each host."""
    assert held(ready, spec) == found


def test_all_of_a_config_file_in_the_home_folder(ready: Project) -> None:
    """Without `hosts`, all logins are taken; the file may lie outside of the project, as a kubeconfig may."""
    ready.write({"home/.docker/config.json": json.dumps(SMALL)})
    found = held(ready, "dockerConfig: {file: ~/.docker/config.json}")
    assert found == {"a.example.com": entry("ann", "correct-horse-a"), "b.example.com": entry("bob", "correct-horse-b")}


def test_the_form_does_not_flap(ready: Project) -> None:
    """Neither the order in the config.json nor how a login is written there makes a difference."""
    turned = {
        "auths": {
            "a.example.com": {"auth": pair("ann", "correct-horse-a"), "username": "old"},
            "b.example.com": {"password": "correct-horse-b", "username": "bob"},
        }
    }
    texts = {
        ready.load(environment("dockerConfig: {env: CONFIG}"), environ={**ENVIRON, "CONFIG": json.dumps(config)})
        .secrets[0]
        .data[".dockerconfigjson"]
        .reveal()
        for config in (SMALL, turned)
    }
    assert len(texts) == 1


def test_logins_that_nobody_asks_for_are_masked_too(ready: Project) -> None:
    """An error of a registry could quote one."""
    spec = "dockerConfig: {env: CONFIG, hosts: [a.example.com]}"
    mask = ready.load(environment(spec), environ={**ENVIRON, "CONFIG": json.dumps(CONFIG)}).mask
    assert "correct-horse" not in mask.text("correct-horse-id") + mask.text(pair("bob", "correct-horse-b"))


MISTAKES = {
    "no login at all": (
        "namespaces: [shop]",
        ["6:11: secrets.reg: a dockerconfigjson secret has `registries` or `dockerConfig`, and no `data`"],
    ),
    "both ways": (
        "registries: {r: {username: u, password: {env: TOKEN}, helper: cloud}}",
        ["6:54: secrets.reg.registries.r: exactly one of `username`, `helper` is needed, 2 given"],
    ),
    "no password": (
        "registries: {r: {username: u}}",
        ["6:54: secrets.reg.registries.r: `username` and `password` go together"],
    ),
    "a path for a helper": (
        "registries: {r: {helper: ../evil}}",
        [
            (
                "6:58: secrets.reg.registries.r.helper: has to be the NAME of a program docker-credential-NAME: "
                "lower-case letters, digits, - and _"
            )
        ],
    ),
    "a helper that is not there": (
        "registries: {r: {helper: nope}}",
        ["6:58: there is no program docker-credential-nope in PATH", "  try: install it"],
    ),
    "a helper that gives a token": (
        "registries: {token.example.com: {helper: cloud}}",
        [
            "6:74: the login for token.example.com is an identity token, which nodes cannot pull images with",
            (
                "  try: give token.example.com a `username` and a `password` under `registries`; most registries have "
                "tokens for that"
            ),
        ],
    ),
    "a store that is not allowed": (
        "dockerConfig: {env: CONFIG, hosts: [kept.example.com], helpers: [cloud]}",
        [
            (
                '6:77: this config.json keeps the login for kept.example.com with the credential helper "desktop", '
                "which the environment does not allow to run"
            ),
            '  try: if you trust it, add `helpers: ["desktop"]` to `dockerConfig`',
        ],
    ),
    "a host that is not in it": (
        "dockerConfig: {env: SMALL, hosts: [a.exmple.com]}",
        ['6:76: this config.json has no key "a.exmple.com"', '  try: did you mean "a.example.com"?'],
    ),
    "a password with half a character": (
        "dockerConfig: {env: HALF}",
        ["6:41: the login for half.example.com is no UTF-8 text"],
    ),
    "an identity token": (
        "dockerConfig: {env: IDENTITY}",
        [
            "6:41: the login for id.example.com is an identity token, which nodes cannot pull images with",
            (
                "  try: give id.example.com a `username` and a `password` under `registries`; most registries have "
                "tokens for that"
            ),
        ],
    ),
    "no logins": ("dockerConfig: {env: NOTHING}", ["6:41: this config.json has no logins"]),
    "no JSON": (
        "dockerConfig: {env: TOKEN}",
        [
            "6:41: the environment variable TOKEN is no config.json of Docker: it is no JSON, or no map",
            "  try: it is what `docker login` writes to ~/.docker/config.json",
        ],
    ),
    "no file": (
        "dockerConfig: {file: ~/.docker/config.json}",
        ["6:62: there is no ROOT/home/.docker/config.json", "  try: there is no folder .docker either"],
    ),
}


@pytest.mark.parametrize(("spec", "messages"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place(spec: str, messages: list[str], ready: Project) -> None:
    """`path:line:col: message`, and what to try; never what a helper or a config.json holds."""
    environ = {
        **ENVIRON,
        "CONFIG": json.dumps(CONFIG),
        "SMALL": json.dumps(SMALL),
        "NOTHING": "{}",
        "HALF": json.dumps({"auths": {"half.example.com": {"username": "u", "password": "correct-horse-\ud800"}}}),
        "IDENTITY": json.dumps({"auths": {"id.example.com": {"identitytoken": "correct-horse-id"}}}),
    }
    found = ready.mistakes(environment(spec), environ=environ)
    assert [line.removeprefix("env.yaml:") for line in found] == messages
    assert "correct-horse" not in "\n".join(found)
