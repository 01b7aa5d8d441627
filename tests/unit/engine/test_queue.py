import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from assay import metrics
from assay.engine.cache import Key
from assay.engine.queue import WorkQueue
from tests.unit.engine.virtual import run, time

Log = list[tuple[str, float]]
Handler = Callable[[str], Awaitable[float | None]]


async def work(queue: WorkQueue[str], handler: Handler, seconds: float, workers: int = 4) -> None:
    """Run the queue for so long."""
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    await queue.run(handler, workers, stop)


def logged(log: Log, takes: float = 0.0, again: float | None = None) -> Handler:
    async def handler(key: str) -> float | None:
        log.append((key, round(time(), 3)))
        await asyncio.sleep(takes)
        return again

    return handler


def test_equal_keys_are_one() -> None:
    async def main() -> Log:
        queue, log = WorkQueue[str](), Log()
        for key in ("a", "b", "a", "a"):
            queue.add(key)
        assert len(queue) == 2
        await work(queue, logged(log), 1)
        return log

    assert run(main()) == [("a", 0), ("b", 0)]


def test_one_run_per_key_at_a_time_and_once_more_if_added_meanwhile() -> None:
    async def main() -> Log:
        queue, log = WorkQueue[str](), Log()
        loop = asyncio.get_running_loop()
        queue.add("a")
        for at in (1, 2, 3):
            loop.call_later(at, queue.add, "a")
        await work(queue, logged(log, takes=10), 100)
        return log

    assert run(main()) == [("a", 0), ("a", 10)]


def test_no_more_runs_than_workers() -> None:
    async def main() -> Log:
        queue, log = WorkQueue[str](), Log()
        for key in "abcde":
            queue.add(key)
        await work(queue, logged(log, takes=1), 10, workers=2)
        return log

    assert [at for _, at in run(main())] == [0, 0, 1, 1, 2]


def test_the_earliest_delay_counts() -> None:
    async def main() -> Log:
        queue, log = WorkQueue[str](), Log()
        queue.add_after("a", 5)
        queue.add_after("a", 2)
        queue.add_after("a", 9)
        queue.add_after("b", 3)
        await work(queue, logged(log), 20)
        return log

    assert run(main()) == [("a", 2), ("b", 3)]


def test_the_value_of_a_handler_is_a_delay() -> None:
    async def main() -> Log:
        queue, log = WorkQueue[str](), Log()
        queue.add("a")
        await work(queue, logged(log, again=4), 10)
        return log

    assert run(main()) == [("a", 0), ("a", 4), ("a", 8)]


def test_errors_back_off_and_success_forgets() -> None:
    async def main() -> list[float]:
        queue, times = WorkQueue[str](base_delay=1, max_delay=5), list[float]()

        async def handler(key: str) -> None:
            times.append(time())
            if len(times) != 6:
                raise RuntimeError("no")
            queue.add_after(key, 100)

        queue.add("a")
        await work(queue, handler, 200)
        return times

    times = run(main())
    gaps = [after - before for before, after in pairwise(times)]
    for gap, nominal in zip(gaps, (1, 2, 4, 5, 5, 100, 1, 2, 4), strict=False):
        assert 0.79 * nominal <= gap <= 1.001 * nominal


def test_a_back_off_is_thirty_seconds_at_most() -> None:
    async def main() -> list[float]:
        queue, times = WorkQueue[str](), list[float]()

        async def handler(key: str) -> None:
            times.append(time())
            raise RuntimeError("no")

        queue.add("a")
        await work(queue, handler, 300)
        return times

    times = run(main())
    gaps = [after - before for before, after in pairwise(times)]
    assert max(gaps) <= 30.001
    assert all(gap >= 24 for gap in gaps[5:])


def test_events_neither_grow_nor_reset_a_back_off() -> None:
    async def main() -> list[float]:
        queue, times = WorkQueue[str](base_delay=8, max_delay=1000), list[float]()
        loop = asyncio.get_running_loop()

        async def handler(key: str) -> None:
            times.append(time())
            raise RuntimeError("no")

        queue.add("a")
        for at in range(1, 6):
            loop.call_later(at, queue.add, "a")
        await work(queue, handler, 60)
        return times

    times = run(main())
    assert times[:6] == pytest.approx(range(6)), "an event is answered at once"
    due = times[6:]
    assert 6.4 <= due[0] <= 8.001, "what the first failure set"
    assert 0.79 * 16 <= due[1] - due[0] <= 16.001
    assert 0.79 * 32 <= due[2] - due[1] <= 32.001


async def _no(key: str) -> None:
    raise RuntimeError("no")


