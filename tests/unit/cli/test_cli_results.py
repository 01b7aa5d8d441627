"""Results side by side, as a table, as CSV and as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree

from assay.cli.output import Format
from assay.cli.views.attempts import attempts
from assay.cli.views.junit import junit
from assay.cli.views.results import Results, listing, matrix, regressions
from assay.kube_object import KubeObject
from tests.unit.cli.objects import benchmark_run, conditions, scored, under_way, unscored

ENDED = conditions(Complete=("True", "AllScored"))


def column(name: str, *runs: KubeObject, **status: object) -> Results:
    counts = {"total": len(runs), "passed": 1, **dict.fromkeys(("unscored", "leftOut"), 0)}
    one = benchmark_run(name, **{"counts": counts, "conditions": ENDED, "score": 0.5, **status})
    return Results(one, attempts(runs, one))


def rows(*columns: Results, only_changed: bool = False) -> list[list[str]]:
    text = matrix(columns, only_changed=only_changed).render(Format.TABLE)
    return [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in text.splitlines()]


MONDAY = column("monday", scored("a", 1.0), scored("b", 0.5), scored("c", 0.25))
TUESDAY = column(
    "tuesday",
    scored("a", 1.0, of="tuesday"),
    scored("b", 0.75, of="tuesday"),
    unscored("c", "NodeLost", of="tuesday"),
)


def test_a_row_for_each_scenario_marks_what_differs_from_the_first_run() -> None:
    assert rows(MONDAY, TUESDAY)[:4] == [
        ["SCENARIO", "monday", "tuesday"],
        ["a", "1.000", "1.000"],
        ["b *", "0.500", "0.750 (+0.250)"],
        ["c *", "0.250", "NodeLost"],
    ]


def test_the_mean_is_the_one_of_the_status() -> None:
    assert ["MEAN", "0.500", "0.500"] in rows(MONDAY, TUESDAY)


def test_only_what_differs_can_be_shown() -> None:
    assert [row[0] for row in rows(MONDAY, TUESDAY, only_changed=True)][1:3] == ["b *", "c *"]


def test_a_scenario_that_one_run_lacks_is_a_dash_and_no_difference() -> None:
    other = column("other", scored("a", 1.0, of="other"))
    assert ["b", "0.500", "-"] in rows(MONDAY, other)


def test_attempts_are_a_mean_with_how_many_passed() -> None:
    several = column("monday", scored("a", 1.0, 1), scored("a", 0.5, 2), unscored("a", "NodeLost", 3))
    assert ["a", "0.750 1/3 1 unscored"] in rows(several)


def test_an_attempt_under_way_shows_what_it_does() -> None:
    running = column("monday", under_way("a", "AgentWorking"), conditions=[], phase="Running")
    assert ["a", "AgentWorking"] in rows(running)
    assert ["PHASE", "Running"] in rows(running)


def test_csv_has_a_row_for_each_attempt() -> None:
    lines = listing([MONDAY, TUESDAY]).render(Format.CSV).splitlines()
    assert lines[0] == "RUN,AGENT,SCENARIO,ATTEMPT,SCORE,PASSED,REASON,SECONDS,SCENARIORUN"
    assert "monday,mini,b,1,0.5,False,,60,monday-b-1" in lines
    assert "tuesday,mini,c,1,,,NodeLost,,tuesday-c-1" in lines
    assert len(lines) == 7


def test_a_cell_is_no_formula_of_a_spreadsheet() -> None:
    run = benchmark_run(conditions=ENDED)
    run["spec"]["agent"] = {"type": "Command", "command": ["=cmd|' /C calc'!A0"]}
    text = listing([Results(run, attempts([scored("a", 1.0)], run))]).render(Format.CSV)
    assert "'=cmd" in text


def test_a_regression_is_a_lower_mean_than_the_first_run_has() -> None:
    worse = column("worse", scored("a", 0.5, of="worse"), scored("b", 0.5, of="worse"))
    assert regressions([MONDAY, worse]) == ["worse: a fell from 1.000 to 0.500"]
    assert regressions([worse, MONDAY]) == []


def test_what_was_left_out_is_no_regression() -> None:
    assert regressions([MONDAY, TUESDAY]) == []


def test_junit_tells_failures_of_the_agent_from_errors_of_the_infrastructure() -> None:
    runs = (scored("a", 1.0), scored("b", 0.5), unscored("c", "OOMKilled"), unscored("d", "NodeLost"))
    [suite] = ElementTree.fromstring(junit([column("monday", *runs, under_way("e", "Scoring"))]))
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
    }
    found = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert found == {"a": [], "b": ["failure"], "c": ["failure"], "d": ["error"], "e": ["skipped"]}


def test_junit_is_xml_whatever_an_agent_wrote() -> None:
    bad = unscored("a", "BootFailed")
    bad["status"]["conditions"][1]["message"] = "\x00\x1b[31m]]> <b> & \ud800"
    [suite] = ElementTree.fromstring(junit([column("monday", bad)]))
    [case] = suite.iter("testcase")
    assert "<b> &" in (case[0].text or "")
