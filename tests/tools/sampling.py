"""Which programs the machine's CPUs run, short-lived ones by name, from samples of the kernel (perf)."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

HERTZ = 199
SHOWN = 20
IDLE = "swapper"


@dataclass
class Samples:
    """Counts samples by name of program, of the whole machine: also of the bench itself and of the container engine."""

    counts: Counter[str] = field(default_factory=Counter)
    problem: str = "" if which("perf") else "perf is not installed"

    @contextmanager
    def on(self) -> Iterator[None]:
        """Sample during the block, where perf may."""
        if self.problem:
            yield
            return
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder, "perf.data")
            command = ["perf", "record", "-a", "-e", "cpu-clock", "-F", str(HERTZ), "-o", str(data)]
            # Another process group: an interrupt at the terminal is the bench's.
            recorder = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, process_group=0
            )
            try:
                yield
            finally:
                recorder.send_signal(signal.SIGINT)
                errors = recorder.communicate()[1]
            self._read(data, errors)

    def _read(self, data: Path, errors: str) -> None:
        if not data.exists() or not data.stat().st_size:
            self.problem = f"perf does not record: {errors.strip()}"
            return
        read = ["perf", "script", "-i", str(data), "-F", "comm"]
        done = subprocess.run(
            read, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}
        )
        self.counts.update(line.strip() for line in done.stdout.splitlines())

    def table(self, items: int) -> list[str]:
        """Markdown: seconds an item by program, the largest first; or why there is none."""
        if self.problem:
            return [f"no samples by program: {self.problem}"]
        return table(self.counts, items)


def table(counts: Counter[str], items: int) -> list[str]:
    """The SHOWN largest, and the rest in one row; idle CPUs are none."""
    busy = Counter({name: count for name, count in counts.items() if not name.startswith(IDLE)})
    shown = busy.most_common(SHOWN)
    rest = busy.total() - sum(count for _, count in shown)
    rows = ["| program, by samples | CPU seconds an item | share |", "|---|---:|---:|"]
    for name, count in [*shown, *([("others", rest)] if rest else [])]:
        rows.append(f"| {name} | {count / HERTZ / items:.3f} | {100 * count / busy.total():.0f} % |")
    return rows
