"""Why a reference cannot be used: not yet, or never."""

from __future__ import annotations

from assay.api.reasons import AnyReason


class ReferenceNotReady(Exception):
    """What an object refers to cannot be used yet; the object waits.

    `retry` is after how many seconds to look again; None: a change of what it refers to reconciles it anyway.
    """

    def __init__(self, reason: AnyReason, message: str, retry: float | None = None) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
        self.retry = retry


class InvalidReference(Exception):
    """What an object refers to can never be used in the way that the object asks for; the object fails."""

    def __init__(self, reason: AnyReason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message
