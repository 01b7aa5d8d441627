"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from assay.kube.errors import ApiError, Forbidden, NotFound

T = TypeVar("T")
Fact: TypeAlias = T | ApiError
"""What the cluster answered, or why it did not."""

Verdict: TypeAlias = Literal["ok", "missing", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at, what was found, and what to do if that is not enough."""

    about: str
    verdict: Verdict
    found: str
    cure: str = ""


def ok(about: str, found: str) -> Check:
    """All is well."""
    return Check(about, "ok", found)


def missing(about: str, found: str, cure: str) -> Check:
    """Something will not work."""
    return Check(about, "missing", found, cure)


def unknown(about: str, error: ApiError) -> Check:
    """The cluster does not tell."""
    match error:
        case Forbidden():
            return Check(about, "unknown", "you may not look", "ask who administers the cluster to run this")
        case NotFound():
            return Check(about, "unknown", "not found")
    return Check(about, "unknown", str(error))
