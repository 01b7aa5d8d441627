"""Custom functions become what their Scorers say; parameters are checked, and nothing hangs or is fetched."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assay.api.scoring import ScoringFunction
from assay.reconcile.references import scorer_parameters, scorers
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.references.scorer_parameters import SchemaInvalid
from tests.unit.specs.objects import Obj, existing

SCHEMA: Obj = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer", "minimum": 1},
        "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
    },
    "required": ["limit"],
    "additionalProperties": False,
    "$defs": {"rule": {"type": "object", "required": ["name"]}},
}


def scorer(**spec: Any) -> Obj:
    given = {"type": "BashScript", "bashScript": {"script": "echo 1.0"}, **spec}
    return existing("Scorer", "judge", generation=4, spec=given)


def function(parameters: Obj | None = None, **more: Any) -> ScoringFunction:
    custom: Obj = {"scorerRef": {"name": "judge"}}
    if parameters is not None:
        custom["parameters"] = parameters
    return ScoringFunction.model_validate({"name": "judge", "type": "Custom", "custom": custom, **more})


def resolved(scorer_obj: Obj, **more: Any) -> ScoringFunction:
    functions, [pinned] = scorers.resolve([function(**more)], {"judge": scorer_obj}.get)
    assert (pinned.function, pinned.scorer, pinned.generation) == ("judge", "judge", 4)
    return functions[0]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"limit": "x"}, "scoringFunctions[judge].custom.parameters.limit: 'x' is not of type 'integer'"),
        ({"limit": 0}, "scoringFunctions[judge].custom.parameters.limit: 0 is less than the minimum of 1"),
        ({}, "scoringFunctions[judge].custom.parameters: 'limit' is a required property"),
        (None, "scoringFunctions[judge].custom.parameters: 'limit' is a required property"),
        (
            {"limit": 1, "rules": [{"name": "a"}, {}]},
            "scoringFunctions[judge].custom.parameters.rules[1]: 'name' is a required property",
        ),
        ({"limit": 1, "more": 2}, "Additional properties are not allowed ('more' was unexpected)"),
        ({"limit": 1, "rules": [{}] * 9}, "; and 4 more"),
        ({"limit": "x" * 5000}, "…"),
    ],
)
def test_parameters_that_break_the_schema_are_named(given: Obj | None, complaint: str) -> None:
    with pytest.raises(InvalidReference) as caught:
        resolved(scorer(parametersSchema=SCHEMA), parameters=given)
    assert caught.value.reason == "ParametersInvalid"
    assert complaint in caught.value.message
    assert "Scorer judge" in caught.value.message
    assert len(caught.value.message) < 2500


@pytest.mark.parametrize("schema", [SCHEMA, None, {}, {"$schema": "https://odd.example.test", **SCHEMA}])
def test_parameters_that_fit(schema: Obj | None) -> None:
    given = {"limit": 3, "rules": [{"name": "a"}]}
    made = resolved(scorer(parametersSchema=schema), parameters=given)
    assert made.custom is not None
    assert made.custom.parameters == given


def test_there_must_be_a_scorer() -> None:
    with pytest.raises(ReferenceNotReady) as caught:
        scorers.resolve([function()], lambda _: None)
    assert caught.value.reason == "ScorerNotFound"
    assert "create it" in caught.value.message


def test_a_scorer_with_a_broken_schema_is_not_used() -> None:
    with pytest.raises(ReferenceNotReady) as caught:
        resolved(scorer(parametersSchema={"type": "nonsense"}))
    assert caught.value.reason == "ScorerNotReady"
    assert "nonsense" in caught.value.message


def test_what_the_function_says_wins() -> None:
    judge = scorer(
        image="judge.example.test/judge",
        timeoutSeconds=10,
        network={"egress": "Internet"},
        env=[{"name": "KEY", "value": "secret"}, {"name": "MODEL", "value": "large"}],
        envFrom=[{"secretRef": {"name": "keys"}}],
        resources={"limits": {"memory": "1Gi"}},
    )
    made = resolved(
        judge, timeoutSeconds=20, env=[{"name": "MODEL", "value": "small"}], weight=3, onError="Zero"
    )
    assert (made.type, made.image, made.timeout_seconds) == ("BashScript", "judge.example.test/judge", 20)
    assert made.bash_script is not None
    assert made.network is not None
    assert made.network.egress == "Internet"
    assert {one.name: one.value for one in made.env or ()} == {"KEY": "secret", "MODEL": "small"}
    assert len(made.env_from or ()) == 1
    assert (made.name, made.weight, made.on_error) == ("judge", 3, "Zero")


@pytest.mark.parametrize("changes", [{"root": "Merged"}, {"image": "x"}])
def test_an_image_of_its_own_cannot_be_merged(changes: Obj) -> None:
    judge = scorer(root="Merged") if "image" in changes else scorer(image="x")
    with pytest.raises(InvalidReference) as caught:
        resolved(judge, **changes)
    assert caught.value.reason == "RootConflict"


def test_functions_of_other_types_are_left_alone() -> None:
    plain = ScoringFunction.model_validate({"name": "f", "type": "Command", "command": {"command": ["true"]}})
    assert scorers.resolve([plain], lambda _: None) == ([plain], [])


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ({"type": "nonsense"}, "parametersSchema.type: 'nonsense'"),
        ({"properties": {"a": {"pattern": "("}}}, "parametersSchema.properties.a.pattern"),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, "cannot resolve"),
        ({"$ref": "https://schemas.example.test/a"}, "cannot resolve"),
    ],
)
def test_a_schema_is_checked_whole_and_without_network(schema: Obj, complaint: str) -> None:
    with pytest.raises(SchemaInvalid, match=re.escape(complaint)):
        scorer_parameters.check_schema(schema)


def test_references_are_only_those_of_schemas() -> None:
    scorer_parameters.check_schema({"const": {"$ref": "#/none"}, "properties": {"$ref": {"type": "string"}}})


def fan_out(depth: int) -> Obj:
    """A schema of a kilobyte whose check takes 2**depth steps."""
    levels: Obj = {"s0": {"type": "object"}}
    for level in range(1, depth + 1):
        levels[f"s{level}"] = {"allOf": [{"$ref": f"#/$defs/s{level - 1}"}] * 2}
    return {"$defs": levels, "$ref": f"#/$defs/s{depth}"}


@pytest.mark.parametrize(
    "schema",
    [{"properties": {"s": {"pattern": "^(a+)+$"}}}, {"$ref": "#"}, fan_out(40)],
    ids=["pattern", "loop", "fan out"],
)
def test_no_schema_stops_the_operator(schema: Obj) -> None:
    with pytest.raises(SchemaInvalid):
        scorer_parameters.violations(schema, {"s": "a" * 64 + "b"}, "parameters")
    assert scorer_parameters.violations(SCHEMA, {"limit": 1}, "parameters") == [], (
        "the next one is checked as ever"
    )


@pytest.mark.parametrize(
    ("of_scorer", "own", "output"),
    [
        (None, None, None),
        ("Hidden", None, "Hidden"),
        ("Hidden", "Shown", "Hidden"),
        ("Shown", "Hidden", "Hidden"),
        (None, "Hidden", "Hidden"),
        ("Shown", None, "Shown"),
        (None, "Shown", "Shown"),
    ],
)
def test_a_function_does_not_show_what_its_scorer_hides(
    of_scorer: str | None, own: str | None, output: str | None
) -> None:
    more = {"output": own} if own else {}
    given = scorer(output=of_scorer) if of_scorer else scorer()
    assert resolved(given, **more).output == output
