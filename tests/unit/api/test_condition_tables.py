"""The condition tables explain every reason, under the kinds that can have it."""

import pytest

from assay.api import KINDS
from assay.api.condition_tables import CONDITIONS, EVENTS, summary
from assay.api.condition_types import ConditionType
from assay.api.reasons import REASONS, PodReason, RejectionReason
from assay.crdgen.kind import Kind


def explained() -> list[str]:
    """Reasons with a row of their own, as `Enum.MEMBER`."""
    shown = [one for states in CONDITIONS.values() for s in states if not s.elsewhere for one in s.reasons]
    shown += [reason for reasons in EVENTS.values() for reason in reasons]
    return [repr(one) for one in (*shown, *RejectionReason, *PodReason)]


def test_every_kind_has_a_table() -> None:
    assert sorted(CONDITIONS) == sorted(kind.name for kind in KINDS)


def test_every_reason_is_explained() -> None:
    assert {repr(reason) for enum in REASONS for reason in enum} == set(explained())


def test_every_condition_type_is_some_kinds() -> None:
    assert {state.type for states in CONDITIONS.values() for state in states} == set(ConditionType)


@pytest.mark.parametrize("kind", CONDITIONS)
def test_no_reason_is_explained_twice_for_one_state(kind: str) -> None:
    rows = [
        (state.type, state.status, repr(reason))
        for state in CONDITIONS[kind]
        if not state.elsewhere
        for reason in state.reasons
    ]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_description_of_a_status_is_the_summary_of_its_conditions(kind: Kind) -> None:
    assert kind.status.model_json_schema()["description"] == summary(kind.name)


def test_a_summary_names_types_statuses_and_reasons() -> None:
    assert summary("Scorer") == (
        "Conditions: Ready (True: Accepted; False: SchemaInvalid), "
        "InternalError (True: ReconcileFailed, ObjectUnusable)."
    )


def test_a_summary_leaves_out_what_another_table_explains_and_says_no_word_twice() -> None:
    text = summary("ScenarioRun")
    assert "AgentFinished (True: …)" in text
    assert text.count("OOMKilled") == 1
    assert "PodLost), InternalError (" in text, "what a run fails with is a closed list"
