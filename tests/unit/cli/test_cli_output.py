"""The formats of -o."""

from __future__ import annotations

import json

import yaml

from assay.cli.output import Format, Table
from tests.unit.cli.objects import benchmark_run

TABLE = Table(
    ("NAME", "SCORE", "MORE"), [("monday", 0.5, True), ("x", None, None)], [benchmark_run()], wide=1
)


def test_a_table_has_columns_of_equal_width_and_no_wide_ones() -> None:
    assert TABLE.render(Format.TABLE) == "NAME     SCORE\nmonday   0.500\nx        -\n"


def test_wide_has_all_columns() -> None:
    assert TABLE.render(Format.WIDE).splitlines()[1].split() == ["monday", "0.500", "yes"]


def test_csv_has_all_columns_and_leaves_out_what_is_absent() -> None:
    assert TABLE.render(Format.CSV) == "NAME,SCORE,MORE\nmonday,0.5,True\nx,,\n"


def test_json_and_yaml_are_lists_of_the_objects() -> None:
    for loaded in (json.loads(TABLE.render(Format.JSON)), yaml.safe_load(TABLE.render(Format.YAML))):
        assert loaded == {"apiVersion": "v1", "kind": "List", "items": [benchmark_run()]}


def test_names_are_those_that_kubectl_takes() -> None:
    assert TABLE.render(Format.NAME) == "benchmarkrun.assay.dev/monday\n"
