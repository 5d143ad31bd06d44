"""What git, ssh and curl say, as errors. That they do say so, the tests of mirrors show, where they can."""

from __future__ import annotations

import pytest

from reconciler.adapters.git.failures import translate
from reconciler.adapters.git.runner import Ended, Stop
from reconciler.errors import GitReason
from reconciler.model.secret import Mask, SecretText


@pytest.mark.parametrize(
    ("said", "reason", "cause"),
    [
        pytest.param(
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n"
            "fatal: Could not read from remote repository.",
            GitReason.UNKNOWN_HOST,
            "REMOTE HOST IDENTIFICATION HAS CHANGED",
            id="a changed host key comes before what follows from it",
        ),
        pytest.param(
            "fatal: unable to access 'https://x/': The requested URL returned error: 403",
            GitReason.DENIED,
            "403",
            id="403",
        ),
        pytest.param(
            "fatal: unable to access 'https://x/': The requested URL returned error: 503",
            GitReason.UNREACHABLE,
            "503",
            id="503",
        ),
        pytest.param(
            "fatal: unable to access 'https://x/': The requested URL returned error: 429",
            GitReason.UNREACHABLE,
            "429",
            id="429",
        ),
        pytest.param(
            "fatal: unable to access 'https://x/': Could not resolve host: x",
            GitReason.UNREACHABLE,
            "resolve",
            id="DNS",
        ),
        pytest.param(
            "error: RPC failed; curl 28 Operation too slow. Less than 1000 bytes/sec",
            GitReason.TIMEOUT,
            "slow",
            id="slow",
        ),
        pytest.param(
            "remote: Repository not found.\nfatal: repository 'https://x/' not found",
            GitReason.NOT_FOUND,
            "not found",
            id="404",
        ),
        pytest.param("fatal: couldn't find remote ref refs/heads/x", GitReason.NO_REF, "couldn't find", id="no ref"),
        pytest.param(
            "fatal: detected dubious ownership in repository at '/x'", GitReason.DENIED, "dubious", id="another's files"
        ),
        pytest.param("warning: a\nfatal: something new", GitReason.OTHER, "something new", id="unknown"),
        pytest.param("hint: only this", GitReason.OTHER, "only this", id="vague"),
        pytest.param("", GitReason.OTHER, "git ended with code 128 and said nothing", id="silent"),
    ],
)
def test_causes(said: str, reason: GitReason, cause: str) -> None:
    """The class of the failure, and the line that tells most."""
    error = translate("cannot fetch x", Ended(128, b"", said), 5.0, Mask())
    assert error.reason is reason
    assert error.message.startswith("cannot fetch x: ")
    assert cause in error.message


@pytest.mark.parametrize(
    ("stop", "reason", "said"),
    [
        (Stop.LATE, GitReason.TIMEOUT, "longer than 5 s"),
        (Stop.TOO_MUCH, GitReason.TOO_LARGE, "larger than it may be"),
        (Stop.CANCELLED, GitReason.CANCELLED, "cancelled"),
    ],
)
def test_ended(stop: Stop, reason: GitReason, said: str) -> None:
    """What was ended by us tells why."""
    error = translate("cannot fetch x", Ended(-9, b"", "fatal: early EOF", stop), 5.0, Mask())
    assert (error.reason, said in error.message, "EOF" in error.message) == (reason, True, False)


def test_a_login_in_what_was_said() -> None:
    """Is masked, in whatever form."""
    mask = Mask.of([SecretText("correct horse")])
    said = "fatal: Authentication failed for 'https://ci:correct%20horse@x/'"
    assert "correct" not in translate("cannot fetch x", Ended(128, b"", said), 5.0, mask).message
