"""Whatever a secret looks like and wherever it turns up, no report shows it."""

from __future__ import annotations

import base64
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.apply.executor import Executor, Hands
from reconciler.errors import EngineError
from reconciler.model.identity import ReleaseId
from reconciler.model.json import Json, JsonMap
from reconciler.model.outcome import ActionOutcome
from reconciler.model.plan import Action
from reconciler.model.secret import MASK, Mask
from reconciler.plan.build import build_plan
from reconciler.plan.own import classify_own
from reconciler.plan.previews import TargetPreview
from reconciler.plan.standing import standing
from reconciler.plan.states import NotInstalled, Outdated, Settled, State, Suspect
from reconciler.report.documents import outcome_document, plan_document
from reconciler.report.objects import objects_yaml
from reconciler.report.style import Style
from reconciler.report.text import event_text, outcome_text, plan_text
from tests.plan.factories import API, config_map, desired, observed, preview, release, secret, stored

# What people use; a shorter one is masked only where it is a whole value, see model.secret.
SECRETS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=6, max_size=40).filter(
    lambda text: len(text.strip()) >= 6 and not text.isspace() and len(set(text)) > 2
)
MARK = "zqj"
STYLE = Style(colour=True)
UPGRADED, INSTALLED, CORRECTED = API, ReleaseId("main", "shop", "new"), ReleaseId("main", "shop", "old")


def leaky(text: str) -> JsonMap:
    """An object in which a chart has put a secret in every way that charts do."""
    encoded = base64.b64encode(text.encode()).decode()
    data: dict[str, Json] = {
        "plain": text,
        "inside": f"db://me:{text}@host/db",
        "encoded": encoded,
        "lines": f"a\n{text}\nb",
        "list": [text, {"deep": text}],
    }
    return {**config_map(), "data": data, "spec": {text: "as a key"}}


def reports(hidden: str) -> list[str]:
    """Everything that is printed about an environment with this secret."""
    wanted = desired(
        *(release(key, {"password": hidden, hidden: 1}) for key in (UPGRADED, INSTALLED, CORRECTED)),
        secrets=[secret(password=hidden)],
        hidden=[hidden],
    )
    before, after = config_map(plain="before", lines="a\nb"), leaky(hidden)
    changed = preview(before, after)
    states: dict[ReleaseId, State] = {
        UPGRADED: Outdated(stored(), (f"revision 1 is failed: login {hidden} refused",)),
        INSTALLED: NotInstalled(),
        CORRECTED: Settled(stored(CORRECTED), (Suspect(changed.id, after, before),)),
    }
    own = classify_own(wanted, observed())
    previews = {
        UPGRADED: TargetPreview((changed, preview(after, before), preview(after, None))),
        INSTALLED: TargetPreview((preview(None, after),)),
        CORRECTED: TargetPreview((changed,)),
        own[0].target: TargetPreview((preview(None, own[0].item, identity=own[0].id),)),
    }
    plan = build_plan(wanted, own, states, previews)

    def perform(action: Action) -> None:
        raise EngineError(f"{action.target}: Helm said: {hidden} is wrong", hint=f"change {hidden}")

    outcome = Executor(
        plan, Hands(perform, lambda: None, lambda *_failed: ()), lambda _event: None, wanted.mask, 2
    ).run()
    standings = [(key, standing(state, previews[key], wanted.mask)) for key, state in states.items()]
    events = [event_text(item, STYLE, several=True) for item in outcome.actions if isinstance(item, ActionOutcome)]
    return [
        plan_text(plan, STYLE, full=True),
        outcome_text(outcome, STYLE),
        plan_document(plan).model_dump_json(),
        outcome_document(outcome).model_dump_json(),
        objects_yaml([(UPGRADED, (after, own[0].item))], wanted.mask),
        *(str(found.reason) for _, found in standings),
        *filter(None, events),
        repr(wanted),
        repr(plan),
    ]


@settings(max_examples=150, deadline=None)
@given(SECRETS)
@example("p@ss:w/o?r d")
@example('quo"ted\\back')
@example("12345678")
@example("ünïcödé-秘密")
@example("true-false")
def test_no_report_shows_a_secret(random: str) -> None:
    """Text, JSON and YAML; plain, in base64, in JSON, inside other text, as a key, in reasons, errors and hints."""
    hidden = f"{MARK}{random}{MARK}"
    encoded = base64.b64encode(hidden.encode()).decode()
    for text in reports(hidden):
        assert hidden not in text
        assert encoded not in text
        assert MARK not in text


def test_the_mask_is_seen() -> None:
    """The reports above do speak of the secret: what is hidden is shown as hidden."""
    for text in reports("s3cret-password")[:5]:
        assert re.search(re.escape(MASK) + r"|\\u2022", text)


def test_an_empty_mask_hides_nothing() -> None:
    """Without secrets nothing is blotted out."""
    assert MASK not in objects_yaml([(API, (leaky("plain text"),))], Mask())
