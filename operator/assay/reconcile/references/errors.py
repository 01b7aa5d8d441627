"""Why a reference cannot be used: not yet, or never."""

from __future__ import annotations


class ReferenceNotReady(Exception):
    """There is no image to use now; `retry` seconds says when to ask again, None: when something changes."""

    def __init__(self, reason: str, message: str, retry: float | None = None) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.retry = retry


class InvalidReference(Exception):
    """The run cannot ever work as it is; what it refers to exists."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
