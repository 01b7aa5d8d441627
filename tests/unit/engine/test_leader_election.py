import asyncio
from typing import Any, cast

import pytest

from assay.engine.leader_election import Lease
from assay.kube.client import Client
from assay.kube.errors import AlreadyExists, ApiError, Conflict, NotFound, Unavailable
from assay.kube.resources import Resource
from tests.unit.engine.virtual import run, time


class Server:
    """Holds one Lease, as the API server would; a client of it may be cut off."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0

    def client(self) -> "Candidate":
        return Candidate(self)

    def store(self, lease: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        lease = {**lease, "metadata": {**lease["metadata"], "resourceVersion": str(self.version)}}
        self.lease = lease
        return lease

    @property
    def holder(self) -> str | None:
        return self.lease["spec"].get("holderIdentity") if self.lease else None


class Candidate:
    def __init__(self, server: Server) -> None:
        self.server = server
        self.error: ApiError | None = None
        self.hangs = False
        self.writes = 0

    async def _answer(self) -> None:
        if self.hangs:
            await asyncio.sleep(1e6)
        if self.error:
            raise self.error

    async def get(self, res: Resource, namespace: str, name: str) -> dict[str, Any]:
        await self._answer()
        if self.server.lease is None:
            raise NotFound(404, "NotFound", "no")
        return self.server.lease

    async def create(self, obj: dict[str, Any], *, urgent: bool) -> dict[str, Any]:
        await self._answer()
        assert urgent
        if self.server.lease is not None:
            raise AlreadyExists(409, "AlreadyExists", "no")
        self.writes += 1
        return self.server.store(obj)

    async def patch(self, obj: dict[str, Any], body: dict[str, Any], *, urgent: bool) -> dict[str, Any]:
        await self._answer()
        assert urgent
        assert self.server.lease is not None
        if obj["metadata"]["resourceVersion"] != self.server.lease["metadata"]["resourceVersion"]:
            raise Conflict(409, "Conflict", "no")
        spec = {**self.server.lease["spec"], **body["spec"]}
        self.writes += 1
        return self.server.store(
            {**self.server.lease, "spec": {key: value for key, value in spec.items() if value is not None}}
        )


def lease(candidate: Candidate, identity: str) -> Lease:
    return Lease(cast(Client, candidate), "ns", "operator", identity)


def test_the_first_takes_it_and_the_second_waits_until_it_is_released() -> None:
    async def main() -> float:
        server = Server()
        one, two = lease(server.client(), "one"), lease(server.client(), "two")
        assert await one.acquire(asyncio.Event())
        assert server.holder == "one"
        keeping = asyncio.create_task(one.keep(lambda: None))
        waiting = asyncio.create_task(two.acquire(asyncio.Event()))
        await asyncio.sleep(300)
        assert not waiting.done()
        keeping.cancel()
        released = time()
        await one.release()
        assert not one.held
        assert await waiting
        assert server.holder == "two"
        assert server.lease is not None
        assert server.lease["spec"]["leaseTransitions"] == 1
        return time() - released

    assert run(main()) <= 2.4


def test_a_dead_holder_is_waited_for_by_our_clock_alone() -> None:
    async def main() -> float:
        server = Server()
        await lease(server.client(), "dead").acquire(asyncio.Event())
        assert server.lease is not None
        server.lease["spec"]["renewTime"] = "2001-01-01T00:00:00.000000Z"  # its clock is wrong
        await asyncio.sleep(100)
        begun = time()
        await lease(server.client(), "next").acquire(asyncio.Event())
        return time() - begun

    assert 15 <= run(main()) <= 17.5


def test_a_process_with_the_holder_s_identity_takes_it_at_once() -> None:
    async def main() -> float:
        server = Server()
        await lease(server.client(), "one").acquire(asyncio.Event())
        await lease(server.client(), "one").acquire(asyncio.Event())
        return time()

    assert run(main()) == 0


@pytest.mark.parametrize("how", ["errors", "hangs"])
def test_the_holder_gives_up_before_another_may_take_over(how: str) -> None:
    async def main() -> tuple[float, float]:
        server = Server()
        cut_off = server.client()
        one, two = lease(cut_off, "one"), lease(server.client(), "two")
        await one.acquire(asyncio.Event())
        lost: list[float] = []
        keeping = asyncio.create_task(one.keep(lambda: lost.append(time())))
        waiting = asyncio.create_task(two.acquire(asyncio.Event()))
        await asyncio.sleep(101)
        if how == "hangs":
            cut_off.hangs = True
        else:
            cut_off.error = Unavailable(503, "", "down")
        await keeping
        assert not one.held
        await waiting
        return lost[0], time()

    lost, taken = run(main())
    assert lost <= 110.01
    assert taken >= lost + 4


def test_an_outage_shorter_than_the_deadline_does_no_harm() -> None:
    async def main() -> bool:
        server = Server()
        candidate = server.client()
        one = lease(candidate, "one")
        await one.acquire(asyncio.Event())
        keeping = asyncio.create_task(one.keep(lambda: pytest.fail("lost")))
        await asyncio.sleep(5.5)
        candidate.error = Unavailable(503, "", "down")
        await asyncio.sleep(7)
        candidate.error = None
        await asyncio.sleep(100)
        keeping.cancel()
        return one.held

    assert run(main())


def test_a_stolen_lease_is_noticed_at_the_next_renewal() -> None:
    async def main() -> tuple[float, str | None]:
        server = Server()
        one = lease(server.client(), "one")
        await one.acquire(asyncio.Event())
        assert server.lease is not None
        server.store({**server.lease, "spec": {**server.lease["spec"], "holderIdentity": "thief"}})
        called = asyncio.Event()

        async def on_lost() -> None:
            called.set()

        await one.keep(on_lost)
        assert called.is_set()
        await one.release()
        return time(), server.holder

    assert run(main()) == (5, "thief")


def test_renewals_are_one_write_each_five_seconds() -> None:
    async def main() -> int:
        server = Server()
        candidate = server.client()
        one = lease(candidate, "one")
        await one.acquire(asyncio.Event())
        keeping = asyncio.create_task(one.keep(lambda: None))
        await asyncio.sleep(52)
        keeping.cancel()
        return candidate.writes

    assert run(main()) == 11


def test_waiting_ends_when_stopped() -> None:
    async def main() -> bool:
        server, stop = Server(), asyncio.Event()
        await lease(server.client(), "one").acquire(stop)
        asyncio.get_running_loop().call_later(3, stop.set)
        return await lease(server.client(), "two").acquire(stop)

    assert not run(main())
