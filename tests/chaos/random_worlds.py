"""Random environments, and random edits by another person: data, so that a failing example can be read and shrunk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import strategies as st

SECRET_VALUE = "hunter2-{name}-{value}"
RELEASES = ("alpha", "beta", "gamma")
SECRETS = ("login", "token")
PLACES = ("one", "two")


@dataclass(frozen=True)
class Release:
    """A release as the file wants it; `needs` are others of the file."""

    name: str
    place: str
    text: str
    replicas: int
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Environment:
    """What the file says: releases, and secret → value."""

    releases: tuple[Release, ...]
    secrets: tuple[tuple[str, int], ...]

    def text(self, name: str) -> str:
        """The environment file; JSON is YAML."""
        homes = {place: f"{name}-{place}" for place in PLACES}
        releases = {
            release.name: {
                "chart": "charts/app",
                "namespace": homes[release.place],
                "values": [{"text": release.text, "replicas": release.replicas}],
                "valuesFrom": {"password": {"env": "PASSWORD"}},
                "needs": list(release.needs),
            }
            for release in self.releases
        }
        secrets = {
            secret: {"type": "Opaque", "data": {"value": {"env": secret.upper()}}, "namespaces": [homes["one"]]}
            for secret, _ in self.secrets
        }
        return json.dumps(
            {
                "apiVersion": "reconciler/v1",
                "kind": "Environment",
                "name": name,
                "clusters": {"main": {"kubeconfig": {"file": "kubeconfig"}}},
                "policy": {"prune": {"maxCount": 100, "maxShare": 1}},
                "namespaces": {home: {} for home in homes.values()},
                "secrets": secrets,
                "releases": releases,
            },
            indent=2,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The variables that hold its secrets."""
        return {
            "PASSWORD": SECRET_VALUE.format(name="password", value=0),
            **{name.upper(): SECRET_VALUE.format(name=name, value=value) for name, value in self.secrets},
        }


class Edit(StrEnum):
    """What another person does to a release, or beside it."""

    DELETE_OBJECT = "deletes its ConfigMap"
    CHANGE_OBJECT = "changes its ConfigMap"
    SCALE = "scales its Deployment"
    UNMARK = "takes Helm's label off its Deployment"
    LOSE_RECORD = "deletes the record of its newest revision"
    UPGRADE = "upgrades it with helm"
    ROLLBACK = "rolls it back with helm"
    UNINSTALL = "uninstalls it with helm"
    DELETE_SECRET = "deletes a secret of the environment"
    ADD = "adds an object of their own"


@dataclass(frozen=True)
class Story:
    """An environment is applied, then edited by another person, then wanted otherwise."""

    first: Environment
    edits: tuple[tuple[Edit, str], ...]
    second: Environment


@st.composite
def environments(draw: st.DrawFn) -> Environment:
    """One to three releases that may need earlier ones, and up to two secrets."""
    names = draw(st.lists(st.sampled_from(RELEASES), min_size=1, unique=True))
    releases = tuple(
        Release(
            name=name,
            # A release that moves is one that goes and one that comes: each stays where its name belongs.
            place=PLACES[RELEASES.index(name) % len(PLACES)],
            text=draw(st.sampled_from(["", "a", "yes", "1e3", "ü", "two\nlines"])),
            replicas=draw(st.integers(0, 2)),
            needs=tuple(draw(st.lists(st.sampled_from(names[:place]), unique=True))) if place else (),
        )
        for place, name in enumerate(names)
    )
    secrets = draw(st.dictionaries(st.sampled_from(SECRETS), st.integers(0, 2)))
    return Environment(releases, tuple(sorted(secrets.items())))


def stories() -> st.SearchStrategy[Story]:
    """An environment, up to four edits, and another environment."""
    edits = st.lists(st.tuples(st.sampled_from(Edit), st.sampled_from(RELEASES)), max_size=4).map(tuple)
    return st.builds(Story, environments(), edits, environments())
