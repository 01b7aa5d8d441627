"""Progress on the terminal, step by step, with each step's output in a log file of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .cache import cache_root

TAIL_LINES = 25
Argument = str | Path


class ClusterError(Exception):
    """Something the person at the terminal has to know; its text is all they need."""


class StepFailed(ClusterError):
    """A step went wrong; names its log and shows the log's last lines."""

    def __init__(self, title: str, log: Path, reason: str) -> None:
        super().__init__(f"{title}: {reason}\n  log: {log}\n{_tail(log)}")


class Step:
    """One step of the work: runs commands and keeps what they print in the step's log."""

    def __init__(self, title: str) -> None:
        self.title = title
        name = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-")
        self.log = cache_root() / "logs" / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")

    def run(
        self,
        *command: Argument,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        text: str | None = None,
    ) -> None:
        """Run a command with its output in the log; raise ``StepFailed`` when it fails."""
        with self.log.open("ab") as log:
            log.write(f"$ {shlex.join(map(str, command))}\n".encode())
            log.flush()
            result = subprocess.run(
                list(map(str, command)),
                stdin=None if text is not None else stdin,
                input=None if text is None else text.encode(),
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
            )
        if result.returncode:
            raise StepFailed(self.title, self.log, f"{command[0]} ended with {result.returncode}")

    def note(self, line: str) -> None:
        """Add a line to the log."""
        with self.log.open("a") as log:
            log.write(line + "\n")

    def fail(self, reason: str) -> StepFailed:
        """The exception for a failure that is not a command's."""
        return StepFailed(self.title, self.log, reason)


_output = threading.Lock()


def say(line: str) -> None:
    """Print one line of progress (on stderr: stdout belongs to the command's result)."""
    with _output:
        print(line, file=sys.stderr, flush=True)


@contextmanager
def step(title: str, expect: str = "") -> Iterator[Step]:
    """Announce a step, time it, and say how it ended. ``expect`` is a hint such as ``about 6 min``."""
    say(f"  … {title}" + (f" ({expect})" if expect else ""))
    begin = time.monotonic()
    try:
        yield Step(title)
    except BaseException:
        say(f"  ✗ {title} {time.monotonic() - begin:.1f} s")
        raise
    say(f"  ✓ {title} {time.monotonic() - begin:.1f} s")


def capture(*command: Argument, timeout: float = 60, check: bool = True) -> str:
    """The standard output of a quick command; empty if it fails and ``check`` is off."""
    try:
        result = subprocess.run(list(map(str, command)), capture_output=True, timeout=timeout, text=True)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        if check:
            raise ClusterError(f"{command[0]}: {error}") from error
        return ""
    if result.returncode:
        if check:
            raise ClusterError(f"{shlex.join(map(str, command))}: {_last(result.stderr)}")
        return ""
    return result.stdout


def succeeds(*command: Argument, timeout: float = 60) -> bool:
    """Whether a quick command ends well."""
    try:
        run = subprocess.run(list(map(str, command)), capture_output=True, timeout=timeout)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]
