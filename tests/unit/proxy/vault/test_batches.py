"""Commands that are asked for together travel together, and each caller gets its own answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from proxy.vault.batches import Batches


@pytest.fixture
def pipelines(valkey_client: Redis, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the pipelines that were sent."""
    sizes: list[int] = []
    make: Any = valkey_client.pipeline

    def counted(**options: Any) -> Any:
        pipeline = make(**options)
        execute = pipeline.execute

        async def noted(**how: Any) -> Any:
            sizes.append(len(pipeline.command_stack))
            return await execute(**how)

        pipeline.execute = noted
        return pipeline

    monkeypatch.setattr(valkey_client, "pipeline", counted)
    return sizes


async def test_every_caller_gets_its_own_answer(valkey_client: Redis, pipelines: list[int]) -> None:
    batches = Batches(valkey_client)
    answers = await asyncio.gather(*(batches.execute_command("ECHO", f"number {n}") for n in range(50)))
    assert answers == [f"number {n}".encode() for n in range(50)]
    assert sum(pipelines) >= 40


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
