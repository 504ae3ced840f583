"""Too many exchanges at once are refused in the caller's words, and a client that does not read costs no memory."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Write to Margaret Okafor."}]}
CALLS = {
    "openai": ("/v1/chat/completions", BODY, {}),
    "anthropic": ("/v1/messages", {**BODY, "model": "claude/claude-x", "max_tokens": 9}, {"anthropic-version": "1"}),
    "ollama": ("/api/chat", {**BODY, "model": "llama/llama3"}, {}),
}


@asynccontextmanager
async def busy(gateway: Running, running: int) -> AsyncIterator[None]:
    """The gateway with so many exchanges that wait for the provider, as many as it may have at once."""
    gate = asyncio.Event()
    gateway.provider.behaviour = Behaviour(gate=gate)
    settings = gateway.gateway.services.settings.gateway
    most = settings.max_in_flight
    object.__setattr__(settings, "max_in_flight", running)
    calls = [asyncio.create_task(gateway.call("/v1/chat/completions", BODY)) for _ in range(running)]
    try:
        await until(lambda: len(gateway.provider.requests) == running)
        yield
    finally:
        gate.set()
        answers = await asyncio.gather(*calls)
        object.__setattr__(settings, "max_in_flight", most)
        assert [status for status, _, _ in answers] == [200] * running


@pytest.mark.parametrize("dialect", CALLS)
async def test_what_is_too_much_is_refused_in_the_callers_dialect(gateway: Running, dialect: str) -> None:
    path, body, headers = CALLS[dialect]
    async with busy(gateway, 3):
        status, told, raw = await gateway.call(path, body, headers=headers)
        assert (status, told["retry-after"]) == (503, "1")
        error = json.loads(raw)["error"]
        assert "busy" in (error if isinstance(error, str) else error["message"])
        assert len(gateway.provider.requests) == 3
    status, _, _ = await gateway.call("/v1/chat/completions", BODY)
    assert status == 200


async def test_health_and_metrics_answer_while_it_is_full(gateway: Running) -> None:
    async with busy(gateway, 2):
        for path in ("/healthz", "/readyz", "/metrics"):
            status, _, _ = await gateway.call(path, method="GET", key=None)
            assert status == 200
        assert await gateway.metric("sting_in_flight") == 2


OFFERED = 256 * 1024 * 1024
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"and so on, " * 1400 + b'"}}]}' + b"\n\n"


async def test_a_client_that_does_not_read_stops_the_provider(gateway: Running) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        try:
            while sent < OFFERED:
                writer.write(EVENT)
                sent += len(EVENT)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    upstream = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = upstream.sockets[0].getsockname()[1]
    providers = gateway.gateway.services.upstream._inner._providers  # type: ignore[attr-defined]
    fake = providers["fake"]
    raw = json.dumps({**BODY, "stream": True}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test-dev\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    async with upstream:
        providers["fake"] = replace(fake, base_url=f"http://127.0.0.1:{port}/v1")
        try:
            with socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2]))) as client:
                client.sendall(head.encode() + raw)
                await until(lambda: sent > 0)
                before = -1
                while before != sent:  # until nothing moves any more
                    before = sent
                    await asyncio.sleep(0.3)
                assert 0 < sent < OFFERED / 4
        finally:
            providers["fake"] = fake
    await gateway.settled()
