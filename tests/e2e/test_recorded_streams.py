"""Recorded streams of all dialects, in writes of 1, 7 and 64 bytes, give the same events through the gateway."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.unit.proxy.dialects.golden_streams import recorded

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "Margaret Okafor"
_PLACES = ("index", "output_index", "content_index", "summary_index", "command_index")
_SHELL = "response.shell_call_command"
_BEGINNINGS = {(f"{_SHELL}.added", ("command",)): (f"{_SHELL}.delta", ("delta",))}
"""Fields that later events go on with under another name."""
_TURN = [{"role": "user", "content": NAME}]
STREAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai_chat/stream.sse": ("/v1/chat/completions", {"model": "m", "messages": _TURN}),
    "openai_responses/stream.sse": ("/v1/responses", {"model": "m", "input": NAME, "store": False}),
    "anthropic/stream.sse": ("/v1/messages", {"model": "claude/m", "max_tokens": 5, "messages": _TURN}),
    "ollama/stream.ndjson": ("/api/chat", {"model": "llama/m", "messages": _TURN}),
}


def events(stream: bytes) -> list[Any]:
    lines = [line.removeprefix(b"data: ") for line in stream.splitlines()]
    return [json.loads(line) for line in lines if line.startswith(b"{")]


def strings(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str]]:
    """The strings with their paths; choices and calls go by the index that they carry."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from strings(inner, (*path, name))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            index = inner.get("index", position) if isinstance(inner, dict) else position
            yield from strings(inner, (*path, index))


def said(stream: bytes) -> dict[tuple[object, ...], str]:
    """What the events say, field by field, pieces put together; signed and unknown ones keep their tokens."""
    texts: dict[tuple[object, ...], str] = defaultdict(str)
    for event in events(stream):
        kind = event.get("type", "")
        place = tuple(event.get(name) for name in _PLACES)
        if kind != "an_event_of_tomorrow" and "thinking" not in json.dumps(event.get("delta", "")):
            for path, text in strings(event):
                field = _BEGINNINGS.get((kind, path), (kind, path))
                texts[*field, place] += text
    return texts


async def streamed(gateway: Running, name: str, raw: bytes, size: int) -> bytes:
    path, body = STREAMS[name]
    kind = "application/x-ndjson" if name.endswith("ndjson") else "text/event-stream"
    gateway.provider.behaviour = Behaviour(raw=raw, content_type=kind, chunk=size)
    status, _, answer = await gateway.call(path, body | {"stream": True})
    assert status == 200
    return answer


@pytest.mark.parametrize("name", STREAMS)
async def test_without_tokens_they_come_byte_by_byte(gateway: Running, name: str) -> None:
    raw = recorded(name, "Somebody")
    assert await streamed(gateway, name, raw, 64) == raw


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("name", STREAMS)
async def test_with_tokens_the_same_events_say_the_original_once(gateway: Running, name: str, size: int) -> None:
    path, body = STREAMS[name]
    await gateway.call(path, body)
    (token,) = set(re.findall(r"PERSON_[0-9A-Z]{8}", gateway.provider.requests[-1].body.decode()))
    answer = await streamed(gateway, name, recorded(name, token), size)
    direct = recorded(name, NAME)
    assert [event.get("type") for event in events(answer)] == [event.get("type") for event in events(direct)]
    assert said(answer) == said(direct)
