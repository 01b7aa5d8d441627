"""Custom functions as what their Scorers say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from assay.api.scenariorun import PinnedScorer
from assay.api.scorer import ScorerSpec
from assay.api.scoring import CustomScorer, ScorerFields, ScoringFunction
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from . import scorer_parameters

Lookup = Callable[[str], dict[str, Any] | None]
"""A Scorer by name, as stored."""


def resolve(
    functions: Sequence[ScoringFunction], lookup: Lookup
) -> tuple[list[ScoringFunction], list[PinnedScorer]]:
    """The functions, Custom ones as functions of their Scorer's type, and the Scorers.

    ReferenceNotReady: ScorerNotFound, ScorerNotReady. InvalidReference: ParametersInvalid, RootConflict.
    """
    resolved, scorers = [], []
    for function in functions:
        if function.custom is None:
            resolved.append(function)
            continue
        scorer = _scorer(function.custom.scorer_ref.name, lookup)
        spec = ScorerSpec.model_validate(scorer["spec"])
        _check(function, function.custom, spec)
        resolved.append(_filled(function, spec))
        metadata = scorer["metadata"]
        used = {"scorer": metadata["name"], "generation": metadata.get("generation", 1)}
        scorers.append(PinnedScorer(function=function.name, **used))
    return resolved, scorers


def _scorer(name: str, lookup: Lookup) -> dict[str, Any]:
    found = lookup(name)
    if found is None or found["metadata"].get("deletionTimestamp"):
        raise ReferenceNotReady("ScorerNotFound", f"there is no Scorer {name} in this namespace: create it")
    return found


def _check(function: ScoringFunction, custom: CustomScorer, scorer: ScorerSpec) -> None:
    name, where = custom.scorer_ref.name, f"scoringFunctions[{function.name}]"
    if scorer.parameters_schema is not None:
        try:
            found = scorer_parameters.faults(
                scorer.parameters_schema, custom.parameters or {}, f"{where}.custom.parameters"
            )
        except scorer_parameters.SchemaInvalid as error:
            raise ReferenceNotReady("ScorerNotReady", f"Scorer {name}: {error}") from error
        if found:
            raise InvalidReference(
                "ParametersInvalid", f"{'; '.join(found)} (parametersSchema of Scorer {name})"
            )
    if (function.image or scorer.image) and (function.root or scorer.root) == "Merged":
        raise InvalidReference(
            "RootConflict",
            f"{where}: with the image that Scorer {name} or the function names, root must be Clean",
        )


def _filled(function: ScoringFunction, scorer: ScorerSpec) -> ScoringFunction:
    """What the function itself says wins, variable by variable in its environment."""
    fields = {name: getattr(scorer, name) for name in ScorerFields.model_fields}
    own = {name: value for name in fields if (value := getattr(function, name)) is not None}
    variables = {one.name: one for one in (*(scorer.env or ()), *(function.env or ()))}
    sources = [*(scorer.env_from or ()), *(function.env_from or ())]
    return function.model_copy(
        update={
            **fields,
            **own,
            "type": scorer.type,
            "env": list(variables.values()) or None,
            "env_from": sources or None,
        }
    )
