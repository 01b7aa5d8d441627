"""Start, follow and read runs by the command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import yaml

from assay.cli.exits import Exit
from assay.our_resources import OURS
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.running import BENCHMARK_RUNS, RUNS, TEAM, create
from tests.integration.samples import until
from tests.unit.cli.objects import conditions, run, scored, under_way, unscored

BENCHMARKS = OURS["Benchmark"]
ENDED = conditions(Complete=("True", "AllScored"))


def add(api: FakeApi, benchmark_run: Json, made: Json) -> None:
    """Add a ScenarioRun that a BenchmarkRun owns, with its status."""
    made["metadata"]["ownerReferences"][0] |= {
        "uid": benchmark_run["metadata"]["uid"],
        "apiVersion": "assay.dev/v1alpha1",
    }
    status = made.pop("status")
    api.create(made)
    api.patch_status(RUNS, TEAM, made["metadata"]["name"], status)


def start(api: FakeApi, name: str = "monday", **status: object) -> Json:
    spec = {"benchmarkRef": {"name": "ledger"}, "agent": {"ref": {"name": "mini"}}}
    return create(api, "BenchmarkRun", name, spec, {"counts": {"total": 2}, **status})


async def test_run_creates_a_benchmark_run_and_says_how_to_follow_it(api: FakeApi, assay: Assay) -> None:
    done = await assay(
        "run", "ledger", "--agent", "mini", "--param", "MODEL=x=y", "--attempts", "3", "--name", "monday"
    )
    assert done.exit_code == Exit.OK
    assert "assay watch monday --namespace team" in done.output
    [made] = api.all(BENCHMARK_RUNS)
    assert made["spec"] == {
        "benchmarkRef": {"name": "ledger"},
        "agent": {"ref": {"name": "mini"}},
        "parameters": [{"name": "MODEL", "value": "x=y"}],
        "attempts": 3,
        "parallelism": 4,
    }
    assert api.requests[-1].query["fieldManager"] == "assay-cli"


async def test_a_command_is_an_inline_agent_and_names_the_run(api: FakeApi, assay: Assay) -> None:
    done = await assay("run", "ledger", "--snapshots", "Always", "--", "/bin/bash", "-c", "echo --agent")
    assert done.exit_code == Exit.OK
    [made] = api.all(BENCHMARK_RUNS)
    assert made["spec"]["agent"] == {"type": "Command", "command": ["/bin/bash", "-c", "echo --agent"]}
    assert made["spec"]["template"] == {"snapshotPolicy": "Always"}
    assert made["metadata"]["name"].startswith("ledger-bash-")


async def test_an_agent_or_a_command_and_not_both(api: FakeApi, assay: Assay) -> None:
    for words in (["ledger"], ["ledger", "--agent", "mini", "--", "true"]):
        done = await assay("run", *words)
        assert done.exit_code == Exit.USAGE
        assert "--agent" in done.output
    assert api.writes == []


async def test_some_scenarios_are_a_benchmark_that_goes_with_the_run(api: FakeApi, assay: Assay) -> None:
    create(
        api, "Benchmark", "ledger", {"scenarios": [{"name": one} for one in "abc"], "requireValidated": True}
    )
    done = await assay(
        "run", "ledger", "--agent", "mini", "--scenario", "a", "--scenario", "c", "--name", "part"
    )
    assert done.exit_code == Exit.OK
    made = api.get(BENCHMARK_RUNS, TEAM, "part")
    chosen = api.get(BENCHMARKS, TEAM, "part")
    assert made is not None
    assert chosen is not None
    assert made["spec"]["benchmarkRef"] == {"name": "part"}
    assert chosen["spec"] == {"scenarios": [{"name": "a"}, {"name": "c"}], "requireValidated": True}
    assert chosen["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]


async def test_a_scenario_that_the_benchmark_lacks_is_refused(api: FakeApi, assay: Assay) -> None:
    create(api, "Benchmark", "ledger", {"scenarios": [{"name": "a"}]})
    done = await assay("run", "ledger", "--agent", "mini", "--scenario", "b")
    assert done.exit_code == Exit.USAGE
    assert "no scenario b, but a" in done.output


async def test_a_dry_run_prints_what_it_would_create(api: FakeApi, assay: Assay) -> None:
    done = await assay("run", "ledger", "--agent", "mini", "--name", "monday", "--dry-run")
    assert yaml.safe_load(done.output)["metadata"] == {"name": "monday", "namespace": "team"}
    assert api.writes == []


async def test_a_name_that_is_taken_is_a_mistake_of_usage(api: FakeApi, assay: Assay) -> None:
    start(api)
    done = await assay("run", "ledger", "--agent", "mini", "--name", "monday")
    assert done.exit_code == Exit.USAGE
    assert "exists already" in done.output


async def test_wait_follows_a_run_until_it_ends_over_lost_connections(api: FakeApi, assay: Assay) -> None:
    following_it = asyncio.create_task(
        assay("run", "ledger", "--agent", "mini", "--name", "monday", "--wait")
    )
    await until(lambda: api.get(BENCHMARK_RUNS, TEAM, "monday"))
    made = api.get(BENCHMARK_RUNS, TEAM, "monday")
    assert made is not None
    add(api, made, under_way("a", "AgentWorking"))
    await until(lambda: sum(one.verb == "watch" for one in api.requests) >= 2)
    api.fail("watch", "*", 503, times=2)
    api.cut_watches()
    api.patch_status(RUNS, TEAM, "monday-a-1", scored("a", 1.0)["status"])
    api.compact()
    api.patch_status(
        BENCHMARK_RUNS, TEAM, "monday", {"counts": {"total": 1}, "score": 1.0, "conditions": ENDED}
    )
    done = await following_it
    assert done.exit_code == Exit.OK, done.output
    assert "monday: 1/1 done, score 1.000, 1 passed" in done.output


async def test_a_run_with_unscored_attempts_fails_a_pipeline(api: FakeApi, assay: Assay) -> None:
    made = start(api, counts={"total": 1, "unscored": 1}, conditions=ENDED)
    add(api, made, unscored("a", "OOMKilled"))
    done = await assay("watch", "monday")
    assert done.exit_code == Exit.FAILED
    assert "1 of 1 runs without a score" in done.output
    assert (await assay("watch", "monday", "--allow-unscored")).exit_code == Exit.OK


async def test_a_score_below_the_demand_fails_a_pipeline(api: FakeApi, assay: Assay) -> None:
    start(api, score=0.5, conditions=ENDED)
    assert (await assay("watch", "monday", "--min-score", "0.5")).exit_code == Exit.OK
    assert (await assay("watch", "monday", "--min-score", "0.51")).exit_code == Exit.FAILED


async def test_a_run_that_takes_too_long_goes_on(api: FakeApi, assay: Assay) -> None:
    start(api)
    done = await assay("watch", "monday", "--timeout", "0.3")
    assert done.exit_code == Exit.TIMEOUT
    assert "it goes on; follow it again: assay watch monday --namespace team" in done.output
    assert api.get(BENCHMARK_RUNS, TEAM, "monday") is not None


async def test_a_run_that_is_deleted_ends_the_view(api: FakeApi, assay: Assay) -> None:
    start(api)
    watching = asyncio.create_task(assay("watch", "monday"))
    await until(lambda: sum(one.verb == "watch" for one in api.requests) >= 2)
    api.delete(BENCHMARK_RUNS, TEAM, "monday")
    done = await watching
    assert done.exit_code == Exit.FAILED
    assert "was deleted" in done.output


async def test_results_are_written_for_people_and_programs(
    api: FakeApi, assay: Assay, tmp_path: Path
) -> None:
    first = start(api, "monday", score=0.5, conditions=ENDED)
    second = start(api, "tuesday", score=1.0, conditions=ENDED)
    add(api, first, scored("a", 0.5))
    add(api, second, scored("a", 1.0, of="tuesday"))
    report, table = tmp_path / "r.xml", tmp_path / "r.csv"
    done = await assay("results", "monday", "tuesday", "--junit", str(report), "--csv", str(table))
    assert done.exit_code == Exit.OK
    assert "0.500    1.000 (+0.500)" in done.output
    assert report.read_text().count("<testcase") == 2
    assert len(table.read_text().splitlines()) == 3
    again = await assay("results", "tuesday", "monday", "--fail-on-regression")
    assert again.exit_code == Exit.FAILED
    assert "a fell from 1.000 to 0.500" in again.output


async def test_a_run_that_does_not_exist_is_named(assay: Assay) -> None:
    done = await assay("results", "nobody")
    assert done.exit_code == Exit.FAILED
    assert "there is no BenchmarkRun nobody in namespace team" in done.output


async def test_a_cluster_that_refuses_has_an_exit_code_of_its_own(api: FakeApi, assay: Assay) -> None:
    api.fail("get", "benchmarkruns", 403, reason="Forbidden")
    done = await assay("results", "monday")
    assert done.exit_code == Exit.REFUSED
    assert "the cluster refuses" in done.output


async def test_a_run_made_by_no_benchmark_run_is_no_attempt(api: FakeApi, assay: Assay) -> None:
    start(api, conditions=ENDED)
    forged = run("x")
    del forged["metadata"]["ownerReferences"], forged["status"]
    api.create(forged)
    assert "\nx" not in (await assay("results", "monday")).output


async def test_another_run_of_that_name_is_not_the_one_that_is_followed(api: FakeApi, assay: Assay) -> None:
    start(api)
    watching = asyncio.create_task(assay("watch", "monday"))
    await until(lambda: sum(one.verb == "watch" for one in api.requests) >= 2)
    api.delete(BENCHMARK_RUNS, TEAM, "monday")
    start(api, score=1.0, conditions=ENDED)
    done = await watching
    assert done.exit_code == Exit.FAILED
    assert "was deleted" in done.output


async def test_what_an_agent_wrote_does_not_steer_the_terminal_by_a_message(
    api: FakeApi, assay: Assay
) -> None:
    failed = conditions(Failed=("True", "NothingToRescore"))
    failed[0]["message"] = "\x1b[2Jgone"
    start(api, conditions=failed)
    done = await assay("watch", "monday")
    assert "\ufffd[2Jgone" in done.output
    assert "\x1b" not in done.output
