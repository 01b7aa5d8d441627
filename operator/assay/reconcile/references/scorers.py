"""Resolves scoring functions of type Custom to functions of the type that their Scorer has. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from assay.api.reasons import ReferenceReason
from assay.api.scenariorun import PinnedScorer
from assay.api.scorer import Scorer, ScorerSpec
from assay.api.scoring import CustomScorer, ScorerFields, ScoringFunction
from assay.kube_object import KubeObject
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady

from . import scorer_parameters

Lookup = Callable[[str], KubeObject | None]
"""Returns the Scorer of that name, or None."""


class Resolved(NamedTuple):
    """The functions of a contract with what their Scorers add, and these Scorers."""

    functions: list[ScoringFunction]
    scorers: list[PinnedScorer]


def resolve(functions: Sequence[ScoringFunction], lookup: Lookup) -> Resolved:
    """Merge each Custom function with its Scorer; others stay as they are.

    ReferenceNotReady: ScorerNotFound, ScorerNotReady. InvalidReference: ParametersInvalid, RootConflict.
    """
    resolved = Resolved([], [])
    for function in functions:
        if function.custom is None:
            resolved.functions.append(function)
            continue
        scorer = _scorer(function.custom.scorer_ref.name, lookup)
        _check(function, function.custom, scorer.spec)
        resolved.functions.append(_merged(function, scorer.spec))
        resolved.scorers.append(
            PinnedScorer(function=function.name, scorer=scorer.name, generation=scorer.generation)
        )
    return resolved


def _scorer(name: str, lookup: Lookup) -> Scorer:
    found = lookup(name)
    scorer = Scorer.parse(found) if found else None
    if scorer is None or scorer.is_deleting:
        message = f"there is no Scorer {name} in this namespace: create it"
        raise ReferenceNotReady(ReferenceReason.SCORER_NOT_FOUND, message)
    return scorer


def _check(function: ScoringFunction, custom: CustomScorer, scorer: ScorerSpec) -> None:
    name, path = custom.scorer_ref.name, f"scoringFunctions[{function.name}]"
    if scorer.parameters_schema is not None:
        try:
            violations = scorer_parameters.violations(
                scorer.parameters_schema, custom.parameters or {}, f"{path}.custom.parameters"
            )
        except scorer_parameters.SchemaInvalid as error:
            raise ReferenceNotReady(ReferenceReason.SCORER_NOT_READY, f"Scorer {name}: {error}") from error
        if violations:
            message = f"{'; '.join(violations)} (parametersSchema of Scorer {name})"
            raise InvalidReference(ReferenceReason.PARAMETERS_INVALID, message)
    if (function.image or scorer.image) and (function.root or scorer.root) == "Merged":
        message = f"{path}: with the image that Scorer {name} or the function names, root must be Clean"
        raise InvalidReference(ReferenceReason.ROOT_CONFLICT, message)


def _merged(function: ScoringFunction, scorer: ScorerSpec) -> ScoringFunction:
    """The function's own fields win over the Scorer's, but do not show what that hides; `env` is merged by variable."""
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
            "output": "Hidden"
            if "Hidden" in (scorer.output, function.output)
            else own.get("output", scorer.output),
        }
    )
