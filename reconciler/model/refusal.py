"""What Helm and API servers say when they refuse → its cause, and what to try. The one place that knows their words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.finding import Cause


@dataclass(frozen=True, slots=True)
class About:
    """What was refused, for the sentence that says what to try.

    Attributes:
        name: the release; empty when it is about none.
        namespace: its namespace.
        chart: the chart, as its user knows it.
        server: the cluster or repository, as a phrase.
    """

    name: str
    namespace: str
    chart: str
    server: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal whose cause is known."""

    cause: Cause
    hint: str


def recognise(text: str, about: About) -> Refusal | None:
    """The cause of a refusal, or None when nobody knows these words."""
    return next((Refusal(cause, hint(text, about)) for cause, pattern, hint in _RULES if pattern.search(text)), None)


def says_immutable(cause: str) -> bool:
    """Whether a server's cause is that a field must not change, which no other value of it would help."""
    return bool(re.search(_IMMUTABLE, cause, re.IGNORECASE))


def says_terminating(text: str) -> bool:
    """Whether it is refused since a namespace is being deleted, which passes, though it is called forbidden."""
    return bool(re.search(_TERMINATING, text, re.IGNORECASE))


def advice(cause: Cause, about: About) -> str | None:
    """What to try about a cause that was known without any words; None where only they could tell."""
    return next((hint("", about) for known, _, hint in _RULES if known is cause), None)


def may_pass(text: str) -> bool:
    """Whether what was refused may be taken when it is asked again: nothing was wrong with it itself."""
    return next((passes for pattern, passes in _PASSING if pattern.search(text)), False)


# The first that fits decides. A webhook that does not answer is named in words that also stand for lasting reasons.
_PASSING: tuple[tuple[re.Pattern[str], bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), passes)
    for pattern, passes in (
        (r"failed calling webhook|no endpoints available for service", True),
        # Two of Helm's operations got into each other's way.
        (r"recovered panic", True),
        (r"it was cancelled|x509:|certificate|forbidden|is invalid|denied the request", False),
        (r"wait of \d+ s elapsed|timed out waiting|progress deadline|hooks? .*failed|failed (pre|post)-\w+", False),
        (r"connection (refused|reset)|broken pipe|\bEOF\b|cannot be reached|no such host|no route to host", True),
        (r"i/o timeout|TLS handshake timeout|Client\.Timeout|connection (lost|timed out)|GOAWAY", True),
        (r"etcdserver: |too many requests|currently unable to handle the request|the server is busy", True),
        (r"the object has been modified|request did not complete|unable to return a response in the time", True),
        (r"internal error occurred|an error on the server|service unavailable|bad gateway|gateway timeout", True),
    )
)


def _say(hint: str) -> Callable[[str, About], str]:
    return lambda _text, about: hint.format(
        name=about.name, namespace=about.namespace, chart=about.chart, server=about.server
    )


def _owner(text: str, about: About) -> str:
    """Say whose the object is: it is in the text, well hidden."""
    item = re.search(r'(\w+ "[^"]+" in namespace "[^"]*") exists', text)
    subject = item.group(1).replace('"', "") if item else "the object"
    name = re.search(r'release-name" must equal "[^"]*": current value is "([^"]+)"', text)
    namespace = re.search(r'release-namespace" must equal "[^"]*": current value is "([^"]+)"', text)
    if name or namespace:
        owner = f"{namespace.group(1) if namespace else about.namespace}/{name.group(1) if name else _SAME_NAME}"
        return f"{subject} belongs to release {owner}: remove it there, or name it differently here"
    return (
        f"{subject} belongs to no release: delete it, or hand it over with the label "
        "app.kubernetes.io/managed-by=Helm and the annotations meta.helm.sh/release-name and -namespace"
    )


_SAME_NAME = "of the same name"
# The words of k8s.io/kubernetes/pkg/apis/*/validation for what an update must not change.
_IMMUTABLE = (
    r"\bis immutable\b|(change|modified|cleared) once set|cannot change roleRef|may not be changed in an update"
    r"|updates to [\w.]+( spec for fields other than .*)? are forbidden|updates may not change fields other than"
)

# The words of k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.
_TERMINATING = "because it is being terminated"

