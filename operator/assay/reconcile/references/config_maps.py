"""ConfigMaps of scoring functions: whether they are there is found out before an agent works.

Secrets the operator may not read: the kubelet finds those missing, and says so in Events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from assay.api.reasons import ReferenceReason
from assay.api.scoring import ScoringFunction
from assay.kube.errors import NotFound
from assay.kube.resources import CONFIG_MAPS
from assay.reconcile.common.context import Context
from assay.reconcile.common.text import listed
from assay.reconcile.references.errors import ReferenceNotReady

RETRY_SECONDS = 30.0
"""After how long to look again: no watch shows a ConfigMap without our label."""


async def check(ctx: Context, namespace: str, functions: Iterable[ScoringFunction]) -> None:
    """ReferenceNotReady: a ConfigMap, or a key of it, is missing that a function names."""
    for name, keys in needed(functions).items():
        try:
            found = await ctx.client.get(CONFIG_MAPS, namespace, name)
        except NotFound as error:
            message = f"there is no ConfigMap {name} in namespace {namespace}: create it"
            raise _missing(message) from error
        there = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
        if missing := sorted(keys - there.keys()):
            raise _missing(
                f"ConfigMap {name} in namespace {namespace} lacks the keys {listed(missing)}: add them"
            )


def needed(functions: Iterable[ScoringFunction]) -> Mapping[str, set[str]]:
    """The ConfigMaps that functions name, with the keys that they need of each; nothing that is optional. No I/O."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for function in functions:
        for script in (function.bash_script, function.python_script):
            if script and (key_ref := script.config_map_key_ref):
                found[key_ref.name].add(key_ref.key)
        for source in (function.test_files and function.test_files.from_) or ():
            if source.config_map_ref:
                found[source.config_map_ref.name].update(item.key for item in source.items or ())
        for group in function.env_from or ():
            if group.config_map_ref:
                found[group.config_map_ref.name].update()
        for variable in function.env or ():
            one = (variable.value_from or {}).get("configMapKeyRef")
            if one and not one.get("optional"):
                found[one["name"]].add(one["key"])
    return found


def _missing(message: str) -> ReferenceNotReady:
    return ReferenceNotReady(ReferenceReason.CONFIG_MAP_NOT_FOUND, message, RETRY_SECONDS)
