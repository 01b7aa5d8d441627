"""How the command ends: exit codes, and the errors that lead to them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import IntEnum

from assay.kube.errors import ApiError, ConfigError, Forbidden, Invalid, NotFound

from .output import printable


class Exit(IntEnum):
    """Exit codes, for CI."""

    OK = 0
    FAILED = 1
    """What was asked about is not good: unscored, below a threshold, regressed, refuted, invalid, missing."""
    USAGE = 2
    """The command line is wrong."""
    REFUSED = 3
    """The cluster does not answer, or refuses."""
    TIMEOUT = 4
    """The time given by --timeout is over; what was started goes on."""
    INTERRUPTED = 130
    """Ctrl-C; what was started goes on."""


class Failure(Exception):
    """Ends the command with a message on standard error."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code


def guarded(work: Callable[[], int]) -> int:
    """The exit code of the work; what goes wrong is a line on standard error."""
    try:
        return work()
    except Failure as error:
        complain(str(error))
        return error.code
    except ConfigError as error:
        complain(str(error))
        return Exit.REFUSED
    except ApiError as error:
        complain(_explained(error))
        return Exit.FAILED if isinstance(error, Invalid) else Exit.REFUSED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def complain(message: str) -> None:
    """A line on standard error; conditions quote what agents wrote."""
    print(f"assay: {printable(message)}", file=sys.stderr)


def _explained(error: ApiError) -> str:
    match error:
        case Forbidden():
            return f"the cluster refuses: {error.message}"
        case Invalid():
            return error.message
        case NotFound():
            return f"{error.message}. Is the operator installed? `assay doctor` finds out"
        case _ if error.status == 0:
            return f"the cluster does not answer: {error.message}"
    return str(error)
