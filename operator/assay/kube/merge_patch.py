"""The smallest JSON merge patch (RFC 7386) between two objects."""

from collections.abc import Mapping
from typing import Any


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What to send so that `old` becomes `new`; empty if nothing differs.

    A key only in `old` is sent as null, lists are replaced whole. None in `new` means absent: a merge patch
    cannot express a null value, and no field of Kubernetes needs one.
    """
    patch: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key)
        if value is None or value == before:
            continue
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            if inner := merge_patch(before, value):
                patch[key] = inner
        else:
            patch[key] = _without_none(value)
    for key, before in old.items():
        if before is not None and new.get(key) is None:
            patch[key] = None
    return patch


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(inner) for key, inner in value.items() if inner is not None}
    return value
