"""Commands that are asked for together travel together, and each caller gets its own answer."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeout

from proxy.vault.batches import Batches, _Line


@pytest.fixture
def sizes_sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many commands each write held."""
    sizes: list[int] = []
    flush = _Line._flush

    def noted(self: _Line) -> None:
        sizes.append(len(self._outgoing))
        flush(self)

    monkeypatch.setattr(_Line, "_flush", noted)
    return sizes


async def test_every_caller_gets_its_own_answer(valkey_client: Redis, sizes_sent: list[int]) -> None:
    batches = Batches(valkey_client)
    answers = await asyncio.gather(*(batches.execute_command("ECHO", f"number {n}") for n in range(50)))
    assert answers == [f"number {n}".encode() for n in range(50)]
    assert sum(sizes_sent) == 50
    assert len(sizes_sent) <= 3


async def test_one_command_that_fails_fails_alone(valkey_client: Redis) -> None:
    batches = Batches(valkey_client)
    good, bad, last = await asyncio.gather(
        batches.execute_command("ECHO", "a"),
        batches.execute_command("NOSUCHCOMMAND"),
        batches.execute_command("ECHO", "b"),
        return_exceptions=True,
    )
    assert (good, last) == (b"a", b"b")
    assert isinstance(bad, ResponseError)


async def test_a_caller_that_gave_up_holds_nobody_up(valkey_client: Redis) -> None:
    batches = Batches(valkey_client)
    given_up = asyncio.ensure_future(batches.execute_command("ECHO", "x"))
    other = asyncio.ensure_future(batches.execute_command("ECHO", "y"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await other == b"y"
    assert await batches.execute_command("ECHO", "z") == b"z"


async def test_a_lost_connection_fails_every_command_of_the_batch() -> None:
    client = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    batches = Batches(client)
    answers = await asyncio.gather(*(batches.execute_command("PING") for _ in range(5)), return_exceptions=True)
    assert all(isinstance(answer, RedisConnectionError) for answer in answers)
    await client.aclose()


async def test_a_connection_that_the_server_closed_is_replaced(valkey_client: Redis) -> None:
    batches = Batches(valkey_client)
    own = await batches.execute_command("CLIENT", "ID")
    await valkey_client.execute_command("CLIENT", "KILL", "ID", own)
    async with asyncio.timeout(5):  # until our side has noticed
        while batches._line is not None and batches._line.open:  # noqa: ASYNC110 - the connection has no event to wait for
            await asyncio.sleep(0)
    assert await batches.execute_command("ECHO", "again") == b"again"
    assert await batches.execute_command("CLIENT", "ID") != own


async def test_a_server_that_does_not_answer_is_given_up_in_time(valkey_url: str) -> None:
    client = Redis.from_url(valkey_url, socket_timeout=0.2)
    batches = Batches(client)
    with pytest.raises(RedisTimeout):
        await batches.execute_command("BLPOP", "nobody-pushes-here", "5")
    assert await batches.execute_command("ECHO", "on") == b"on"
    await client.aclose()
