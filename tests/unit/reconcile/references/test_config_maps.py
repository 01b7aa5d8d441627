"""ConfigMaps that scoring functions name are looked for before an agent works."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.scoring import ScoringFunction
from assay.kube.errors import NotFound
from assay.reconcile.references import config_maps
from assay.reconcile.references.errors import ReferenceNotReady
from tests.unit.reconcile.contexts import context
from tests.unit.specs.objects import Obj

SCRIPT = {"type": "BashScript", "bashScript": {"configMapKeyRef": {"name": "scripts", "key": "score.sh"}}}
TESTS = {
    "type": "TestFiles",
    "testFiles": {
        "from": [{"configMapRef": {"name": "tests"}, "items": [{"key": "a", "path": "a.py"}]}],
        "command": ["true"],
    },
}
PLAIN = {"type": "Command", "command": {"command": ["true"]}}
ENV = {**PLAIN, "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "env", "key": "a"}}}]}
OPTIONAL = {
    **PLAIN,
    "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "env", "key": "a", "optional": True}}}],
}
SECRETS = {
    **PLAIN,
    "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "env", "key": "a"}}}],
    "envFrom": [{"secretRef": {"name": "all"}}],
}


class ConfigMaps:
    """An API server that has these, by name."""

    def __init__(self, **found: Obj) -> None:
        self.found = found

    async def get(self, _: Any, namespace: str, name: str) -> Obj:
        if name not in self.found:
            raise NotFound(404, "NotFound", name)
        return self.found[name]


def function(fields: Obj) -> ScoringFunction:
    return ScoringFunction.model_validate({"name": "one", **fields})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (SCRIPT, {"scripts": {"score.sh"}}),
        (TESTS, {"tests": {"a"}}),
        ({**PLAIN, "envFrom": [{"configMapRef": {"name": "all"}}]}, {"all": set()}),
        (ENV, {"env": {"a"}}),
        (OPTIONAL, {}),
        (SECRETS, {}),
        (PLAIN, {}),
    ],
    ids=["script", "tests", "envFrom", "env", "optional", "secrets", "none"],
)
def test_what_a_function_needs(fields: Obj, expected: dict[str, set[str]]) -> None:
    assert config_maps.needed([function(fields)]) == expected


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({}, "no ConfigMap tests"),
        ({"tests": {"data": {"b": ""}}}, "ConfigMap tests in namespace team lacks the keys a"),
        ({"tests": {"data": {"a": ""}}}, None),
        ({"tests": {"binaryData": {"a": ""}}}, None),
    ],
)
async def test_a_missing_one_is_named_and_waited_for(found: dict[str, Obj], said: str | None) -> None:
    ctx = replace(context(), client=cast(Any, ConfigMaps(**found)))
    if said is None:
        await config_maps.check(ctx, "team", [function(TESTS), function(PLAIN)])
        return
    with pytest.raises(ReferenceNotReady, match=said) as caught:
        await config_maps.check(ctx, "team", [function(TESTS), function(PLAIN)])
    assert (caught.value.reason, caught.value.retry) == ("ConfigMapNotFound", config_maps.RETRY_SECONDS)
