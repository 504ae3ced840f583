"""A client that goes away: the call to the provider ends at once, nothing runs on, the audit says so."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from proxy.replies import Streamed
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"


def chat(*, stream: bool) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": "Write to Margaret Okafor"}], "stream": stream}


async def outcomes(gateway: Running, outcome: str) -> float:
    _, _, body = await gateway.call("/metrics", method="GET")
    samples = [line for line in body.decode().splitlines() if line.startswith("sting_requests_total")]
    lines = [line for line in samples if f'outcome="{outcome}"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def assert_all_ended(gateway: Running, before: float) -> None:
    async with asyncio.timeout(5):
        await gateway.provider.disconnected.wait()
    await gateway.settled()
    assert await gateway.metric("sting_in_flight") == 0
    assert await outcomes(gateway, "client_gone") == before + 1


async def test_while_the_provider_thinks_about_a_plain_answer(gateway: Running) -> None:
    before = await outcomes(gateway, "client_gone")
    gateway.provider.behaviour = Behaviour(never=True)
    asking = asyncio.create_task(gateway.call(CHAT, chat(stream=False)))
    async with asyncio.timeout(5):
        await gateway.provider.answering.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await assert_all_ended(gateway, before)


async def test_between_two_events_of_a_stream(gateway: Running) -> None:
    before = await outcomes(gateway, "client_gone")
    permits = asyncio.Semaphore(2)
    gateway.provider.behaviour = Behaviour(event_gate=permits)
    stream = await gateway.client().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Write to Margaret Okafor"}], stream=True
    )
    exchange = stream.response.headers["x-sting-exchange"]
    await anext(aiter(stream))
    await stream.close()
    await assert_all_ended(gateway, before)
    event = await gateway.audit(exchange)
    assert event["outcome"] == "client_gone"
    assert event["entities"] == {"PERSON": 1}


async def test_while_a_stream_pours(gateway: Running) -> None:
    before = await outcomes(gateway, "client_gone")
    gateway.provider.behaviour = Behaviour(text="word " * 100_000)
    stream = await gateway.client().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Write to Margaret Okafor"}], stream=True
    )
    await anext(aiter(stream))
    await stream.close()
    await assert_all_ended(gateway, before)


async def test_while_detection_looks(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gateway.detector is not None
    before = await outcomes(gateway, "client_gone")
    entered = asyncio.Event()

    async def waits(*_: object) -> None:
        entered.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(gateway.detector, "detect", waits)
        asking = asyncio.create_task(
            gateway.call(CHAT, {"model": "gpt-4o", "messages": [{"role": "user", "content": "Look at this"}]})
        )
        async with asyncio.timeout(5):
            await entered.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await gateway.settled()
        assert await gateway.metric("sting_in_flight") == 0
        assert await outcomes(gateway, "client_gone") == before + 1
        assert gateway.provider.requests == []


async def test_fifty_clients_that_go_leave_no_task_behind(gateway: Running) -> None:
    await gateway.settled()
    gateway.provider.behaviour = Behaviour(never=True)
    before = len(asyncio.all_tasks())
    asking = [asyncio.create_task(gateway.call(CHAT, chat(stream=n % 2 == 0))) for n in range(50)]
    await until(lambda: len(gateway.provider.requests) == 50)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await gateway.settled()
    await until(lambda: len(asyncio.all_tasks()) <= before + 5)  # a few connections are kept alive
    assert await gateway.metric("sting_in_flight") == 0


@pytest.mark.parametrize("last", ["write_eof", "prepare"])
async def test_a_client_that_closes_behind_the_last_event_or_before_the_first(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, last: str
) -> None:
    """All of it was handed over, or nobody was there: neither is a fault of the gateway's."""

    async def closed(*_: object) -> None:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    before = [await outcomes(gateway, outcome) for outcome in ("ok", "client_gone", "failed")]
    with monkeypatch.context() as patch:
        patch.setattr(Streamed, last, closed)
        with pytest.raises((aiohttp.ClientError, asyncio.IncompleteReadError)):
            await gateway.call(CHAT, chat(stream=True))
    await gateway.settled()
    after = [await outcomes(gateway, outcome) for outcome in ("ok", "client_gone", "failed")]
    changed = [now - then for now, then in zip(after, before, strict=True)]
    assert changed == ([1, 0, 0] if last == "write_eof" else [0, 1, 0])
    assert "internal fault" not in caplog.text
