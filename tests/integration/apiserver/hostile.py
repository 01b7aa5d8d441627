"""Hostile objects of every kind, as JSON text: Python's own encoder cannot write what is nested so deeply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from assay.our_resources import OURS
from tests.integration.fakecollection import Json

NOWHERE = "127.0.0.1:1/x:1"  # an image of a registry that refuses connections at once
FREE = "@free@"  # stands for a free-form field
DOTTED = ".".join(["a" * 62] * 4)[:253]
ODD = "\u202e\u0000\x1b]0;title\x07\ufeff\U0001f9d1\u200d\U0001f4bb e\u0301\u2028 \ud83d {{ $(X) }} </script> %s"


class Hostility(NamedTuple):
    """What is put into each kind where it fits."""

    free: str = "{}"
    """JSON of a free-form field."""
    text: str = "echo 1"
    reference: str = "absent"
    length: int = 1
    """Of lists."""


def nested(levels: int) -> str:
    """A map, with lists and maps below it."""
    return '{"a":[' * (levels // 2) + "1" + "]}" * (levels // 2)


HOSTILITIES = {
    "deep-150": Hostility(nested(150)),
    "deep-900": Hostility(nested(900)),
    "deep-9000": Hostility(nested(9_000)),
    "huge": Hostility(json.dumps({"x": "y" * 700_000})),
    "wide": Hostility(json.dumps({str(number): {"type": []} for number in range(2_000)})),
    "numbers": Hostility('{"x": [1e308, -0.0, 9223372036854775807, 1e-320]}'),
    "odd": Hostility(json.dumps({ODD: ODD, "": None, "$ref": "#/x", "type": ODD}), text=ODD),
    "dotted": Hostility(reference=DOTTED),
    "long": Hostility(text="x" * 65_000, length=1000),
}


def spec(kind: str, how: Hostility) -> Json:
    """The spec of a kind, FREE where a free-form field is."""
    reference = {"name": how.reference}
    env = [{"name": "A", "valueFrom": FREE}]
    agent = {"type": "Command", "command": ["bash", "-c", how.text], "env": env}
    script = {"type": "BashScript", "bashScript": {"script": how.text}}
    custom = {"type": "Custom", "custom": {"scorerRef": reference, "parameters": FREE}}
    functions = [{"name": f"f{number}", **script} for number in range(min(how.length, 31))]
    specs: dict[str, Json] = {
        "Agent": agent,
        "Benchmark": {
            "scenarios": [{"name": f"{how.reference}{number or ''}"} for number in range(how.length)]
        },
        "BenchmarkRun": {"benchmarkRef": reference, "agent": agent},
        "Blueprint": {"dockerfile": f"FROM {NOWHERE}\nRUN {how.text}"},
        "Devbox": {"image": NOWHERE, "command": [how.text], "env": env, "scheduling": {"affinity": FREE}},
        "DiskSnapshot": {"devboxRef": reference},
        "Scenario": {
            "problemStatement": how.text,
            "environment": {"image": NOWHERE},
            "scoringContract": {"scoringFunctions": [*functions, {"name": "custom", **custom}]},
        },
        "ScenarioRun": {"scenarioRef": reference, "agent": agent, "scheduling": {"tolerations": [FREE]}},
        "Scorer": {**script, "parametersSchema": FREE},
    }
    return specs[kind]


@dataclass(frozen=True)
class Hostile:
    """One object."""

    kind: str
    name: str
    how: Hostility

    @property
    def text(self) -> str:
        """Its JSON."""
        metadata = {"namespace": "ns", "name": self.name}
        head = {"apiVersion": OURS[self.kind].api_version, "kind": self.kind, "metadata": metadata}
        whole = json.dumps({**head, "spec": spec(self.kind, self.how)})
        return whole.replace(json.dumps(FREE), self.how.free)

    @property
    def is_deep(self) -> bool:
        """Whether it is nested more deeply than the operator reads."""
        return self.name.startswith("deep") and FREE in json.dumps(spec(self.kind, self.how))


def objects() -> Iterator[Hostile]:
    """Each hostility in each kind, and objects whose own names are as long as the API allows."""
    for kind in OURS:
        for name, how in HOSTILITIES.items():
            yield Hostile(kind, name, how)
        yield Hostile(kind, DOTTED, Hostility())
        yield Hostile(kind, DOTTED[:61] + ".b", Hostility())
