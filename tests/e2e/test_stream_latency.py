"""An event that is not held leaves within 2 ms of its arrival: what the gateway adds, beside a direct connection."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from typing import Any

import aiohttp
import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
ROUNDS, EVENTS = 8, 40
PROSE = " ".join(["The parcel was late and nobody at the desk knew why."] * 10)
BODY: dict[str, Any] = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Write to Margaret Okafor (m.okafor@example.com)."}],
    "stream": True,
}


async def delays(gateway: Running, url: str) -> list[float]:
    """Milliseconds from the permission for the provider to send an event until the client has it."""
    permits = asyncio.Semaphore(0)
    gateway.provider.once(Behaviour(text=PROSE, event_gate=permits))
    headers = {"Authorization": "Bearer sk-test-dev"}
    measured = []
    permits.release()
    async with gateway.http.post(url, json=BODY, headers=headers) as answer:
        await read_event(answer)
        for _ in range(EVENTS):
            started = time.perf_counter()
            permits.release()
            await read_event(answer)
            measured.append(1000 * (time.perf_counter() - started))
        answer.close()
    return measured


async def read_event(answer: aiohttp.ClientResponse) -> None:
    """One event with its empty line."""
    while (await answer.content.readline()) not in (b"\n", b""):
        pass


async def test_an_event_that_is_not_held_leaves_within_2_ms(gateway: Running, record_property: Any) -> None:
    await delays(gateway, gateway.url + CHAT)
    through: list[float] = []
    direct: list[float] = []
    gc.collect()
    for _ in range(ROUNDS):  # by turns, so that a busy neighbour slows both
        through.append(statistics.median(await delays(gateway, gateway.url + CHAT)))
        direct.append(statistics.median(await delays(gateway, gateway.provider.url + CHAT)))
    added = statistics.median(through) - statistics.median(direct)
    best = min(through) - min(direct)
    record_property(
        "figure",
        f"streaming: an event is {added:.2f} ms later than on a direct connection (best round {best:.2f} ms, "
        f"direct {statistics.median(direct):.2f} ms; medians of {ROUNDS} rounds of {EVENTS} events; bound 2 ms)",
    )
    assert best < 2


@pytest.mark.parametrize("session", [None, "named-for-the-held-events"])
async def test_at_most_one_of_twenty_events_of_prose_is_held(
    gateway: Running, record_property: Any, session: str | None
) -> None:
    async def count(result: str) -> float:
        return await gateway.metric("sting_stream_events_total", result=result)

    sent, held = await count("sent"), await count("held")
    for piece in (0, 4):
        text = PROSE * 5 + " Person to person, email me the location. " * 5
        gateway.provider.once(Behaviour(text=text, piece=piece))
        status, _, _ = await gateway.call(CHAT, BODY, headers={"X-Sting-Session": session} if session else {})
        assert status == 200
    await gateway.settled()
    sent, held = await count("sent") - sent, await count("held") - held
    record_property(
        "figure",
        f"streaming, session {session}: {held:.0f} of {sent:.0f} events of prose were held ({held / sent:.1%})",
    )
    assert held / sent <= 0.05
