"""The documentation says what the code does: reasons, examples and links."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from assay.api import KINDS, troubleshooting
from assay.api.condition_types import ConditionType
from assay.api.scoring import ScoringContract
from assay.crdgen import reference
from assay.crdgen.kind import GROUP

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
DOCS = ROOT / "docs"
SPECS: dict[str, type[BaseModel]] = {kind.name: kind.spec for kind in KINDS}


def test_the_tables_of_reasons_are_those_of_the_enums() -> None:
    assert troubleshooting.main(["--check", str(DOCS / "troubleshooting.md")]) == 0


def test_the_reference_is_generated_from_the_models() -> None:
    assert reference.main(KINDS, ["--check", str(DOCS / "reference.md")]) == 0


def test_condition_types_named_in_the_text_exist() -> None:
    """Those of `Type=Status`, which the text writes by hand beside the generated tables."""
    named = {
        (page.name, type_)
        for page in PAGES
        for type_ in re.findall(r"`([A-Z][A-Za-z]+)=(?:True|False|Unknown)", page.read_text())
    }
    assert ("troubleshooting.md", "Failed") in named
    assert {type_ for _, type_ in named} <= set(ConditionType)


@cache
def blocks(page: Path) -> list[Any]:
    """The documents of all YAML blocks of a page."""
    texts = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [document for text in texts for document in yaml.safe_load_all(text)]


EXAMPLES = [
    pytest.param(document, id=f"{page.name}-{number}")
    for page in PAGES
    for number, document in enumerate(blocks(page))
]


@pytest.mark.parametrize("document", EXAMPLES)
def test_examples_are_valid(document: dict[str, Any]) -> None:
    if "kind" in document:
        assert document["apiVersion"] == f"{GROUP}/v1alpha1"
        assert document["metadata"]["name"]
        spec = SPECS[document["kind"]].model_validate(document["spec"])
        # Unknown fields are dropped: what comes out must be what went in.
        assert spec.model_dump(mode="json", by_alias=True, exclude_unset=True) == document["spec"]
    elif "scoringFunctions" in document:
        contract = ScoringContract.model_validate(document)
        assert contract.model_dump(mode="json", by_alias=True, exclude_unset=True) == document
    else:
        values = yaml.safe_load((ROOT / "helm" / "assay" / "values.yaml").read_text())
        assert sorted(unknown(document, values)) == []


def unknown(given: dict[str, Any], values: dict[str, Any], path: str = "") -> Iterator[str]:
    """Keys of chart values that the chart does not have; an empty map takes any key."""
    for key, value in given.items():
        if key not in values:
            yield f"{path}{key}"
        elif isinstance(value, dict) and values[key]:
            yield from unknown(value, values[key], f"{path}{key}.")


def test_readme_is_complete() -> None:
    """The README's example can be applied as it is: whatever it names, it has."""
    objects = {(item["kind"], item["metadata"]["name"]): item["spec"] for item in blocks(ROOT / "README.md")}
    scenarios = [spec for (kind, _), spec in objects.items() if kind == "Scenario"]
    benchmarks = [spec for (kind, _), spec in objects.items() if kind == "Benchmark"]
    runs = [spec for (kind, _), spec in objects.items() if kind == "BenchmarkRun"]
    assert runs
    assert all(("Benchmark", run["benchmarkRef"]["name"]) in objects for run in runs)
    assert all(("Scenario", ref["name"]) in objects for spec in benchmarks for ref in spec["scenarios"])
    references = [spec["environment"]["blueprintRef"]["name"] for spec in scenarios]
    assert all(("Blueprint", name) in objects for name in references)


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]*`", "", text)
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.is_relative_to(ROOT), target
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, target


def test_settings_named_exist() -> None:
    """Chart values named in the text (`settings.registry.push`) are values of the chart."""
    values = yaml.safe_load((ROOT / "helm" / "assay" / "values.yaml").read_text())
    for page in PAGES:
        for name in re.findall(r"`(settings(?!\.py)(?:\.\w+)+)", page.read_text()):
            found = values
            for key in name.split("."):
                assert key in found, f"{page.name}: {name}"
                found = found[key]
