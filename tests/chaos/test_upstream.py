"""Faults of a provider: slow, silent, cut in the middle, garbage, flapping, gone. None of it is sold as an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.chaos.plant import Outcome, Plant, plant
from tests.fake_provider import Behaviour

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]
Told = Callable[[Outcome], None]

FAULTS = {
    "Provider slow (1.5 s before each answer)": ({"delay": 1.5}, 4.0),
    "Provider silent (longer than its time limit)": ({"never": True}, 4.0),
    "Provider cuts every answer after 300 bytes": ({"cut_after": 300}, 1.5),
    "Provider answers 200 with garbage": ({"raw": b"\x00\xff<html>no json", "content_type": "application/json"}, 1.5),
    "Provider answers 500 and quotes the prompt": ({"status": 500, "quote_prompt": True}, 1.5),
    "Provider answers 429": ({"status": 429, "headers": {"retry-after": "1"}}, 1.5),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """One installation on embedded stores for all faults of this file."""
    async with plant(tmp_path_factory.mktemp("upstream"), None) as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_provider_that_fails(place: Plant, told: Told, fault: str) -> None:
    changes, seconds = FAULTS[fault]
    good = place.provider.behaviour

    async def strike() -> None:
        place.provider.behaviour = replace(good, **changes)

    async def mend() -> None:
        place.provider.behaviour = good

    told(await place.struck(fault, strike, mend, seconds=seconds))


async def test_flapping(place: Plant, told: Told) -> None:
    good = place.provider.behaviour

    async def strike() -> None:
        for _ in range(8):
            place.provider.behaviour = Behaviour(status=503)
            await asyncio.sleep(0.15)
            place.provider.behaviour = good
            await asyncio.sleep(0.15)

    async def mend() -> None:
        place.provider.behaviour = good

    told(await place.struck("Provider flaps (eight times in 2.4 s)", strike, mend, seconds=0))


async def test_gone(place: Plant, told: Told) -> None:
    port = place.provider.port

    async def strike() -> None:
        await place.provider.stop()

    async def mend() -> None:
        place.provider._stopping = False
        await place.provider.start(port)

    told(await place.struck("Provider gone (port closed)", strike, mend))
