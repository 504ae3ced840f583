"""Connections to providers: bounded, kept while they are good, closed when they are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from proxy.upstream.base import Provider, ProviderFailed, Timeouts, UpstreamRequest
from proxy.upstream.client import HttpClient
from tests.fake_provider import Behaviour, FakeProvider

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'
STREAM = BODY.replace(b'"model"', b'"stream": true, "model"')
LIMIT = 1_000_000


def at(url: str, connect: float = 5) -> Provider:
    return Provider("fake", "openai", f"{url}/v1", "sk-x", timeouts=Timeouts(connect=connect, answer=10, idle=5))


def chat(body: bytes = BODY, **headers: str) -> UpstreamRequest:
    return UpstreamRequest("POST", "/v1/chat/completions", "", {"Content-Type": "application/json", **headers}, body)


@asynccontextmanager
async def client_of(**options: float) -> AsyncIterator[HttpClient]:
    client = HttpClient((), **options)  # type: ignore[arg-type] # both numbers
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def served(answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """The URL of a server that does what `answer` does with each connection."""
    running: list[asyncio.Task[None]] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.append(task)
        await answer(reader, writer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*running, return_exceptions=True)


async def test_who_finds_no_room_waits_and_is_refused_in_time() -> None:
    async with FakeProvider() as fake, client_of(connections=1) as client:
        fake.once(Behaviour(event_gate=asyncio.Semaphore(1)))
        first = await client.send(at(fake.url), chat(STREAM))
        with pytest.raises(ProviderFailed) as caught:
            await client.send(at(fake.url, connect=0.05), chat())
        assert caught.value.kind == "connect"
        waiting = asyncio.create_task(client.send(at(fake.url), chat()))
        await asyncio.sleep(0)
        first.close()
        answer = await asyncio.wait_for(waiting, 5)
        assert answer.status == 200
        answer.close()


async def test_what_follows_an_answer_unasked_closes_the_connection() -> None:
    made = 0

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        made += 1
        while (await reader.read(1 << 16)).endswith(b"]}"):
            good = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            writer.write(good + (good.replace(b"{}", b"[]") if made == 1 else b""))

    async with served(babble) as url, client_of() as client:
        for _ in range(3):
            assert await (await client.send(at(url), chat())).body(LIMIT) == b"{}"
    assert made == 2


async def test_an_interim_answer_is_not_the_answer() -> None:
    async def hinting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'"}]}')
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with served(hinting) as url, client_of() as client:
        answer = await client.send(at(url), chat())
        assert (answer.status, await answer.body(LIMIT)) == (200, b"{}")


@pytest.mark.parametrize("value", ["a\r\nX-Own: 1", "a\nb", "a\rb", "a\0b"])
async def test_a_header_that_would_break_the_request_is_not_sent(value: str) -> None:
    async with FakeProvider() as fake, client_of() as client:
        with pytest.raises(ProviderFailed):
            await client.send(at(fake.url), replace(chat(), credential=value))
        assert not fake.requests
        await client.send(at(fake.url), chat(**{"User-Agent": value}))
        assert fake.requests[-1].header("user-agent") != value
        assert fake.requests[-1].header("x-own") is None


async def test_a_connection_that_nobody_uses_is_closed() -> None:
    async with FakeProvider() as fake, client_of(keep_alive=0.05) as client:
        await (await client.send(at(fake.url), chat())).body(LIMIT)
        async with asyncio.timeout(5):
            while client._connections._waiting:  # noqa: ASYNC110 - the sweep has no event
                await asyncio.sleep(0.01)
        assert (await (await client.send(at(fake.url), chat())).body(LIMIT)).startswith(b"{")
        assert len(fake.connections) == 2
