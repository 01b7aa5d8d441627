"""The chart's values as a table, from the comments in values.yaml.

`PYTHONPATH=operator python -m tests.unit.chart.values_table` writes it into the chart's README.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.unit.chart.chart import CHART

BEGIN = "<!-- values: PYTHONPATH=operator python -m tests.unit.chart.values_table -->"
END = "<!-- end of values -->"
_KEY = re.compile(r"^( *)([A-Za-z]+):")


def described() -> dict[tuple[str, ...], str]:
    """Path → description of every value with a `# --` comment above it."""
    found: dict[tuple[str, ...], str] = {}
    path: list[str] = []
    comment = ""
    for line in (CHART / "values.yaml").read_text().splitlines():
        if line.strip().startswith("# -- "):
            comment = line.strip().removeprefix("# -- ")
        elif match := _KEY.match(line):
            path = [*path[: len(match[1]) // 2], match[2]]
            if comment:
                found[tuple(path)] = comment
            comment = ""
    return found


def leaves(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of everything that is no section."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def values() -> dict[str, Any]:
    """The default values."""
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return found


def table() -> str:
    """The table in Markdown."""
    rows = ["| Value | Default | Meaning |", "|---|---|---|"]
    for path, description in described().items():
        default: Any = values()
        for key in path:
            default = default[key]
        rows.append(f"| `{'.'.join(path)}` | `{json.dumps(default, ensure_ascii=False)}` | {description} |")
    return "\n".join(rows)


def with_table(text: str) -> str:
    """The README with the table as it is to be."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    readme: Path = CHART / "README.md"
    readme.write_text(with_table(readme.read_text()))
