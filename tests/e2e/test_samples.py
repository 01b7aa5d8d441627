"""The sample benchmark, as `make demo` runs it."""

from __future__ import annotations

from tests.tools import demo
from tests.tools.kube import get, kubectl


def test_three_agents_get_three_columns_of_true_scores(namespace: str) -> None:
    demo.run_samples(namespace)
    scores = demo.scores(namespace)
    print(demo.table(namespace))

    assert len(scores) >= 4
    for cells in scores.values():
        assert cells["ledger-reference"] == 1.0
        assert isinstance(cells["ledger-nop"], float | int)
        assert cells["ledger-nop"] < 1.0
    mean = {run: get(namespace, "benchmarkrun", run)["status"]["score"] for run in demo.RUNS}
    assert mean["ledger-nop"] < mean["ledger-apprentice"] < mean["ledger-reference"] == 1.0
    status = get(namespace, "benchmarkrun", "ledger-reference")["status"]
    assert status["passRate"] == 1.0
    assert status["counts"]["scored"] == status["counts"]["passed"] == len(scores)

    # Every disk is gone once its score is safe.
    kubectl("wait", "-n", namespace, "--for=delete", "pvc", "--all", "--timeout=60s")
    assert get(namespace, "events", "--field-selector=reason=Scored")
