"""What git and ssh say when they fail, as errors that tell what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.adapters.git.runner import Ended, Stop
from reconciler.errors import GitError, GitReason
from reconciler.model.secret import Mask


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    reason: GitReason
    hint: str | None = None


def _rule(pattern: str, reason: GitReason, hint: str | None = None) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), reason, hint)


# In this order: what comes first is the cause of what comes later, and git's own last words are the vaguest.
_RULES = (
    _rule(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        GitReason.UNKNOWN_HOST,
        "someone may be in between; when the server did change its key, replace its line in known_hosts",
    ),
    _rule(
        r"Host key verification failed|host key is known for",
        GitReason.UNKNOWN_HOST,
        "`ssh-keyscan HOST` gives a line for known_hosts; compare it with what the server's owner publishes",
    ),
    _rule(
        r"Permission denied|Authentication failed|could not read (?:Username|Password)|returned error: 40[13]|"
        r"error in libcrypto",
        GitReason.DENIED,
        "see that the login is right, and may read the repository",
    ),
    _rule(
        r"detected dubious ownership",
        GitReason.DENIED,
        "git reads a repository only for its owner; change the owner, or serve it over ssh or https",
    ),
    _rule(
        r"(?:SSL certificate problem|certificate verif|SSL: no alternative certificate|does not match target host)",
        GitReason.UNTRUSTED,
        "give the certificate of the authority that the server's was made by",
    ),
    _rule(
        r"Could not resolve host|Failed to connect|Connection (?:refused|reset|timed out)|Couldn't connect|"
        r"No route to host|Network is unreachable|Temporary failure in name resolution|returned error: 5\d\d|429",
        GitReason.UNREACHABLE,
    ),
    _rule(r"Operation too slow|Operation timed out", GitReason.TIMEOUT),
    _rule(r"transport '[^']*' not allowed", GitReason.HOSTILE, "submodules have to be reached as the repository is"),
    _rule(
        r"repository '[^']*' not found|does not appear to be a git repository|returned error: 404|"
        r"Repository not found|project you were looking for",
        GitReason.NOT_FOUND,
        "see that the address is right; some servers say this too when the login may not read it",
    ),
    _rule(r"couldn't find remote ref|Remote branch .* not found", GitReason.NO_REF),
    _rule(
        r"fsck error|(?:hasDot|hasDotdot|hasDotgit|gitmodules\w+|fullPathname|nulInCommit): ",
        GitReason.HOSTILE,
        "`git fsck` on the repository names the object",
    ),
)

# The beginnings of lines in which git and ssh name the cause.
_TELLING = re.compile(r"^(?:fatal|error|ssh|remote|.*@.*: Permission denied)\b", re.IGNORECASE)


def translate(doing: str, ended: Ended, seconds: float, mask: Mask) -> GitError:
    """The error for a run that failed.

    Args:
        doing: such as `cannot fetch branch main of https://…`.
        seconds: the time that it had.
        mask: hides the login in what was said.
    """
    if ended.stop is Stop.LATE:
        return GitError(f"{doing}: it took longer than {seconds:g} s", reason=GitReason.TIMEOUT)
    if ended.stop is Stop.TOO_MUCH:
        return GitError(f"{doing}: it is larger than it may be", reason=GitReason.TOO_LARGE)
    if ended.stop is Stop.CANCELLED:
        return GitError(f"{doing}: it was cancelled", reason=GitReason.CANCELLED)
    said = mask.text(ended.err)
    found = next((rule for rule in _RULES if rule.pattern.search(said)), None)
    reason, hint = (found.reason, found.hint) if found else (GitReason.OTHER, None)
    return GitError(f"{doing}: {_cause(said, found, ended.code)}", reason=reason, hint=hint)


def _cause(said: str, found: _Rule | None, code: int) -> str:
    """The line that the rule was found in, else the last one that tells something."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if found:
        return next((line for line in lines if found.pattern.search(line)), lines[0])
    telling = [line for line in lines if _TELLING.search(line)] or lines
    return telling[-1] if telling else f"git ended with code {code} and said nothing"
