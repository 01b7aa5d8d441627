"""How the kubelet reads `$(NAME)` in commands and variables, and texts that must arrive as written."""

from __future__ import annotations


def expand(text: str, environment: dict[str, str]) -> str:
    """How the kubelet reads `$(NAME)` in commands and variables (k8s.io/kubernetes, package expansion)."""
    out, at = "", 0
    while at < len(text):
        following = text[at + 1 : at + 2]
        if text[at] != "$" or not following:
            out, at = out + text[at], at + 1
        elif following == "(" and (end := text.find(")", at)) > 0:
            name = text[at + 2 : end]
            out, at = out + environment.get(name, f"$({name})"), end + 1
        else:
            out, at = out + ("$" if following == "$" else f"${following}"), at + 2
    return out


VERBATIM = [
    "no dollar",
    "$HOME and ${HOME}",
    "$(date) is a shell's",
    "$(ASSAY_RUN) is a variable of ours",
    "echo $$",
    "make $$HOME",
    "$$(ASSAY_RUN)",
    "$$$(ASSAY_RUN)",
    "$(never closed",
    "ends in $",
]
