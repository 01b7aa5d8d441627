"""What conditions and Events are made of: words for programs, each with a meaning and a cure for people."""

from __future__ import annotations

from enum import StrEnum
from typing import NewType, Self, TypeAlias


class Explained(StrEnum):
    """A CamelCase word of the API. It is equal to its text, so that it can be compared with what an object has."""

    meaning: str
    """One sentence: what the word says about the object."""
    cure: str
    """One line: what the user can do; empty where there is nothing to do."""

    def __new__(cls, value: str, meaning: str, cure: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.cure = cure
        return member


class Reason(Explained):
    """A reason of a condition or an Event. The members are in the enums of this package, one for each topic.

    Two enums may have a member of the same text: `Running` means one thing for a Devbox, another for a BenchmarkRun.
    """


ForeignReason = NewType("ForeignReason", str)
"""A reason that we pass on as it is, from the kubelet, the scheduler or the status of another object."""

AnyReason: TypeAlias = Reason | ForeignReason
"""What a condition or an Event can have as its reason."""
