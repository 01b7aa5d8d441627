"""What every kind shares: base model, names, references, environment, resources and conditions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from assay.crdgen.kind import Column
from assay.crdgen.markers import Cel, Int64, ListMap, PreserveUnknown, Quantity

T = TypeVar("T")

ERROR_COLUMN = Column(
    "Error",
    "string",
    '.status.conditions[?(@.type=="InternalError")].reason',
    "Why the operator gets no further with the object",
    priority=1,
)
"""The last column of every kind in a wide listing; mostly empty."""

Name = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
"""A DNS label, so that names of children and label values can be derived from it."""

ObjectName = Annotated[str, Field(min_length=1, max_length=253)]
EnvName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
RESERVED = "ASSAY_"
"""What names of variables begin with that only the operator gives."""
HANDED = ("ASSAY_SCENARIO", "ASSAY_RUN", "ASSAY_ATTEMPT", "ASSAY_PROBLEM_FILE", "ASSAY_PROBLEM_STATEMENT")
"""Those that a run hands to its agent, by the environment of its devbox,"""
PARAMETER = "ASSAY_PARAM_"
"""and what the names of its parameters begin with."""
AbsolutePath = Annotated[str, Field(max_length=1024, pattern=r"^/")]
Argument = Annotated[str, Field(max_length=65536)]
Command = Annotated[list[Argument], Field(max_length=256)]

SHORT_NAME = Cel(
    "size(self.metadata.name) <= 63",
    "metadata.name must be at most 63 characters: children are named after it",
)


def fixed(message: str, *optional: str, required: Iterable[str] = ()) -> Cel:
    """The rule that these fields (camelCase) may not be changed, nor optional ones be added or removed."""
    same = [f"self.{name} == oldSelf.{name}" for name in required]
    return Cel(" && ".join([*same, *map(_unchanged, optional)]), message)


def fixed_spec(message: str, spec: type[BaseModel], *free: str) -> Cel:
    """The rule of a kind that only these fields (camelCase) of its spec may be changed."""
    names = [to_camel(name) for name in spec.model_fields]
    return Cel(" && ".join(_unchanged(f"spec.{name}") for name in names if name not in free), message)


def _unchanged(name: str) -> str:
    return f"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})"


def one_of(*names: str) -> Cel:
    """The rule that exactly one of these fields is given."""
    given = ", ".join(f"has(self.{name})" for name in names)
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return Cel(f"[{given}].filter(one, one).size() == 1", f"give exactly one of {listed}")


def given(field: T | None) -> T:
    """A field that is given because the others of its rule `one_of` are not; ValueError: the rule is broken."""
    if field is None:
        raise ValueError("none of the fields is given of which the schema requires one")
    return field


class Model(BaseModel):
    """Base of all models: camelCase on the wire; what a newer version may add is ignored."""

    model_config = ConfigDict(
        extra="ignore", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class LocalRef(Model):
    """A reference by name within the same namespace."""

    name: ObjectName
    """Name of the referent, in the same namespace."""


class EnvVar(Model):
    """An environment variable, as in a pod."""

    name: EnvName
    value: Annotated[str, Field(max_length=32768)] | None = None
    """The value; Kubernetes expands `$(OTHER)` in it."""
    value_from: Annotated[dict[str, Any], PreserveUnknown()] | None = None
    """As in a pod: secretKeyRef or configMapKeyRef."""


class EnvFromSource(Model):
    """All keys of a Secret or ConfigMap as environment variables."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel(
            "has(self.secretRef) != has(self.configMapRef)", "give exactly one of secretRef and configMapRef"
        ),
        Cel(
            f"!has(self.prefix) || self.prefix == '' || "
            f"!(self.prefix.startsWith('{RESERVED}') || '{RESERVED}'.startsWith(self.prefix))",
            f"names that begin with {RESERVED} are Assay's own: choose a prefix from which none can come",
        ),
    )
    prefix: Annotated[str, Field(max_length=128)] | None = None
    secret_ref: LocalRef | None = None
    config_map_ref: LocalRef | None = None


def _not_ours(*but: str) -> Cel:
    """The rule that no variable has a name of ours, but for those of which one of these CEL terms holds."""
    terms = " || ".join([f"!one.name.startsWith('{RESERVED}')", *but])
    return Cel(
        f"self.all(one, {terms})",
        f"names that begin with {RESERVED} are Assay's own: give the variable another name",
    )


_HANDED = ", ".join(f"'{name}'" for name in HANDED)
EnvList = Annotated[list[EnvVar], Field(max_length=100), ListMap("name"), _not_ours()]
DevboxEnvList = Annotated[
    list[EnvVar],
    Field(max_length=100),
    ListMap("name"),
    _not_ours(f"one.name.startsWith('{PARAMETER}')", f"one.name in [{_HANDED}]"),
]
"""With what a run hands to its agent."""
EnvFromList = Annotated[list[EnvFromSource], Field(max_length=20)]


class Parameter(Model):
    """A value that a run hands to its agent as `ASSAY_PARAM_<NAME>`."""

    name: EnvName
    value: Annotated[str, Field(max_length=32768)]


ParameterList = Annotated[list[Parameter], Field(max_length=50), ListMap("name")]


class Resources(Model):
    """Requests and limits, as in a pod."""

    requests: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None
    limits: Annotated[dict[str, Quantity], Field(max_length=16)] | None = None


Egress = Literal["None", "Internet", "Any"]


class Network(Model):
    """What a pod may reach. Nothing may ever connect to it."""

    egress: Egress | None = None
    """None: nothing. Internet: DNS and public addresses; not the cluster, its nodes, private networks or
    metadata services. Any: everything. Add a NetworkPolicy of your own to allow more to some."""


class KeyRef(Model):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: ObjectName
    key: Annotated[str, Field(min_length=1, max_length=253)]


class Condition(Model):
    """A condition per the Kubernetes API conventions (metav1.Condition)."""

    type: Annotated[str, Field(max_length=316)]
    status: Literal["True", "False", "Unknown"]
    observed_generation: Annotated[int, Field(ge=0), Int64()] | None = None
    last_transition_time: datetime
    """When `status` last changed."""
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """A CamelCase word for programs."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """For people: what happened and what to do."""


class Status(Model):
    """What every status begins with."""

    observed_generation: Annotated[int, Field(ge=0), Int64()] | None = None
    """The generation of the spec that this status speaks of."""
    phase: Annotated[str, Field(max_length=32)] | None = None
    """One word for the printer column, derived from the conditions; never an input."""
    conditions: Annotated[list[Condition], Field(max_length=16), ListMap("type")] = Field(
        default_factory=list
    )

    def derived(self) -> Self:
        """The status to write: with the fields that follow from its conditions."""
        return self
