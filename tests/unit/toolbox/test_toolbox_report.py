"""report.sh: the termination message is what the operator reads scores from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import Shell


def report(
    shell: Shell,
    folder: Path,
    out: bytes,
    err: bytes,
    *,
    code: int = 0,
    limit: int = 4000,
    result: str = "",
    tests: str = "",
) -> list[str]:
    (folder / "out").write_bytes(out)
    (folder / "err").write_bytes(err)
    text = '. $T/report.sh; report "$(header "$1" 0 10.50 12.75)" "$4" "$5" "$2/out" "$2/err" "$3"'
    done = shell(text, str(code), str(folder), str(limit), result, tests)
    assert done.stderr == b""
    assert len(done.stdout) < limit
    return done.stdout.decode().splitlines()  # strict: it must be UTF-8


def test_short_output_is_all_there(shell: Shell, tmp_path: Path) -> None:
    lines = report(shell, tmp_path, b"collected 3\nscore=0.5\n\n", b"warning\n", code=3)
    assert lines == [
        "assay/2 exit=3 timeout=0 seconds=2.25",
        "score=0.5",
        "",
        *("--- stdout", "collected 3", "score=0.5", ""),
        *("--- stderr", "warning"),
    ]


def test_silence(shell: Shell, tmp_path: Path) -> None:
    assert report(shell, tmp_path, b"", b"") == ["assay/2 exit=0 timeout=0 seconds=2.25", "", ""]


def test_result_and_tests_come_before_the_output(shell: Shell, tmp_path: Path) -> None:
    lines = report(shell, tmp_path, b"x\n" * 5000, b"", result='{"a": 1}', tests="tests: 1 of 2 passed")
    assert lines[1:5] == ["x", '{"a": 1}', "tests: 1 of 2 passed", "--- stdout"]


def test_a_result_becomes_one_line(shell: Shell) -> None:
    written = b'\n{"a":\t1,\r\n "b": "\x1b[31m\xff"}\n\n'
    done = shell(". $T/report.sh; one_line", stdin=written)
    assert done.stdout.decode() == '{"a": 1,   "b": "?"}'


@pytest.mark.parametrize(
    ("out", "line"),
    [
        (b"0.25", "0.25"),
        (b"0.25\r\n", "0.25"),
        (b"\x1b[32m1.0\x1b[0m\n", "1.0"),
        (b"50%\r100%\r0.5", "0.5"),
        (b"a\0b\x07\n", "ab"),
        ("größe ✓ 😀\n".encode(), "größe ✓ 😀"),
        (b"\xff\xc3(\xe2\x82\n", "??(??"),
        (b"\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\n", "?" * 9),
        (b"x" * 300 + b"\n", "x" * 256),
        ("é".encode() * 200, "é" * 128),
        (b"  0.5\n \t \n", "  0.5"),
    ],
)
def test_last_line(shell: Shell, tmp_path: Path, out: bytes, line: str) -> None:
    assert report(shell, tmp_path, out, b"")[1] == line


@pytest.mark.parametrize("limit", [100, 400, 1024, 4000])
@pytest.mark.parametrize(("out", "err"), [(1, 1), (1, 0), (0, 1), (1, 100), (100, 1), (100, 100)])
def test_long_output_keeps_its_ends(shell: Shell, tmp_path: Path, out: int, err: int, limit: int) -> None:
    stdout = b"".join(b"out %d\n" % i for i in range(out * 100))
    stderr = b"".join(b"err %d\n" % i for i in range(err * 100))
    lines = report(shell, tmp_path, stdout, stderr, limit=limit)
    if limit >= 400:
        if out:
            assert f"out {out * 100 - 1}" in lines[2:]
        if err:
            assert lines[-1] == f"err {err * 100 - 1}"
    if limit == 4000 and 100 in (out, err):
        assert len("\n".join(lines)) > 3800, "room is used by whoever needs it"


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072, 200_000, 262_144])
def test_keep_last(shell: Shell, tmp_path: Path, size: int) -> None:
    data = bytes(i * 7 % 251 for i in range(size))
    done = shell('. $T/report.sh; keep_last 65536 "$1"', str(tmp_path / "kept"), stdin=data)
    assert done.returncode == 0
    assert (tmp_path / "kept").read_bytes() == data[-65536:]