def test_a_key_that_fails_three_times_is_reported_when_it_was_due() -> None:
    async def main() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        queue, reports, stop = WorkQueue[str](base_delay=10), list[tuple[str, str]](), asyncio.Event()

        async def on_failing(key: str, error: Exception) -> None:
            reports.append((key, str(error)))

        loop = asyncio.get_running_loop()
        queue.add("a")
        for at in range(1, 8):  # each fails, and none of them counts
            loop.call_later(at, queue.add, "a")
        running = asyncio.create_task(queue.run(_no, 4, stop, on_failing))
        await asyncio.sleep(22)  # two failures: 0 and 8 to 10
        early = list(reports)
        await asyncio.sleep(9)  # a third: 24 to 30
        stop.set()
        await running
        return early, reports

    assert run(main()) == ([], [("a", "no")])


def test_a_report_that_fails_is_logged_and_made_again(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> int:
        queue, calls, stop = WorkQueue[str](max_delay=1), list[str](), asyncio.Event()

        async def on_failing(key: str, error: Exception) -> None:
            calls.append(key)
            raise OSError("no status can be written")

        queue.add("a")
        asyncio.get_running_loop().call_later(10, stop.set)
        await queue.run(_no, 4, stop, on_failing)
        return len(calls)

    assert run(main()) >= 7
    assert "no status can be written" in caplog.text


def test_a_server_that_says_when_to_come_back_is_obeyed() -> None:
    class Busy(Exception):
        retry_after = 30.0

    async def main() -> list[float]:
        queue, times = WorkQueue[str](), list[float]()

        async def handler(key: str) -> None:
            times.append(time())
            raise Busy

        queue.add("a")
        await work(queue, handler, 40)
        return times

    assert run(main()) == pytest.approx([0, 30])


def test_an_event_does_not_wait_for_the_back_off() -> None:
    async def main() -> list[float]:
        queue, times = WorkQueue[str](base_delay=50), list[float]()

        async def handler(key: str) -> None:
            times.append(time())
            if len(times) == 1:
                raise RuntimeError("no")

        queue.add("a")
        asyncio.get_running_loop().call_later(3, queue.add, "a")
        await work(queue, handler, 10)
        return times

    assert run(main()) == pytest.approx([0, 3])


def test_stopping_waits_for_runs_under_way_and_starts_no_new() -> None:
    async def main() -> tuple[Log, list[str]]:
        queue, log, ended = WorkQueue[str](), Log(), list[str]()

        async def handler(key: str) -> None:
            log.append((key, time()))
            await asyncio.sleep(5)
            ended.append(key)

        queue.add("a")
        queue.add("b")
        await work(queue, handler, 1, workers=1)
        assert time() == pytest.approx(5)
        return log, ended

    assert run(main()) == ([("a", 0)], ["a"])


def test_a_stop_is_seen_though_kopf_has_cancelled_every_task_around() -> None:
    async def main() -> float:
        queue, log, stop = WorkQueue[str](), Log(), asyncio.Event()
        running = asyncio.create_task(queue.run(logged(log), 1, stop))
        await asyncio.sleep(1)
        for task in asyncio.all_tasks() - {running, asyncio.current_task()}:
            task.cancel()
        asyncio.get_running_loop().call_later(1, stop.set)
        await running
        return time()

    assert run(main()) == pytest.approx(2)


def test_cancelling_cancels_the_runs() -> None:
    async def main() -> list[str]:
        queue, cancelled = WorkQueue[str](), list[str]()

        async def handler(key: str) -> None:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                cancelled.append(key)
                raise

        queue.add("a")
        task = asyncio.create_task(queue.run(handler, 1, asyncio.Event()))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert queue.idle
        return cancelled

    assert run(main()) == ["a"]


def test_metrics_carry_the_kind_only() -> None:
    def value(name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(f"assay_{name}", labels) or 0.0

    async def main() -> None:
        queue, key = WorkQueue[Key](), Key("Probe", "ns", "secret-name")

        async def handler(key: Key) -> float | None:
            if key.name == "bad":
                raise RuntimeError("no")
            return None

        queue.add(key)
        queue.add(Key("Probe", "ns", "bad"))
        assert value("queue_depth", kind="Probe") == 2
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, stop.set)
        await queue.run(handler, 1, stop)

    run(main())
    assert value("queue_depth", kind="Probe") == 0
    assert value("reconcile_total", kind="Probe", result="success") == 1
    assert value("reconcile_total", kind="Probe", result="error") == 1
    assert value("reconcile_duration_seconds_count", kind="Probe") == 2
    assert b"secret-name" not in metrics.render()


def test_ten_thousand_keys_are_cheap() -> None:
    async def main() -> int:
        queue, log = WorkQueue[int](), list[int]()

        async def handler(key: int) -> None:
            log.append(key)

        for _ in range(3):
            for key in range(10_000):
                queue.add(key)
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(1, stop.set)
        await queue.run(handler, 50, stop)
        return len(log)

    assert run(main()) == 10_000
