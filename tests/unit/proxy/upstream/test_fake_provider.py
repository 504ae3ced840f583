"""The recorder that other tests lean on: it records every byte and misbehaves as told."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from anthropic.types import Message
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests import fake_provider
from tests.fake_provider import Behaviour, FakeProvider

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Grüße an PERSON_K7Q2M9XA, bitte"}]}
ECHO = "Grüße an PERSON_K7Q2M9XA, bitte"


@pytest.fixture
async def fake() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def post(http: aiohttp.ClientSession, fake: FakeProvider, path: str, **more: object) -> bytes:
    async with http.post(fake.url + path, json=ASK | more) as response:
        return await response.read()


def data_of(stream: bytes) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in stream.decode().splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


async def test_it_records_line_headers_and_body(fake: FakeProvider, http: aiohttp.ClientSession) -> None:
    async with http.post(fake.url + "/v1/x%2Fy?q=%20a", data=b"\x00\xff", headers={"X-Odd": "Value"}):
        pass
    recorded = fake.requests[0]
    assert (recorded.target, recorded.body, recorded.header("x-odd")) == ("/v1/x%2Fy?q=%20a", b"\x00\xff", "Value")
    assert b"POST /v1/x%2Fy?q=%20a HTTP/1.1\r\n" in fake.bytes_seen
    assert b"X-Odd: Value\r\n" in fake.bytes_seen
    assert fake.bytes_seen.endswith(b"\r\n\r\n\x00\xff")


async def test_it_echoes_in_openais_shape(fake: FakeProvider, http: aiohttp.ClientSession) -> None:
    fake.behaviour = Behaviour(mutate=str.upper)
    completion = ChatCompletion.model_validate_json(await post(http, fake, "/v1/chat/completions", n=2))
    assert [choice.message.content for choice in completion.choices] == [ECHO.upper()] * 2


@pytest.mark.parametrize("chunk", [0, 1, 7])
async def test_it_streams_with_usage_and_done(fake: FakeProvider, http: aiohttp.ClientSession, chunk: int) -> None:
    fake.behaviour = Behaviour(piece=2, chunk=chunk)
    raw = await post(http, fake, "/v1/chat/completions", stream=True, n=2, stream_options={"include_usage": True})
    chunks = [ChatCompletionChunk.model_validate(event) for event in data_of(raw)]
    for index in (0, 1):
        said = [c.delta.content or "" for chunk_ in chunks for c in chunk_.choices if c.index == index]
        assert "".join(said) == ECHO
    assert chunks[-1].usage is not None
    assert raw.endswith(b"data: [DONE]\n\n")


async def test_it_calls_tools_whole_and_in_pieces(fake: FakeProvider, http: aiohttp.ClientSession) -> None:
    fake.behaviour = Behaviour(tool=("send", '{"to": "PERSON_K7Q2M9XA"}'), piece=3)
    whole = json.loads(await post(http, fake, "/v1/chat/completions"))
    assert whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == '{"to": "PERSON_K7Q2M9XA"}'
    events = data_of(await post(http, fake, "/v1/chat/completions", stream=True))
    calls = [call for event in events for c in event["choices"] for call in c["delta"].get("tool_calls", [])]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"to": "PERSON_K7Q2M9XA"}'


async def test_it_mirrors_the_whole_prompt(fake: FakeProvider, http: aiohttp.ClientSession) -> None:
    fake.behaviour = Behaviour(mirror=True)
    whole = json.loads(await post(http, fake, "/v1/chat/completions"))
    assert json.loads(whole["choices"][0]["message"]["content"]) == ASK


async def test_it_speaks_anthropics_and_ollamas_dialect(fake: FakeProvider, http: aiohttp.ClientSession) -> None:
    message = Message.model_validate_json(await post(http, fake, "/v1/messages"))
    assert message.content[0].type == "text"
    assert message.content[0].text == ECHO
    events = data_of(await post(http, fake, "/v1/messages?beta=true", stream=True))
    deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert "".join(deltas) == ECHO
    lines = [json.loads(line) for line in (await post(http, fake, "/api/chat")).splitlines()]
    assert "".join(line["message"]["content"] for line in lines) == ECHO
    assert [line["done"] for line in lines][-1] is True
    plain = json.loads(await post(http, fake, "/api/chat", stream=False))
    assert plain["message"]["content"] == ECHO


async def test_errors_have_the_dialects_shape(fake: FakeProvider, http: aiohttp.ClientSession) -> None:
    fake.behaviour = Behaviour(status=400, quote_prompt=True)
    assert ECHO in json.loads(await post(http, fake, "/v1/chat/completions"))["error"]["message"]
    assert json.loads(await post(http, fake, "/v1/messages"))["type"] == "error"
    assert ECHO in json.loads(await post(http, fake, "/api/chat"))["error"]


async def test_as_a_process_it_prints_its_address_and_writes_what_arrives(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    record = tmp_path / "record"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fake_provider", "--record", str(record)),
        cwd=Path(fake_provider.__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        async with http.post(f"{url}/_behaviour", json={"text": "fixed", "status": 200}) as response:
            assert response.status == 200
        async with http.post(f"{url}/v1/chat/completions", json=ASK) as response:
            assert (await response.json())["choices"][0]["message"]["content"] == "fixed"
        assert b"PERSON_K7Q2M9XA" in record.read_bytes()
        assert b"_behaviour" not in record.read_bytes()
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
