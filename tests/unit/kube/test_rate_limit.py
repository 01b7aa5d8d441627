import asyncio

import pytest

from assay.kube.rate_limit import TokenBucket
from tests.unit.engine.virtual import run, time


def test_a_burst_then_the_rate() -> None:
    async def main() -> list[float]:
        bucket, times = TokenBucket(rate=10, burst=3), list[float]()

        async def one() -> None:
            await bucket.acquire()
            times.append(time())

        await asyncio.gather(*(one() for _ in range(6)))
        return times

    assert run(main()) == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3])


def test_idle_time_refills_no_more_than_the_burst() -> None:
    async def main() -> list[float]:
        bucket = TokenBucket(rate=10, burst=2)
        await asyncio.sleep(100)
        return [await bucket.acquire() for _ in range(2)] + [await bucket.acquire()]

    assert run(main()) == pytest.approx([0, 0, 0.1])


def test_a_cancelled_waiter_gives_its_token_back() -> None:
    async def main() -> float:
        bucket = TokenBucket(rate=1, burst=1)
        await bucket.acquire()
        waiter = asyncio.create_task(bucket.acquire())
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
        return await bucket.acquire()

    assert run(main()) == pytest.approx(1.0)


def test_no_rate_means_no_limit() -> None:
    async def main() -> float:
        bucket = TokenBucket(rate=0)
        return sum([await bucket.acquire() for _ in range(1000)])

    assert run(main()) == 0
