"""Commits as a daemon keeps them over a restart."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from reconciler.model.json import Json, JsonMap, text_at
from reconciler.model.source import Commit, Person, Signature, SignatureState


def commit_document(commit: Commit) -> JsonMap:
    """What is kept of a commit."""
    return {**asdict(commit), "time": commit.time.isoformat()}


def read_commit(document: Json) -> Commit | None:
    """The commit that was kept; None: it is none."""
    try:
        return Commit(
            sha=text_at(document, "sha"),
            ref=text_at(document, "ref"),
            author=_person(document, "author"),
            committer=_person(document, "committer"),
            subject=text_at(document, "subject"),
            time=datetime.fromisoformat(text_at(document, "time")),
            signature=Signature(
                SignatureState(text_at(document, "signature", "state")),
                text_at(document, "signature", "signer"),
                text_at(document, "signature", "key"),
                text_at(document, "signature", "verification"),
            ),
        )
    except ValueError:
        return None


def _person(document: Json, role: str) -> Person:
    return Person(text_at(document, role, "name"), text_at(document, role, "email"))
