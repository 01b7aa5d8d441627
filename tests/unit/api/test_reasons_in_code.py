"""The operator uses the enums of condition types and reasons, and every member of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from assay.api import KINDS
from assay.api.condition_types import ConditionType
from assay.api.reasons import REASONS, Explained
from assay.crdgen.crd import crd, walk

ASSAY = Path(__file__).parents[3] / "operator" / "assay"
RECONCILERS = sorted((ASSAY / "reconcile").rglob("*.py"))
ENUMS: tuple[type[Explained], ...] = (ConditionType, *REASONS)
WORDS = [word for enum in ENUMS for word in enum]


def values_of_fields() -> set[str]:
    """Words that are values of fields as well, such as those of `spec.operatingMode`: mypy checks these."""
    schemas = (crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for kind in KINDS)
    return {value for schema in schemas for _, node in walk(schema) for value in node.get("enum", ())}


def literals(node: ast.AST, is_phase: bool = False) -> Iterator[tuple[int, str]]:
    """Line and text of every string below a node, but for those in an expression that is about a phase."""
    is_whole = isinstance(node, ast.expr | ast.Assign | ast.AnnAssign | ast.Return | ast.keyword)
    if is_whole and not isinstance(node, ast.Call):  # a call may have a phase among its arguments
        is_phase = is_phase or "phase" in ast.unparse(node).lower()
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not is_phase:
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        yield from literals(child, is_phase)


def strays(source: str) -> list[str]:
    """The reasons and condition types that a source spells out, each as `line: word`."""
    spelled = {str(word) for word in WORDS} - values_of_fields()
    return [f"{line}: {text}" for line, text in literals(ast.parse(source)) if text in spelled]


def test_strays_are_found_but_phases_are_not() -> None:
    assert strays('set_condition(status, "Ready", "BuildFailed")') == ["1: Ready", "1: BuildFailed"]
    assert strays('if reason == "NameTaken":\n    pass') == ["1: NameTaken"]
    assert strays('status.phase = "Ready"\nfail(phase="Failed")\nPHASES = {"Creating": 1}') == []


def test_no_reconciler_spells_out_a_reason_or_a_condition_type() -> None:
    found = {str(path.relative_to(ASSAY)): strays(path.read_text()) for path in RECONCILERS}
    assert {path: words for path, words in found.items() if words} == {}


def test_every_reason_and_condition_type_is_used() -> None:
    used: set[str] = set()
    for path in RECONCILERS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                used.add(f"{ast.unparse(node.value).rpartition('.')[2]}.{node.attr}")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    unused = [word for word in WORDS if not {f"{type(word).__name__}.{word.name}", word.value} & used]
    assert unused == []
