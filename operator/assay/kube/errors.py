"""Typed errors of the Kubernetes API."""

from collections.abc import Mapping

from . import nesting


class ConfigError(Exception):
    """No usable cluster configuration (kubeconfig or service account)."""


class ApiError(Exception):
    """An answer that is not success; `reason` is the API's machine-readable word (may be empty)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(status, reason, message)
        self.status = status
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {self.reason}: {self.message}"


class NotFound(ApiError):
    """404: neither the object nor, perhaps, its kind exists."""


class Conflict(ApiError):
    """409: the object has changed since it was read, or a precondition does not hold."""


class AlreadyExists(ApiError):
    """409 on create: the name is taken."""


class Forbidden(ApiError):
    """403: RBAC, a quota, an admission plugin or a terminating namespace."""


class Gone(ApiError):
    """410: a resourceVersion or a continue token is too old; list again."""


class Invalid(ApiError):
    """422: the object does not pass validation."""


class TooManyRequests(ApiError):
    """429: the server asks to wait `retry_after` seconds."""

    def __init__(self, status: int, reason: str, message: str, retry_after: float = 1.0) -> None:
        super().__init__(status, reason, message)
        self.retry_after = retry_after


class Unavailable(ApiError):
    """5xx, or no answer at all (status 0): refused, reset, timed out."""


class AnswerTooLarge(ApiError):
    """The answer has more bytes than the request allows; what came of it is thrown away."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
}


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """The typed error of a failed answer, whose body is mostly, but not always, a `Status` object."""
    reason, message = "", body[:1024].decode(errors="replace").strip()
    try:
        parsed = nesting.loads(body)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        reason = str(parsed.get("reason") or "")
        message = str(parsed.get("message") or message)
    if status == 429:
        return TooManyRequests(status, reason, message, _seconds(headers.get("Retry-After")))
    if status == 409 and reason == "AlreadyExists":
        return AlreadyExists(status, reason, message)
    if status >= 500:
        return Unavailable(status, reason, message)
    return _BY_STATUS.get(status, ApiError)(status, reason, message)


def _seconds(value: str | None) -> float:
    try:
        return max(0.0, float(value or 1))
    except ValueError:
        return 1.0
