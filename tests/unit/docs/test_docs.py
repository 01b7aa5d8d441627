"""The documentation says what the code does: reasons, examples and links."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from assay.api import KINDS
from assay.api.crd import GROUP
from assay.api.scoring import ScoringContract

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
TROUBLESHOOTING = ROOT / "docs" / "troubleshooting.md"
SPECS: dict[str, type[BaseModel]] = {kind.name: kind.spec for kind in KINDS}

# CamelCase words in the reconcilers that are no reason of a condition.
KUBERNETES_KINDS = {
    *("ConfigMap", "Job", "NetworkPolicy", "Node", "PersistentVolumeClaim", "Pod", "RootFilesystems"),
    "VolumeSnapshot",
}
CONDITION_WORDS = {"True", "False", "Unknown", "DisruptionTarget", "PodScheduled"}
PHASES = {"Complete", "Failed", "NotReady", "Pending", "Ready", "Succeeded"}
OTHER_TYPES = {"AgentFinished", "Command", "Custom", "Nop", "Normal", "Reconcile", "Reference", "Warning"}
OTHER_TYPES |= {"DeletionBlocked", "DiskKept", "Mode", "Validated"}
# Values of fields.
VALUES = {"Always", "Auto", "Copy", "Merged", "Never", "OnDemand", "OnFailure", "Overlay", "Zero"}
VALUES |= {"NoExecute", "NoSchedule"}
NO_REASONS = {*SPECS, *KUBERNETES_KINDS, *CONDITION_WORDS, *PHASES, *OTHER_TYPES, *VALUES}


def reasons() -> set[str]:
    """Every reason that the reconcilers can set by themselves."""
    found: set[str] = set()
    for path in (ROOT / "operator" / "assay" / "reconcile").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"\A[A-Z][A-Za-z]+\Z", node.value))
    return found - NO_REASONS


def documented() -> set[str]:
    """The code words in the first two columns of the troubleshooting page's tables of reasons."""
    text = TROUBLESHOOTING.read_text().partition("\n## Other things")[0]
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    words = " ".join(cell for row in rows for cell in row[1:3])
    return set(re.findall(r"`([A-Z][A-Za-z]+)`", words)) - CONDITION_WORDS


def test_every_reason_is_explained() -> None:
    assert {"AllScored", "BuildFailed", "PodLost"} <= reasons()
    assert sorted(reasons() - documented()) == []


def test_no_reason_is_explained_that_is_gone() -> None:
    types = {"AgentFinished", "Complete", "Failed", "Finished", "Ready", "ReferencesResolved"}
    types |= {"DeletionBlocked", "DiskKept", "Suspended", "Validated"}
    assert sorted(documented() - reasons() - types) == []


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
        for name in re.findall(r"`(settings(?:\.\w+)+)", page.read_text()):
            found = values
            for key in name.split("."):
                assert key in found, f"{page.name}: {name}"
                found = found[key]
