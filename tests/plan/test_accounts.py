"""ServiceAccounts that pull secrets are attached to: found as they should be, different, or not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.model.desired import PullAccount
from reconciler.model.identity import AccountId, NamespaceId
from reconciler.model.json import Json, JsonMap
from reconciler.model.plan import AttachPullSecrets
from reconciler.plan.accounts import classify_accounts
from reconciler.plan.own import OwnState, classify_own
from tests.plan.factories import WHERE, desired, namespace, observed

DEFAULT = AccountId("main", "shop", "default")
MARK = "pull-secrets.reconciler/staging"


def live(names: Sequence[str], ours: str = "") -> JsonMap:
    """A live ServiceAccount."""
    metadata: JsonMap = {"name": "default", "namespace": "shop", "annotations": {MARK: ours} if ours else {}}
    entries: list[Json] = [{"name": name} for name in names]
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "imagePullSecrets": entries}


def home(accounts: str, environment: str = "staging") -> JsonMap:
    """A live namespace that remembers accounts."""
    labels: JsonMap = {"reconciler/environment": environment, "app.kubernetes.io/managed-by": "reconciler"}
    return {
        "metadata": {"name": "shop", "labels": labels, "annotations": {"reconciler/pull-secret-accounts": accounts}}
    }


def states(
    wanted: dict[AccountId, tuple[str, ...]], found: dict[AccountId, JsonMap], remembered: JsonMap | None = None
) -> list[OwnState]:
    """The states, for a file that asks for these."""
    accounts = tuple(PullAccount(identity, secrets, WHERE) for identity, secrets in wanted.items())
    asked = replace(desired(namespaces=[namespace()]), accounts=accounts)
    seen = observed(namespaces={NamespaceId("main", "shop"): remembered} if remembered else {})
    clusters = {"main": replace(seen.clusters["main"], accounts=found)}
    return list(classify_accounts(asked, replace(seen, clusters=clusters)))


@pytest.mark.parametrize(
    ("item", "settled", "reason"),
    [
        pytest.param(live(["reg"], "reg"), True, None, id="as it should be"),
        pytest.param(live(["reg"]), True, None, id="attached by somebody else"),
        pytest.param(live(["other"]), False, "attaches reg", id="not attached"),
        pytest.param(live(["old"], "old"), False, "attaches reg; detaches old", id="exchanged"),
        pytest.param(live([], "reg"), False, None, id="taken away by hand"),
        pytest.param(None, False, "attaches reg", id="made with its namespace in a moment"),
    ],
)
def test_an_account_is_settled(item: JsonMap | None, *, settled: bool, reason: str | None) -> None:
    """It names what the file asks for, and nothing that we had added beyond it."""
    (state,) = states({DEFAULT: ("reg",)}, {DEFAULT: item} if item else {})
    assert (state.as_it_should_be, state.reason, state.taken) == (settled, reason, None)
    assert state.work == AttachPullSecrets(DEFAULT, "staging", ("reg",))


def test_an_account_that_nobody_makes() -> None:
    """Only the default one comes by itself."""
    (state,) = states({replace(DEFAULT, name="builder"): ("reg",)}, {})
    assert "it does not exist" in str(state.taken)


def test_an_account_that_the_file_dropped() -> None:
    """Is known by its namespace; it loses what we added. One that is gone needs nothing."""
    (state,) = states({}, {DEFAULT: live(["reg", "other"], "reg")}, home("default"))
    assert (state.target, state.as_it_should_be, state.reason) == (DEFAULT, False, "detaches reg")
    assert state.item["imagePullSecrets"] == [{"name": "other"}]
    assert not states({}, {}, home("default"))


def test_what_another_environment_attached_is_its_own() -> None:
    """Also when its namespace was meant to be ours."""
    assert not states({}, {DEFAULT: live(["reg"], "reg")}, home("default", "other"))


def test_a_namespace_notes_its_accounts() -> None:
    """As long as the file names them."""
    accounts = tuple(PullAccount(replace(DEFAULT, name=name), (), WHERE) for name in ("default", "builder"))
    wanted = desired(namespaces=[namespace()])
    (state,) = classify_own(replace(wanted, accounts=accounts), observed())
    (plain,) = classify_own(wanted, observed())
    annotations = [item["metadata"]["annotations"] for item in (state.item, plain.item)]  # type: ignore[index,call-overload]  # ours
    assert annotations == [{"reconciler/pull-secret-accounts": "builder,default"}, {}]
