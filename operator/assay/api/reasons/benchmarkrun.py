"""Reasons of BenchmarkRuns."""

from .base import Reason


class BenchmarkRunReason(Reason):
    """How far a BenchmarkRun is, and how it ended."""

    SCENARIOS_NOT_VALIDATED = (
        "ScenariosNotValidated",
        "The Benchmark requires validated scenarios, and some are not validated.",
        "See the condition `Validated` of the scenarios in the message; the run starts by itself.",
    )
    RUNNING = (
        "Running",
        "ScenarioRuns are under way.",
    )
    FOREIGN_RUNS = (
        "ForeignRuns",
        "ScenarioRuns say that this run made them, but are not what it makes. They do not count.",
        "Find out who made them. Delete those in the message; the run then makes its own.",
    )
    SUSPENDED = (
        "Suspended",
        "The run is suspended (`spec.suspend`), and so are its unfinished ScenarioRuns; it creates no more.",
        "Set `suspend: false` for it to begin or to go on.",
    )
    RESUMED = (
        "Resumed",
        "The run was suspended, and goes on.",
    )
    ALL_SCORED = (
        "AllScored",
        "Every run has a score.",
    )
    SOME_UNSCORED = (
        "SomeUnscored",
        "Some runs have no score. Those that an agent can have failed count as 0, others are left out of the score.",
        "`status.unscored` counts the causes and says whose they are, `status.worst` names runs.",
    )
    NOTHING_SCORED = (
        "NothingScored",
        "No run has a score, and no agent can have brought that about: all are left out.",
        "See `status.unscored`; mostly all runs have one cause.",
    )
    CANCELED = (
        "Canceled",
        "Somebody set `spec.cancel`. Unfinished ScenarioRuns are canceled, and no more are created.",
        "`status.score` is over what had ended. Create another run.",
    )
    RUN_DEADLINE_EXCEEDED = (
        "RunDeadlineExceeded",
        "The time of `spec.activeDeadlineSeconds` was over. Unfinished ScenarioRuns are canceled, and no more are "
        "created.",
        "`status.score` is over what had ended. Create another run with more time, or a higher `parallelism`.",
    )
    BENCHMARK_EMPTY = (
        "BenchmarkEmpty",
        "The Benchmark names no scenarios.",
        "Add some to the Benchmark, and create another run.",
    )
    NOTHING_TO_RESCORE = (
        "NothingToRescore",
        "The BenchmarkRun to score again ran no scenarios.",
        "Name another.",
    )
    SCORE_DROPPED = (
        "ScoreDropped",
        "The mean over the compared scenarios is lower than the baseline's by more than the tolerance.",
        "`status.baseline` has the scenarios that changed and the error of the difference.",
    )
    WITHIN_TOLERANCE = (
        "WithinTolerance",
        "The mean over the compared scenarios is at most the tolerance lower than the baseline's.",
    )
    BASELINE_NOT_FOUND = (
        "BaselineNotFound",
        "The run has ended, and the BenchmarkRun to compare with does not exist.",
        "Create it; the run is compared once it has ended.",
    )
    BASELINE_NOT_FINISHED = (
        "BaselineNotFinished",
        "The run has ended, and the BenchmarkRun to compare with has not.",
        "Wait for it; the run is compared by itself.",
    )
    NOTHING_COMPARABLE = (
        "NothingComparable",
        "No scenario has the same content, and an attempt that counts, in both runs.",
        "`status.baseline.incomparableScenarios` says why. Run the baseline's agent again as things are now.",
    )
