"""CustomResourceDefinitions, their files, and the reference that is made from the same schemas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from assay.crdgen import reference as reference_module
from assay.crdgen.crd import crd, render, unbounded, walk, write_files
from assay.crdgen.crd import main as crd_main
from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel, ListMap, PreserveUnknown, Quantity, SchemaError
from assay.crdgen.reference import reference


class Model(BaseModel):
    model_config = ConfigDict(
        extra="ignore", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


FROZEN = Cel("self == oldSelf", "field is immutable")


class Port(Model):
    """An open port."""

    name: Annotated[str, Field(min_length=1, max_length=63)]
    number: Annotated[int, Field(gt=0, lt=65536)] = 80


class ThingSpec(Model):
    """What a thing is.

    In two paragraphs.
    """

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel("has(self.image) != has(self.portRef)", "one of image and portRef"),
    )
    image: Annotated[str, Field(max_length=10, pattern="^(a|b)$"), FROZEN] | None = None
    """Either `a|b`, or <none>."""
    port_ref: str | None = None
    ports: Annotated[list[Port], Field(max_length=5), ListMap("name")] = Field(default_factory=list)
    limits: Annotated[dict[str, Quantity], Field(max_length=2)] | None = None
    extra: Annotated[dict[str, Any], PreserveUnknown()] | None = None
    mode: Literal["On", "Off"] = "On"


class ThingStatus(Model):
    """What became of it."""

    phase: Annotated[str, Field(max_length=32)] | None = None
    conditions: Annotated[list[Port], Field(max_length=4)] | None = None


THING = Kind(
    name="TestThing",
    plural="testthings",
    spec=ThingSpec,
    status=ThingStatus,
    short_names=("tt",),
    columns=(
        Column("Mode", "string", ".spec.mode", description="On or off"),
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', priority=1),
    ),
    selectable_fields=(".spec.mode", ".status.phase"),
    rules=(Cel("size(self.metadata.name) <= 52", "the name is too long"),),
    description="A thing for tests.",
)


def spec_with(**namespace: Any) -> Kind:
    """Return THING with another spec, of the given annotated fields."""
    annotations = {name: value for name, value in namespace.items() if name != "__cel__"}
    body: dict[str, Any] = {"__annotations__": annotations, "__module__": __name__}
    if "__cel__" in namespace:
        body["__cel__"] = namespace["__cel__"]
        annotations["__cel__"] = ClassVar[tuple[Cel, ...]]
    spec = type("Spec", (Model,), body)
    return replace(THING, spec=spec, columns=(), selectable_fields=())


def test_whole_definition() -> None:
    definition = crd(THING)
    schema = definition["spec"]["versions"][0].pop("schema")["openAPIV3Schema"]
    assert definition == {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "testthings.assay.dev"},
        "spec": {
            "group": "assay.dev",
            "names": {
                "kind": "TestThing",
                "listKind": "TestThingList",
                "plural": "testthings",
                "singular": "testthing",
                "categories": ["assay"],
                "shortNames": ["tt"],
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1alpha1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [
                        {
                            "name": "Mode",
                            "type": "string",
                            "jsonPath": ".spec.mode",
                            "description": "On or off",
                        },
                        {
                            "name": "Ready",
                            "type": "string",
                            "jsonPath": '.status.conditions[?(@.type=="Ready")].status',
                            "priority": 1,
                        },
                        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                    ],
                    "selectableFields": [{"jsonPath": ".spec.mode"}, {"jsonPath": ".status.phase"}],
                }
            ],
        },
    }
    assert schema["description"] == "A thing for tests."
    assert (schema["required"], list(schema["properties"])[-2:]) == (["spec"], ["spec", "status"])
    assert schema["properties"]["metadata"] == {"type": "object"}
    assert schema["x-kubernetes-validations"] == [
        {"rule": "size(self.metadata.name) <= 52", "message": "the name is too long"}
    ]


def test_names_of_a_kind() -> None:
    assert THING.singular == "testthing"
    assert THING.api_version == "assay.dev/v1alpha1"


def test_optional_parts_are_left_out() -> None:
    bare = crd(Kind("Bare", "bares", ThingSpec, ThingStatus))
    version = bare["spec"]["versions"][0]
    assert "shortNames" not in bare["spec"]["names"]
    assert "selectableFields" not in version
    assert [column["name"] for column in version["additionalPrinterColumns"]] == ["Age"]
    assert "x-kubernetes-validations" not in version["schema"]["openAPIV3Schema"]


def test_no_private_or_forbidden_keyword_is_left_in_a_definition() -> None:
    schema = crd(THING)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    keywords = {key for _, node in walk(schema) for key in node}
    assert not {key for key in keywords if key.startswith("x-assay")}
    assert not keywords & {"$ref", "$defs", "title", "const", "uniqueItems", "oneOf", "prefixItems"}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (replace(THING, columns=(Column("X", "text", ".spec.mode"),)), "unknown type 'text'"),
        (replace(THING, columns=(Column("X", "string", ".spec.moode"),)), "column X shows .spec.moode"),
        (replace(THING, columns=(Column("X", "string", ".status.none[0].a"),)), "column X shows"),
        (replace(THING, selectable_fields=(".spec.none",)), ".spec.none is not selectable"),
        (replace(THING, selectable_fields=(".spec.ports",)), ".spec.ports is not selectable"),
        (replace(THING, selectable_fields=(".spec.mode",) * 9), "at most 8 fields"),
        (spec_with(a=list[Annotated[str, FROZEN]]), r"TestThing\.spec\.a\[\]: oldSelf is unknown"),
        (spec_with(a=tuple[str, int]), r"Spec\.a: a tuple of fixed length"),
    ],
)
def test_what_the_api_server_would_refuse_is_refused_here(kind: Kind, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        crd(kind)


def test_old_values_are_known_in_list_maps_and_in_maps() -> None:
    class Frozen(Model):
        name: str
        value: Annotated[str, FROZEN]

    crd(spec_with(a=Annotated[list[Frozen], ListMap("name")]))
    crd(spec_with(a=dict[str, Annotated[str, FROZEN]]))
    with pytest.raises(SchemaError, match=r"spec\.a\[\]\.value: oldSelf"):
        crd(spec_with(a=list[Frozen]))


def test_unbounded_names_what_a_rule_would_count_as_huge() -> None:
    kind = spec_with(
        a=str, b=list[Port], c=dict[str, str], d=Literal["x"], e=Annotated[str, Field(max_length=1)]
    )
    schema = crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert unbounded(schema) == [".a", ".b", ".c", ".c{}"]


def test_file_is_stable_readable_and_says_the_same() -> None:
    text = render(THING)
    assert text == render(THING)
    assert text.splitlines()[0] == "# Generated by make crds from operator/assay/api; do not edit."
    assert yaml.safe_load(text) == crd(THING)
    assert "description: |-\n" in text  # two paragraphs, as a block
    assert "&id" not in text


def test_files_are_written_checked_and_orphans_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "crds"
    file = out / "assay.dev_testthings.yaml"
    assert write_files((THING,), out, check=True) == 1
    assert not out.exists()
    assert "assay.dev_testthings.yaml is stale" in capsys.readouterr().err

    assert write_files((THING,), out, check=False) == 0
    assert file.read_text(encoding="utf-8") == render(THING)
    assert write_files((THING,), out, check=True) == 0
    assert capsys.readouterr().err == ""

    file.write_text("changed", encoding="utf-8")
    orphan = out / "assay.dev_gones.yaml"
    other = out / "kustomization.yaml"
    for path in (orphan, other):
        path.write_text("", encoding="utf-8")
    assert write_files((THING,), out, check=True) == 1
    err = capsys.readouterr().err
    assert [line.split(" is stale")[0] for line in err.splitlines()] == [str(orphan), str(file)]

    assert write_files((THING,), out, check=False) == 0
    assert sorted(path.name for path in out.iterdir()) == [file.name, other.name]
    assert file.read_text(encoding="utf-8") == render(THING)


def test_commands_use_the_kinds_that_they_are_given(tmp_path: Path) -> None:
    assert crd_main((THING,), [str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["assay.dev_testthings.yaml"]
    assert crd_main((THING,), ["--check", str(tmp_path)]) == 0

    page = tmp_path / "docs" / "reference.md"
    assert reference_module.main((THING,), [str(page), "--check"]) == 1
    assert reference_module.main((THING,), [str(page)]) == 0
    assert page.read_text(encoding="utf-8") == reference((THING,))
    assert reference_module.main((THING,), [str(page), "--check"]) == 0


def reference_row(path: str) -> list[str]:
    """Return the cells of a field's row."""
    (line,) = [line for line in reference((THING,)).splitlines() if line.startswith(f"| `{path}` ")]
    return [cell.strip() for cell in line.replace(r"\|", "\0").strip("|").split("|")]


