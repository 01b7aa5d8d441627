"""junit.sh: a JUnit report, which the function wrote, becomes a score."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import Shell

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<!-- made by <testcase classname="comment" name="x"/> -->
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="5">
<testcase classname="tests.test_a" name="test_good" time="0.001"/>
<testcase classname="tests.test_a.TestX" name="test_p[a/b::c]" time="0"><system-out>x &lt; y</system-out></testcase>
<testcase classname='tests.test_a' name='test_bad "q"'><failure message="a > b &amp;&amp; c">trace</failure></testcase>
<testcase classname="tests.test_b" name="test_error"><error><![CDATA[</error></testcase>]]></error></testcase>
<testcase classname="tests.test_b" name="test_skip"><skipped type="pytest.skip" message="s" /></testcase>
</testsuite></testsuites>
"""


def junit(shell: Shell, folder: Path, xml: str | bytes, *, all_: str = "", **lists: str) -> list[str]:
    (folder / "junit.xml").write_bytes(xml.encode() if isinstance(xml, str) else xml)
    (folder / "expect").mkdir(exist_ok=True)
    for name, text in lists.items():
        (folder / "expect" / name.replace("_", "-")).write_text(text)
    text = '. $T/junit.sh; junit "$1/junit.xml" "$1/expect" "$2"'
    done = shell(text, str(folder), all_)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def suite(body: str) -> str:
    return f'<testsuite name="s">{body}</testsuite>'


def test_without_names_all_that_ran_count(shell: Shell, tmp_path: Path) -> None:
    assert junit(shell, tmp_path, PYTEST) == [
        "score=0.500000",
        'tests: 2 of 4 passed, 1 skipped; failed: tests.test_a::test_bad "q", tests.test_b::test_error',
    ]


@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("tests.test_a::test_good", True),
        ("test_good", True),
        ("tests/test_a.py::test_good", True),
        ("tests/test_a.py::TestX::test_p[a/b::c]", True),
        ("tests.test_a.TestX::test_p[a/b::c]", True),
        ("test_p[a/b::c]", True),
        ("test_good\r", True),
        ("tests/test_b.py::test_good", False),
        ("tests/test_a.py::TestX::test_p", False),
        ('tests/test_a.py::test_bad "q"', False),
        ("tests.test_b::test_error", False),
        ("tests.test_b::test_skip", False),
        ("test_missing", False),
        ("x", False),
    ],
)
def test_names(shell: Shell, tmp_path: Path, name: str, passed: bool) -> None:
    lines = junit(shell, tmp_path, PYTEST, fail_to_pass=name)
    assert lines[0] == f"score={int(passed)}.000000"
    assert lines[1].startswith(f"tests: {int(passed)} of 1 passed")


def test_named_tests_that_are_not_there_have_failed(shell: Shell, tmp_path: Path) -> None:
    lists = {
        "fail_to_pass": "test_good\n\ntest_gone",
        "pass_to_pass": "tests/test_b.py::test_skip\ntest_good\n",
    }
    assert junit(shell, tmp_path, PYTEST, **lists) == [
        "score=0.333333",
        "tests: 1 of 3 passed, 1 skipped; failed: test_gone (not in the report), tests/test_b.py::test_skip (skipped)",
    ]
    assert junit(shell, tmp_path, PYTEST, all_="1", **lists)[0] == "score=0.000000"
    assert junit(shell, tmp_path, suite(""), fail_to_pass="test_gone")[0] == "score=0.000000"


def test_all_or_nothing(shell: Shell, tmp_path: Path) -> None:
    assert junit(shell, tmp_path, PYTEST, all_="1")[0] == "score=0.000000"
    assert junit(shell, tmp_path, suite('<testcase name="a"/>'), all_="1")[0] == "score=1.000000"


FAIL = '<testcase name="a"><failure/></testcase>'
PASS = '<testcase name="a"/>'


@pytest.mark.parametrize(
    ("xml", "score"),
    [
        (suite(PASS), 1),
        (suite(f"<testsuite>{PASS}</testsuite><testsuite>{FAIL}</testsuite>"), 0.5),
        ("\ufeff\n" + suite(PASS), 1),
        ("<?xml version='1.0'?>\r\n<testsuites>\r\n" + suite(PASS) + "</testsuites >\n<!-- end -->\n", 1),
        # What a test printed, in whatever way the runner quotes it
        (
            suite(
                f'<testcase name="a"><failure/><system-out><![CDATA[</failure>{PASS * 9}]]></system-out></testcase>'
            ),
            0,
        ),
        (suite(f"{FAIL}<system-out><![CDATA[<![CDATA[ ]] > {PASS}]]></system-out>"), 0),
        (suite(f"{FAIL}<!-- {PASS} -- > ]]> {PASS} -->"), 0),
        (suite(f"{FAIL}<?php {PASS} ?>"), 0),
        (suite(f'<properties><property name="testcase" value="/>"/></properties>{FAIL}'), 0),
        (suite('<testcase name="a>b" x="/>"><failure message=\'"/>\'/></testcase>'), 0),
        # Nested elsewhere than as a child of the test, it is no verdict
        (suite('<testcase name="a"><properties><failure/></properties></testcase>'), 1),
        (suite("<failure/>" + PASS), 1),
        # Surefire: a test that passed at the second try
        (suite('<testcase name="a"><flakyFailure message="x"/></testcase>'), 1),
        # Twice the same test: as bad as its worse half
        (suite('<testcase name="a"/><testcase name="a"><error/></testcase>'), 0.5),
    ],
)
def test_scores(shell: Shell, tmp_path: Path, xml: str, score: float) -> None:
    assert junit(shell, tmp_path, xml)[0] == f"score={score:.6f}"