# The first that fits speaks: the particular ones come before the general ones.
_RULES: tuple[tuple[Cause, re.Pattern[str], Callable[[str, About], str]], ...] = tuple(
    (cause, re.compile(pattern, re.IGNORECASE), hint)
    for cause, pattern, hint in (
        (Cause.OBJECT_TAKEN, "invalid ownership metadata", _owner),
        (
            Cause.OBJECT_TAKEN,
            r"exists already and belongs to",
            _say("remove it there, name it differently here, or hand it over to release {namespace}/{name}"),
        ),
        (
            Cause.OPERATION_IN_PROGRESS,
            r"another operation .*in progress",
            _say(
                "wait for the other one to end; if it was killed, `reconcile apply --break-lock` repairs the release, "
                "as `helm rollback {name} -n {namespace}` does"
            ),
        ),
        (
            Cause.NAMESPACE_TERMINATING,
            _TERMINATING,
            _say("wait until it is gone, then apply again; `kubectl get namespace {namespace} -o yaml` tells why not"),
        ),
        (
            Cause.QUOTA,
            "exceeded quota|failed quota",
            _say("ask for less in the values, or raise the quota: `kubectl describe quota -n {namespace}`"),
        ),
        (
            Cause.LIMIT_RANGE,
            r"(maximum|minimum) [\w./-]+ usage per|max limit to request ratio",
            _say("keep within the bounds that `kubectl describe limitrange -n {namespace}` shows"),
        ),
        (
            Cause.POD_SECURITY,
            "violates PodSecurity",
            _say(
                "set the securityContext that the message asks for in the chart's values, or let the namespace "
                "allow it with the label pod-security.kubernetes.io/enforce"
            ),
        ),
        (
            Cause.WEBHOOK_UNAVAILABLE,
            "failed calling webhook",
            _say(
                "bring the webhook's service back, or remove its configuration: "
                "`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`"
            ),
        ),
        (
            Cause.ADMISSION,
            r"admission webhook .* denied|ValidatingAdmissionPolicy .* denied",
            _say("change what the policy forbids, or ask its owner for an exception"),
        ),
        (
            Cause.PORT_TAKEN,
            "provided port is already allocated",
            _say("choose another nodePort, or leave it out: `kubectl get services -A` shows who has it"),
        ),
        (
            Cause.IMMUTABLE_FIELD,
            _IMMUTABLE,
            _say("put the old value back, or have the object made anew: `--allow-recreate KIND/NAMESPACE/NAME`"),
        ),
        (
            Cause.UNKNOWN_KIND,
            r"no matches for kind|could not find the requested resource|does not serve",
            _say("the cluster does not know that kind: install the chart with its CRD first (`needs`)"),
        ),
        (
            Cause.RELEASE_EXISTS,
            "cannot reuse a name",
            _say("the release exists: `helm history {name} -n {namespace}` shows it; upgrade or uninstall it"),
        ),
        (
            Cause.NOT_INSTALLED,
            "has no deployed releases|release: not found",
            _say("the release does not exist, or was uninstalled: install it"),
        ),
        (
            Cause.CHART_LOCK,
            r"lock file .* out of sync",
            _say("run `helm dependency update {chart}` and commit its Chart.lock"),
        ),
        (
            Cause.CHART_DEPENDENCIES,
            r"dependencies are missing|missing in charts/",
            _say("run `helm dependency build` in the chart's folder"),
        ),
        (
            Cause.HOOK_FAILED,
            r"failed (pre|post)-\w+|(pre|post)-\w+ hooks? failed|hooks? .*failed",
            _say("`kubectl describe` and `kubectl logs` of the hook's job in {namespace} tell more"),
        ),
        (
            Cause.PROGRESS_DEADLINE,
            "progress deadline exceeded",
            _say("`reconcile diagnose` tells what it waits for; raise progressDeadlineSeconds if it is slow"),
        ),
        (
            Cause.TIMED_OUT,
            r"context deadline exceeded|wait of \d+ s elapsed|timed out waiting",
            _say("`reconcile diagnose` and `kubectl describe` tell what it waits for; or raise `wait`"),
        ),
        (
            Cause.CERTIFICATE_NOT_TRUSTED,
            # Objects are called certificate too.
            r"x509:|certificate.verify|verify certificate|tls: \w+ certificate|certificate (has expired|signed by)",
            _say("{server} has a certificate that is not trusted: name its authority"),
        ),
        (
            Cause.UNREACHABLE,
            r"connection refused|no such host|unreachable|i/o timeout|no route to host|dial tcp",
            _say("is {server} up, and its address right?"),
        ),
        (
            Cause.CREDENTIALS_REFUSED,
            r"unauthorized|\b401\b|must be logged in|asked for the client to provide credentials",
            _say("{server} refused the credentials: have they expired, is the variable set?"),
        ),
        (
            Cause.RIGHTS_MISSING,
            r"forbidden|\b403\b|access denied",
            _say("the credentials for {server} lack that right; ask for it"),
        ),
        (
            Cause.INVALID_OBJECT,
            r"\bis invalid\b|field not declared in schema|unknown field",
            _say("correct the chart or its values: `reconcile render` shows the object"),
        ),
        (
            Cause.NAMESPACE_MISSING,
            r'namespaces "[^"]+" not found',
            _say("create the namespace, or let the environment make it: `namespaces:`"),
        ),
        (
            Cause.OBJECT_TAKEN,
            r'\w+ "[^"]+" already exists',
            _say("delete it, name it differently here, or hand it over to release {namespace}/{name}"),
        ),
        (
            Cause.NOT_FOUND,
            r"no chart (version|name) found|get a valid version|no versions? match|not found|\b404\b",
            _say("check the name and the version: {server} does not have {chart}"),
        ),
    )
)
