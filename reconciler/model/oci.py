"""What a container registry keeps: content by digest, and manifests that name it.

The rules are the OCI distribution specification's:
https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.secret import SecretText


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of a registry, with a password or a token in its place."""

    username: str
    password: SecretText


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Content that a manifest names.

    Attributes:
        digest: algorithm and hex, as in `sha256:…`.
        size: in bytes.
    """

    media_type: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index, as the registry keeps it.

    Attributes:
        digest: of `content`, computed here: `sha256:…`.
        content: the JSON document, not yet parsed.
    """

    media_type: str
    digest: str
    content: bytes = field(repr=False)
