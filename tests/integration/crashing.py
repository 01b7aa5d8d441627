"""An operator that dies between any two writes, and another that goes on."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Fault, Json
from tests.integration.kubelet import Kubelet, Refusal, end_well
from tests.integration.running import Operator, operating

WRITES = {"create", "update", "patch", "delete"}
NEVER = 1_000_000


class Crashing(FakeApi):
    """Takes so many writes and no more: for the objects it is as if the operator had died after the last."""

    def __init__(self) -> None:
        super().__init__(bookmark_seconds=0.2)
        self.left = NEVER
        self.crashed = threading.Event()
        self.refuse: Callable[[Json], Refusal | None] = lambda _: None
        """By which Event the kubelet does not start a pod."""

    def check_failures(self, verb: str, resource: str) -> None:
        if verb in WRITES:
            if self.left == 0:
                self.crashed.set()
                raise Fault(503, "ServiceUnavailable", "the operator is dead")
            self.left -= 1
        super().check_failures(verb, resource)

    def let_live(self, writes: int) -> None:
        """Take that many writes from now on."""
        self.crashed.clear()
        self.left = writes


@dataclass(frozen=True)
class Death:
    """What an operator left that died somewhere on its way, once another had gone all the way."""

    kubelet: Kubelet
    died: bool
    """Whether there was a write left to die at."""

    def assert_died(self, after: int, of: int) -> None:
        """It died at every write there is. A slow machine sees states together, which saves a few."""
        assert self.died or after >= of - 3, f"died of nothing: it takes fewer than {of} writes"
        assert not self.died or after <= of, f"not each write was died at: there are more than {of}"


async def die_and_start_again(
    api: Crashing,
    folder: Path,
    done: Callable[[], bool],
    begin: Callable[[Operator], Awaitable[None]] | None = None,
    placement: str = "SamePod",
    end: Callable[[Json, str], Json] = end_well,
) -> Death:
    """Run an operator until it dies, or all is done; then another until all is done, and stays so."""
    with Kubelet(api, end=end, refuse=api.refuse) as kubelet:
        async with operating(api, folder, placement=placement) as operator:
            if begin is not None:
                await begin(operator)
            await operator.until(lambda: api.crashed.is_set() or done())
        died = api.crashed.is_set()
        api.let_live(NEVER)
        async with operating(api, folder, placement=placement) as operator:
            if not died:  # then it is done from the start: leave it the time to do harm
                await operator.settled(beyond=0.6)
            await operator.until(done)
    return Death(kubelet, died)


def deaths(writes: int) -> range:
    """After how many writes to die: from none to one more than there are, where it does not."""
    return range(writes + 2)


CHILDREN = {
    "SamePod": ["PersistentVolumeClaim {}", "Job {}", "Pod {}-abcde"],
    "OwnPod": ["Devbox {}", "Pod {}", "PersistentVolumeClaim {}", "Job {}-score"],
}


def assert_each_once(kubelet: Kubelet, runs: list[str], placement: str = "SamePod") -> None:
    for run in runs:
        children = [child.format(run) for child in CHILDREN[placement]]
        assert {child: kubelet.created[child] for child in children} == dict.fromkeys(children, 1)
