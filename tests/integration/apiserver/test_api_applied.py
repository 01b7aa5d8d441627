"""What people apply is what the API server has: clients such as Argo CD see no difference, today or ever.

They merge three ways by JSON merge patch: maps key by key, lists whole. So the server may add to maps, never to what is
in a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.our_resources import OURS
from tests.integration.apiserver.realapi import RealApi

ROOT = Path(__file__).parents[3]
Json = dict[str, Any]


def ours(text: str, where: str) -> Iterator[Any]:
    for number, document in enumerate(yaml.safe_load_all(text)):
        if isinstance(document, dict) and str(document.get("apiVersion", "")).startswith("assay.dev/"):
            yield pytest.param(document, id=f"{where}-{number}-{document['kind']}")


def examples() -> Iterator[Any]:
    """Every sample, and every example of the docs that is a whole object."""
    for path in sorted((ROOT / "manifests/samples").rglob("*.yaml")):
        yield from ours(path.read_text(), path.stem)
    for page in (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"):
        for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            yield from ours(block, page.stem)


EVERYTHING: Json = {
    "apiVersion": "assay.dev/v1alpha1",
    "kind": "Scenario",
    "metadata": {"name": "everything"},
    "spec": {
        "problemStatement": "x",
        "environment": {
            "image": "x",
            "env": [{"name": "A", "value": ""}],
            "resources": {"limits": {"cpu": "0.5"}},
        },
        "scoringContract": {
            "scoringFunctions": [
                {"name": "pattern", "type": "AstGrep", "astGrep": {"pattern": "x", "language": "python"}},
                {
                    "name": "tests",
                    "type": "TestFiles",
                    "testFiles": {"files": [{"path": "a", "content": ""}], "command": ["x"], "junit": {}},
                },
                {"name": "judge", "type": "Command", "command": {"command": ["x"]}, "network": {}},
            ]
        },
    },
}


def difference(live: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Where a merge of what is wanted would change what is there."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            yield from difference(live.get(key), value, f"{path}.{key}")
    elif live != wanted:
        yield f"{path}: {live} is not {wanted}"


@pytest.mark.parametrize("document", [*examples(), pytest.param(EVERYTHING, id="everything")])
def test_what_is_applied_is_what_is_there(real_api: RealApi, document: Json) -> None:
    metadata = {**document["metadata"], "namespace": "ns"}
    resource = OURS[document["kind"]]
    live = real_api.create({**document, "metadata": metadata}, resource)
    real_api.delete(resource, "ns", metadata["name"])
    assert list(difference(live["spec"], document["spec"])) == []
