"""Faults of the detection worker: killed, hung, out of memory."""

from __future__ import annotations

import resource
import signal
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.chaos.plant import Outcome, Plant, children, kill, plant

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]
Told = Callable[[Outcome], None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """One installation on embedded stores for all faults of this file."""
    async with plant(tmp_path_factory.mktemp("detector"), None) as made:
        yield made


def detectors(place: Plant) -> list[int]:
    return children(place.running.process.pid, "proxy.detectors.worker")


async def back(place: Plant) -> None:
    """Wait until a worker is loaded: what the readiness says."""
    await place.ready()


async def test_killed(place: Plant, told: Told) -> None:
    async def strike() -> None:
        kill(detectors(place), signal.SIGKILL)

    told(await place.struck("Detection worker killed", strike, lambda: back(place), seconds=0))


async def test_hangs(place: Plant, told: Told) -> None:
    """A stopped process does not die of SIGTERM: the pool has to kill it."""
    before = detectors(place)

    async def strike() -> None:
        kill(before, signal.SIGSTOP)

    async def mend() -> None:
        await back(place)
        assert set(before) != set(detectors(place))

    note = "the worker is replaced after `detection.deadline_s` (2 s in this run)"
    told(await place.struck("Detection worker hangs (SIGSTOP)", strike, mend, seconds=3.5, note=note))


async def test_out_of_memory(place: Plant, told: Told) -> None:
    """It may allocate nothing more; whatever dies of it, no text leaves unread."""

    async def strike() -> None:
        for pid in detectors(place):
            resource.prlimit(pid, resource.RLIMIT_AS, (1, 1))

    async def mend() -> None:
        kill(detectors(place), signal.SIGKILL)  # as the kernel would
        await back(place)

    told(await place.struck("Detection worker out of memory", strike, mend))
