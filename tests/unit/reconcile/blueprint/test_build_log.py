"""Messages of failed builds, from what BuildKit printed (0.34, --progress=plain), or the end of that."""

from __future__ import annotations

import pytest

from assay.api.conditions import MESSAGE_MAX
from assay.reconcile.blueprint import build_log

RUN_FAILED = """\
#6 [2/4] COPY . .
#6 DONE 0.1s

#7 [3/4] RUN make check
#7 0.214 cc -o main main.c
#7 0.356 main.c:3:5: error: expected ';' before 'return'
#7 0.361 make: *** [Makefile:2: main] Error 1
#7 ERROR: process "/bin/sh -c make check" did not complete successfully: exit code: 2
------
 > [3/4] RUN make check:
0.214 cc -o main main.c
0.356 main.c:3:5: error: expected ';' before 'return'
0.361 make: *** [Makefile:2: main] Error 1
------
Dockerfile:3
--------------------
   1 |     FROM debian:trixie-slim
   2 |     COPY . .
   3 | >>> RUN make check
   4 |     CMD ["./main"]
   5 |
--------------------
error: failed to solve: process "/bin/sh -c make check" did not complete successfully: exit code: 2
"""

STAGE_FAILED = """\
#9 [builder 2/3] RUN apt-get install -y nothing-of-that-name
#9 1.002 E: Unable to locate package nothing-of-that-name
#9 ERROR: process "/bin/sh -c apt-get install -y nothing-of-that-name" did not complete successfully: exit code: 100
------
 > [builder 2/3] RUN apt-get install -y nothing-of-that-name:
1.002 E: Unable to locate package nothing-of-that-name
------
error: failed to solve: process "/bin/sh -c apt-get install -y nothing-of-that-name" did not complete \
successfully: exit code: 100
"""

COPY_FAILED = """\
#5 [2/3] COPY nothing.txt .
#5 ERROR: failed to calculate checksum of ref 8k1l::y1: "/nothing.txt": not found
------
 > [2/3] COPY nothing.txt .:
------
Dockerfile:2
--------------------
   2 | >>> COPY nothing.txt .
--------------------
error: failed to solve: failed to compute cache key: failed to calculate checksum of ref 8k1l::y1: \
"/nothing.txt": not found
"""

SYNTAX = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 61B done
#1 DONE 0.0s
Dockerfile:2
--------------------
   1 |     FROM debian
   2 | >>> RUNN make
--------------------
error: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
"""

PULL = """\
#2 [internal] load metadata for docker.io/library/nothing:latest
#2 ERROR: docker.io/library/nothing:latest: not found
------
 > [internal] load metadata for docker.io/library/nothing:latest:
------
error: failed to solve: nothing: failed to resolve source metadata for docker.io/library/nothing:latest: not found
"""

HEREDOC = """\
------
 > [2/2] RUN <<EOF (set -e...):
0.1 > [9/9] RUN a line that the command printed
0.1 sh: 2: no-such-command: not found
------
error: failed to solve: process "/bin/sh -c set -e" did not complete successfully: exit code: 127
"""

PUSH = """\
#12 pushing layers
#12 ERROR: failed to push registry.test/assay/blueprints:1: unexpected status: 401 Unauthorized
------
 > exporting to image:
------
error: failed to solve: failed to push registry.test/assay/blueprints:1: unexpected status: 401 Unauthorized
"""


@pytest.mark.parametrize(
    ("log", "step", "cause"),
    [
        (RUN_FAILED, "[3/4] RUN make check", "exit code: 2"),
        (STAGE_FAILED, "[builder 2/3] RUN apt-get install -y nothing-of-that-name", "exit code: 100"),
        (COPY_FAILED, "[2/3] COPY nothing.txt .", '"/nothing.txt": not found'),
        (SYNTAX, None, "unknown instruction: RUNN (did you mean RUN?)"),
        (PULL, "[internal] load metadata for docker.io/library/nothing:latest", "not found"),
        (HEREDOC, "[2/2] RUN <<EOF (set -e...)", "exit code: 127"),
        (PUSH, None, "401 Unauthorized"),
        ("", None, ""),
        ("sh: buildctl-daemonless.sh: not found\n", None, ""),
    ],
    ids=["run", "stage", "copy", "syntax", "pull", "heredoc", "push", "empty", "no builder"],
)
def test_step_and_cause(log: str, step: str | None, cause: str) -> None:
    assert build_log.failed_step(log) == step
    first, _, tail = build_log.failure_message(log).partition("\n")
    assert first.startswith(f"step {step} failed" if step else "the build failed")
    assert first.endswith(cause)
    assert tail.strip() == log.strip()[-build_log.TAIL_MAX :].strip()


def test_the_compiler_s_error_is_in_the_message() -> None:
    assert "main.c:3:5: error: expected ';'" in build_log.failure_message(RUN_FAILED)


def failed_command(command: str, *output: str, shown: str = "") -> str:
    """What is printed of a command that fails; `shown` is the part of the Dockerfile that is repeated."""
    lines = "\n".join(f"0.1 {line}" for line in output)
    failed = f'process "/bin/sh -c {command}" did not complete successfully: exit code: 3'
    return (
        f"#6 [2/3] RUN {command}\n#6 ERROR: {failed}\n------\n > [2/3] RUN {command}:\n{lines}\n------\n"
        f"Dockerfile:2\n--------------------\n{shown}--------------------\nerror: failed to solve: {failed}\n"
    )


CHAIN = " && ".join(f"test -n 'check number {number:03}'" for number in range(200))
LINES = "".join(f"  {number:3} | >>>  && test -n 'check number {number:03}' \\\n" for number in range(200))


@pytest.mark.parametrize(
    "log",
    [
        failed_command(CHAIN, "the cause is here", shown=LINES),
        failed_command("make", "the cause is here", "x" * 6000),
        failed_command("make", "x" * 6000, "the cause is here", "y" * 6000, shown=LINES),
        failed_command("make", "x" * 6000 + " the cause is here"),
        failed_command(CHAIN, *("z" * 300 for _ in range(5)), "the cause is here", "x" * 6000, shown=LINES),
    ],
    ids=["long command", "long last line", "between long lines", "end of a long line", "all of it"],
)
def test_the_cause_is_in_the_message_whatever_the_length_of_its_lines(log: str) -> None:
    assert (build_log.failed_step(log) or "").startswith("[2/3] RUN ")
    message = build_log.failure_message(log)
    first, _, rest = message.partition("\n")
    assert first.startswith("step [2/3] RUN ")
    assert first.endswith("exit code: 3")
    assert "the cause is here" in rest
    assert len(message) <= MESSAGE_MAX


def test_a_short_log_is_told_once() -> None:
    assert build_log.failure_message(RUN_FAILED).count("cc -o main main.c") == RUN_FAILED.count(
        "cc -o main main.c"
    )


def test_step_and_message_are_bounded() -> None:
    log = " > [1/1] RUN " + "x" * 5000 + ":\n" + "y" * 5000
    step = build_log.failed_step(log)
    assert step is not None
    assert len(step) <= 1024
    assert len(build_log.failure_message(log)) <= 4096
