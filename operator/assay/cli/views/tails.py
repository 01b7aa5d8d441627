"""The ends of outputs that the status of a run keeps. No I/O."""

from __future__ import annotations

from assay.cli.output import printable, text
from assay.kube_object import KubeObject

AGENT = "agent"


def tails(run: KubeObject, function: str | None) -> list[str]:
    """What is kept of the agent's and the functions' output, or of one function's, each under a heading."""
    status = run.get("status") or {}
    found = []
    agent = status.get("agent")
    if agent and function is None:
        code = f", exit code {agent['exitCode']}" if "exitCode" in agent else ""
        found.append(_block(AGENT, f"{agent.get('reason')}{code}", agent.get("message")))
    for one in status.get("scores") or ():
        if function in (None, one["name"]):
            came_to = f"score {text(one['score'])}" if "score" in one else f"no score: {one.get('reason')}"
            found.append(_block(one["name"], came_to, one.get("message")))
    return found


def _block(name: str, came_to: str, message: str | None) -> str:
    output = printable(message).rstrip("\n") if message else "(nothing is kept of its output)"
    return f"==> {name}: {came_to} <==\n{output}\n"