@pytest.mark.parametrize(
    ("path", "cells"),
    [
        (
            "spec",
            ["object", "", "yes", "What a thing is.<br><br>In two paragraphs.", "one of image and portRef"],
        ),
        (
            "spec.image",
            [
                *("string", "", "", "Either `a\0b`, or &lt;none>."),
                "at most 10 characters<br>matches `^(a\0b)$`<br>field is immutable",
            ],
        ),
        ("spec.ports", ["list of object", "", "", "", "at most 5 items<br>unique by `name`"]),
        ("spec.ports[].name", ["string", "", "yes", "", "not empty<br>at most 63 characters"]),
        ("spec.ports[].number", ["integer", "", "", "Default: 80.", "> 0<br>&lt; 65536"]),
        ("spec.limits", ["map of integer or string", "", "", "", "at most 2 entries"]),
        ("spec.extra", ["free-form object", "", "", "", ""]),
        ("spec.mode", ["string", '`"On"`', "", "", "one of `On`, `Off`"]),
        ("status", ["object", "", "", "What became of it.", ""]),
        ("status.phase", ["string", "", "", "", "at most 32 characters"]),
    ],
)
def test_reference_row(path: str, cells: list[str]) -> None:
    assert reference_row(path) == [f"`{path}`", *cells]


def test_reference_of_a_kind_names_its_rules_and_selectable_fields() -> None:
    page = reference((THING,))
    assert "| [TestThing](#testthing) | `tt` | A thing for tests. |" in page
    assert "\n- the name is too long\n" in page
    assert "\n- selectable by `--field-selector`: `.spec.mode`, `.status.phase`\n" in page