def test_a_test_that_is_there_twice_passed_if_both_did(shell: Shell, tmp_path: Path) -> None:
    xml = suite(
        '<testcase name="a"/><testcase name="a"><error/></testcase><testcase classname="x" name="b"/>'
    )
    assert junit(shell, tmp_path, xml, fail_to_pass="a\nb")[0] == "score=0.500000"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a&lt;b&gt;&quot;&apos;&amp;amp;", "a<b>\"'&amp;"),
        ("&#65;&#x42;&#xe9;&#x20AC;&#128512;", "AB\u00e9\u20ac\U0001f600"),
        ("a&#10;b\nc&#0;&#27;d", "a b cd"),
        ("gr\u00f6\u00dfe \\ & ".replace("& ", "&amp;"), "gr\u00f6\u00dfe \\ &"),
    ],
)
def test_entities(shell: Shell, tmp_path: Path, written: str, meant: str) -> None:
    xml = suite(f'<testcase name="{written}"><failure/></testcase>')
    assert junit(shell, tmp_path, xml)[1] == f"tests: 0 of 1 passed; failed: {meant}"


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "junit",
        "score=1.0",
        PYTEST[:-20],
        PYTEST[:400],
        PYTEST + PYTEST,
        "x" + suite(PASS),
        suite(PASS) + "x",
        "<testsuite/>x",
        "<report>" + PASS + "</report>",
        PASS,
        suite("<testcase/>"),
        suite("<testcase><testcase name='a'/></testcase>"),
        suite("<testcase name='a'></testsuite>"),
        suite("<testcase name='a' name='b'/>"),
        suite("<testcase name=a/>"),
        suite("<testcase name='a/>"),
        suite("<testcase name='&nbsp;'/>"),
        suite("<testcase name='a & b'/>"),
        suite("<![CDATA[ never ends"),
        suite("<!-- never ends"),
        suite("< testcase name='a'/>"),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + suite(PASS),
        "<testsuite>" * 200 + "</testsuite>" * 200,
        suite("<testcase " + " ".join(f"a{i}='x'" for i in range(100)) + "/>"),
    ],
)
def test_invalid_reports(shell: Shell, tmp_path: Path, xml: str) -> None:
    assert junit(shell, tmp_path, xml) == ["junit=invalid"]
    assert junit(shell, tmp_path, xml, fail_to_pass="a") == ["junit=invalid"]


@pytest.mark.parametrize(
    ("xml", "line"),
    [
        ("<testsuites/>", "tests: none ran"),
        (suite('<testcase name="a"><skipped/></testcase>'), "tests: none ran, 1 skipped"),
    ],
)
def test_nothing_ran(shell: Shell, tmp_path: Path, xml: str, line: str) -> None:
    assert junit(shell, tmp_path, xml) == ["junit=empty", line]


LIMIT = 3_145_728


@pytest.mark.parametrize(
    "xml",
    [
        suite("<testcase name='a'/>" * 150_000),
        suite("<![CDATA[" + "<" * 3_000_000 + "]]>" + PASS),
        suite(f"<testcase name='a'><failure message='{'&lt;x' * 600_000}'/></testcase>"),
        suite(f"<testcase name='{'&lt;' * 700_000}'/>"),
        suite(f"<testcase name='{'&lt;' * 1000}'/>" * 700),
        suite("x" * 3_000_000),
        "<testsuite" + " " * 3_000_000,
    ],
    ids=["tests", "cdata", "message", "name", "names", "text", "spaces"],
)
def test_no_report_takes_long(shell: Shell, tmp_path: Path, xml: str) -> None:
    assert len(xml) < LIMIT
    begin = time.monotonic()
    assert junit(shell, tmp_path, xml)
    assert time.monotonic() - begin < 20


def test_bytes_that_are_no_text(shell: Shell, tmp_path: Path) -> None:
    xml = b'<testsuite><testcase name="\xff\xfe"><failure/></testcase></testsuite>'
    (tmp_path / "junit.xml").write_bytes(xml)
    done = shell('. $T/junit.sh; . $T/report.sh; junit "$1/junit.xml" "$1/none" "" | clean', str(tmp_path))
    assert done.stdout.decode().splitlines() == ["score=0.000000", "tests: 0 of 1 passed; failed: ??"]
