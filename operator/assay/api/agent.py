"""Agent: what is run inside the devbox."""

from __future__ import annotations

from typing import ClassVar, Literal

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel

from .condition_tables import summary
from .meta import (
    ERROR_COLUMN,
    SHORT_NAME,
    Command,
    EnvFromList,
    EnvList,
    LocalRef,
    Model,
    Network,
    Resources,
    Status,
    one_of,
)
from .object import ApiObject

AgentType = Literal["Command", "Reference", "Nop"]


class AgentFields(Model):
    """The fields of an Agent; a run may have them inline."""

    command: Command | None = None
    """Program and arguments of a Command agent. It runs as the image's user in the working directory."""
    args: Command | None = None
    env: EnvList | None = None
    env_from: EnvFromList | None = None
    """Secrets and ConfigMaps for the agent. Its scorers never see them."""
    resources: Resources | None = None
    """Requests and limits of the devbox, instead of the scenario's."""
    network: Network | None = None
    """What its devbox may reach; replaces `network` of the scenario."""


_COMMAND = Cel(
    "!has(self.type) || (self.type == 'Command') == has(self.command)",
    "command goes with type Command, and only with it",
)
# A Reference agent holds what people who run it may not read. Nop is to leave what Reference begins with.
_TAKES_NOTHING = Cel(
    "!has(self.type) || self.type == 'Command' || !(has(self.args) || has(self.env) || has(self.envFrom) "
    "|| has(self.resources) || has(self.network))",
    "args, env, envFrom, resources and network go with type Command: other agents work in the scenario's "
    "environment as it is",
)


class AgentSpec(AgentFields):
    """One agent."""

    __cel__: ClassVar[tuple[Cel, ...]] = (_COMMAND, _TAKES_NOTHING)
    type: AgentType
    """Command runs `command`; Reference applies the scenario's reference output; Nop does nothing. The last two work in
    the scenario's environment as it is: they take nothing else from an Agent or a run."""


class RunAgent(AgentFields):
    """The agent of a run: by reference, or inline."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        one_of("ref", "type"),
        _COMMAND,
        _TAKES_NOTHING,
        Cel(
            "!has(self.ref) || !(has(self.command) || has(self.args) || has(self.env) || has(self.envFrom) "
            "|| has(self.resources) || has(self.network))",
            "ref stands alone: what the agent runs is in the Agent it names",
        ),
    )
    ref: LocalRef | None = None
    """An Agent of this namespace."""
    type: AgentType | None = None


def only_commands_take(*paths: str) -> Cel:
    """The rule that a run gives these fields (paths from its spec) to no other agent; of a `ref` it is not known."""
    given = []
    for path in paths:
        steps = path.split(".")
        given.append(" && ".join(f"has(self.{'.'.join(steps[: n + 1])})" for n in range(len(steps))))
    return Cel(
        "!has(self.agent) || !has(self.agent.type) || self.agent.type == 'Command' || "
        f"!({' || '.join(given)})",
        f"{' and '.join(paths)} go with agents of type Command: others take nothing from the run",
    )


class AgentStatus(Status):
    __doc__ = summary("Agent")


class Agent(ApiObject[AgentSpec, AgentStatus]):
    """An Agent as observed."""


AGENT = Kind(
    name="Agent",
    plural="agents",
    spec=AgentSpec,
    status=AgentStatus,
    columns=(Column("Type", "string", ".spec.type"), ERROR_COLUMN),
    rules=(SHORT_NAME,),
    description="What is run inside a devbox: a command, the scenario's reference output, or nothing.",
)
