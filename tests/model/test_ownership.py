"""The marks of ownership are labels that the API server accepts."""

from __future__ import annotations

import re

from reconciler.model.ownership import object_labels, release_labels

_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9][-A-Za-z0-9_.]*")


def test_labels_are_valid_for_the_longest_environment_name() -> None:
    """Keys and values by Kubernetes' rules, values of at most 63 characters."""
    labels = {**release_labels("e" * 63, "f" * 64, 999_999), **object_labels("e" * 63)}
    assert all(_KEY.fullmatch(key) for key in labels)
    assert all(_VALUE.fullmatch(value) and len(value) <= 63 for value in labels.values())


def test_labels_of_a_release_tell_environment_chart_and_revision() -> None:
    """What a later run compares."""
    assert release_labels("staging", "abc", 3) == {
        "reconciler/environment": "staging",
        "reconciler/chart": "abc",
        "reconciler/revision": "3",
    }
