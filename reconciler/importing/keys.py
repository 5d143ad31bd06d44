"""What releases and namespaces are called in a file: by their names, where those tell them apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from reconciler.desired.schema.model import LABEL
from reconciler.model.identity import ReleaseId

# A release's name, and so its key, has at most as many characters in Helm.
_LONGEST = 53
_NAME = re.compile(rf"{LABEL.rstrip('$')}(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_NAMESPACE = re.compile(LABEL)


def is_sound(release: ReleaseId) -> bool:
    """Whether the names are such as Kubernetes and Helm give: a server may say anything, and files are named so."""
    sound = _NAME.fullmatch(release.name) and len(release.name) <= _LONGEST
    return bool(sound and _NAMESPACE.fullmatch(release.namespace))


def release_keys(releases: Iterable[ReleaseId]) -> Mapping[ReleaseId, str]:
    """Release → its key: the name; where several have it, with the namespace before it, and a number if need be."""
    known = sorted(set(releases))
    counts = Counter(release.name for release in known)
    taken = {name for name, count in counts.items() if count == 1}
    keys: dict[ReleaseId, str] = {}
    for release in known:
        if counts[release.name] == 1:
            keys[release] = release.name
            continue
        keys[release] = _free(f"{release.namespace}-{release.name}", taken)
        taken.add(keys[release])
    return keys


def _free(wanted: str, taken: set[str]) -> str:
    key, number = wanted[:_LONGEST].rstrip("-."), 1
    while key in taken:
        number += 1
        end = f"-{number}"
        key = wanted[: _LONGEST - len(end)].rstrip("-.") + end
    return key
