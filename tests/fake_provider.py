"""A provider on loopback that records every byte it is sent and answers as a test tells it to.

In process: `async with FakeProvider() as provider: ...`. As a process of its own:
`python -m tests.fake_provider --port 0 --record FILE` prints its URL and appends each request's bytes to FILE;
`POST /_behaviour` takes the fields of `Behaviour` as JSON there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.fake_adaptive import fitting
from tests.fake_anthropic import anthropic_plain, anthropic_stream
from tests.fake_batches import FakeBatches
from tests.fake_media import form_of
from tests.fake_openai import FakeOpenAI, chat_plain, chat_stream, dump, pieces
from tests.fake_sockets import talk

RECORDED_DIALECTS = {"/chat/completions": "openai", "/v1/messages": "anthropic"} | dict.fromkeys(
    ("/api/chat", "/api/generate", "/api/embed", "/api/embeddings", "/api/show"), "ollama"
)


@dataclass(frozen=True)
class Behaviour:
    """How the next answers look. Times are seconds; `gate` and `event_gate` let a test decide instead of the clock."""

    text: str | None = None  # fixed text of the answer; None: echo
    mutate: Callable[[str], str] = str  # applied to the text before it is sent
    mirror: bool = False  # echo the whole request body instead of the last user message
    tool: tuple[str, str] | None = None  # (name, arguments): answer with a tool call
    piece: int = 0  # characters per streamed delta; 0: one word each
    chunk: int = 0  # bytes per network write of a stream; 0: one event each
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error_message: str = "made-up error"
    quote_prompt: bool = False  # the error's message quotes the last user message
    raw: bytes | None = None  # this body instead of any made-up one
    content_type: str | None = None
    cut_after: int | None = None  # bytes of body after which the connection is dropped
    delay: float = 0.0  # before the first byte
    event_delay: float = 0.0  # between stream events
    gate: asyncio.Event | None = None  # waited for before the first byte
    event_gate: asyncio.Semaphore | None = None  # one permit per stream event
    never: bool = False  # never answer
    done: bool = True  # end an OpenAI stream with [DONE]
    adapts: bool = False  # call the tool that is offered, give the JSON that is asked for


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived: target is path and query, headers as raw bytes in order."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        """The request's bytes: line, headers, body."""
        lines = [f"{self.method} {self.target} HTTP/1.1".encode(), *(name + b": " + v for name, v in self.headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """First value of a header."""
        wanted = name.lower().encode()
        return next((value.decode() for key, value in self.headers if key.lower() == wanted), None)


class FakeProvider:
    """OpenAI chat, models, Anthropic messages and Ollama chat on 127.0.0.1 with a free port.

    `behaviour` holds for all requests, `once(...)` queues one for the next request only. `requests` is what arrived;
    `disconnected` is set when a client went away before its answer was complete; `answering` when a request waits.
    """

    def __init__(self, behaviour: Behaviour | None = None, *, record: Path | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.requests: list[Recorded] = []
        self.openai = FakeOpenAI()
        self.batches = FakeBatches()
        self.disconnected = asyncio.Event()
        self.answering = asyncio.Event()
        self.connections: set[object] = set()
        self._once: deque[Behaviour] = deque()
        self._record = record
        self._runner: web.AppRunner | None = None
        self._stopping = False
        self.port = 0

    @property
    def url(self) -> str:
        """Address without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bytes_seen(self) -> bytes:
        """Every byte of every request so far, but for the port in this provider's own address.

        That is a number by chance: of 2,000 postcodes that must not have left one may be the same.
        """
        port = f":{self.port}\r\n".encode()
        return b"\n".join(request.raw.replace(port, b":\r\n", 1) for request in self.requests)

    def once(self, *behaviours: Behaviour) -> None:
        """Queue behaviours, each for one request."""
        self._once.extend(behaviours)

    async def start(self, port: int = 0) -> Self:
        """Listen."""
        app = web.Application(client_max_size=256 * 2**20)
        app.router.add_post("/_behaviour", self._set_behaviour)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Drop every connection and close the port."""
        self._stopping = True
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _set_behaviour(self, request: web.Request) -> web.Response:
        given = await request.json()
        if isinstance(given.get("tool"), list):
            given["tool"] = tuple(given["tool"])
        if isinstance(given.get("raw"), str):
            given["raw"] = given["raw"].encode()
        known = {item.name for item in fields(Behaviour)} - {"mutate", "gate", "event_gate"}
        self.behaviour = Behaviour(**{name: value for name, value in given.items() if name in known})
        return web.json_response({"set": sorted(known & set(given))})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        recorded = Recorded(request.method, request.raw_path, tuple(request.raw_headers), await request.read())
        self.requests.append(recorded)
        self.connections.add(request.transport)
        if self._record is not None:
            with self._record.open("ab") as file:
                file.write(recorded.raw + b"\n")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await talk(request, self.openai, lambda: self.behaviour, partial(self._heard, request.raw_path))
        behaviour = self._once.popleft() if self._once else self.behaviour
        self.answering.set()
        try:
            return await self._respond(request, recorded, behaviour)
        except (asyncio.CancelledError, ConnectionError):
            if not self._stopping:
                self.disconnected.set()
            raise

    def _heard(self, target: str, text: str) -> None:
        """Record a message of a WebSocket."""
        self.requests.append(Recorded("WS", target, (), text.encode("utf-8", "surrogatepass")))

    async def _respond(  # noqa: PLR0911 - one way out per kind of answer
        self, request: web.Request, recorded: Recorded, how: Behaviour
    ) -> web.StreamResponse:
        if how.never:
            await asyncio.Event().wait()
        if how.gate is not None:
            await how.gate.wait()
        await asyncio.sleep(how.delay)
        parsed = _parsed(recorded.body) or form_of(recorded.body)
        how = adapted(how, parsed)
        dialect = next((name for tail, name in RECORDED_DIALECTS.items() if request.path.endswith(tail)), "openai")
        if how.raw is not None or how.status != 200:
            return await self._write(request, how, "application/json", _cut(_fixed(how, parsed, dialect), how.chunk))
        if request.path.endswith("/models"):
            models = {"object": "list", "data": [{"id": "fake-1", "object": "model", "created": 0, "owned_by": "fake"}]}
            return await self._write(request, how, "application/json", _one(dump(models)))
        if (ready := next((body for tail, body in _READY.items() if request.path.endswith(tail)), None)) is not None:
            return await self._write(request, how, "application/json", _one(dump(ready)))
        kept = self.batches.answer(recorded.method, request.path, recorded.body)
        if kept is not None:
            kind = "application/octet-stream" if kept.startswith(b'{"custom_id"') else "application/json"
            return await self._write(request, how, kind, _one(kept))
        made = self.openai.answer(recorded.method, recorded.target, parsed, how) if dialect == "openai" else None
        if isinstance(made, bytes):
            kind = "audio/mpeg" if made.startswith(b"ID3") else "text/plain; charset=utf-8"
            return await self._write(request, how, kind, _one(made))
        if made is not None:
            streamed = isinstance(made, Iterator)
            parts = _paced(made, how) if streamed else _one(dump(made))
            return await self._write(request, how, "text/event-stream" if streamed else "application/json", parts)
        streams = parsed.get("stream", dialect == "ollama")
        text = how.mutate(recorded.body.decode() if how.mirror else how.text if how.text is not None else _last(parsed))
        if streams:
            kind = "application/x-ndjson" if dialect == "ollama" else "text/event-stream"
            return await self._write(request, how, kind, _paced(_STREAMS[dialect](parsed, text, how), how))
        return await self._write(request, how, "application/json", _one(dump(_PLAIN[dialect](parsed, text, how))))

    async def _write(
        self, request: web.Request, how: Behaviour, kind: str, parts: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        headers = {"Content-Type": how.content_type or kind, "x-request-id": "req-fake-1"}
        response = web.StreamResponse(status=how.status, headers=headers | how.headers)
        whole = [part async for part in parts] if kind == "application/json" else None
        if whole is not None:
            response.content_length = sum(map(len, whole))
        await response.prepare(request)
        left = how.cut_after
        for_sending = _replay(whole) if whole is not None else parts
        async for piece in for_sending:
            sent = piece if left is None else piece[:left]
            if sent:
                await response.write(sent)
            if left is not None:
                left -= len(sent)
                if left <= 0:
                    if request.transport is not None:
                        request.transport.close()
                    return response
        await response.write_eof()
        return response


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _cut(data: bytes, size: int) -> AsyncIterator[bytes]:
    """The data in writes of so many bytes; 0: at once."""
    for start in range(0, len(data), size or len(data) or 1):
        yield data[start : start + (size or len(data))]
        await asyncio.sleep(0)


async def _replay(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def _paced(events: Iterator[bytes], how: Behaviour) -> AsyncIterator[bytes]:
    """The events in writes of `how.chunk` bytes, or one each, at the pace that the behaviour wants."""
    if how.chunk:
        whole = b"".join(events)
        for start in range(0, len(whole), how.chunk):
            yield whole[start : start + how.chunk]
            await asyncio.sleep(0)  # lets each write leave as a read of its own where the kernel allows it
        return
    for event in events:
        if how.event_gate is not None:
            await how.event_gate.acquire()
        yield event
        await asyncio.sleep(how.event_delay)


def adapted(how: Behaviour, asked: dict[str, Any]) -> Behaviour:
    """What a behaviour that adapts comes to for this request."""
    if not how.adapts:
        return how
    tool, text = fitting(asked)
    return replace(how, tool=tool, text=text)


def _parsed(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        value = json.loads(body)
        if isinstance(value, dict):
            return value
    return {}


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def _last(parsed: dict[str, Any]) -> str:
    """Text of the last user message, or the prompt."""
    if isinstance(parsed.get("prompt"), str):
        return str(parsed["prompt"])
    messages = [message for message in parsed.get("messages", []) if message.get("role") == "user"]
    return _text_of(messages[-1].get("content")) if messages else ""


def _fixed(how: Behaviour, parsed: dict[str, Any], dialect: str) -> bytes:
    """A raw body, or an error in the dialect's shape."""
    if how.raw is not None:
        return how.raw
    message = f"{how.error_message}: {_last(parsed)}" if how.quote_prompt else how.error_message
    if dialect == "ollama":
        return dump({"error": message})
    if dialect == "anthropic":
        return dump({"type": "error", "error": {"type": "api_error", "message": message}})
    return dump({"error": {"message": message, "type": "fake_error", "param": None, "code": "fake"}})


_LLAMA = {"name": "llama-fake:1b", "model": "llama-fake:1b", "size": 1, "digest": "d1", "details": {"family": "fake"}}
_READY: dict[str, dict[str, Any]] = {
    "/v1/messages/count_tokens": {"input_tokens": 11},
    "/api/tags": {"models": [_LLAMA | {"modified_at": "2026-01-01T00:00:00Z"}]},
    "/api/ps": {"models": [_LLAMA | {"size_vram": 1}]},
    "/api/version": {"version": "9.9.9"},
    "/api/show": {"template": "fake", "details": {"family": "fake"}, "model_info": {}, "capabilities": ["completion"]},
    "/api/embed": {"model": "fake-1", "embeddings": [[0.25, 0.5]], "prompt_eval_count": 2},
    "/api/embeddings": {"embedding": [0.25, 0.5]},
}
"""Answers that do not depend on the question, by the end of the path."""


def _ollama_answer(parsed: dict[str, Any], text: str) -> dict[str, Any]:
    return {"response": text} if "messages" not in parsed else {"message": {"role": "assistant", "content": text}}


def _ollama_plain(parsed: dict[str, Any], text: str, how: Behaviour) -> dict[str, Any]:
    answer = _ollama_answer(parsed, text)
    if how.tool:
        function = {"name": how.tool[0], "arguments": json.loads(how.tool[1])}
        answer = {"message": {"role": "assistant", "content": "", "tool_calls": [{"function": function}]}}
    head = {"model": parsed.get("model", "fake-1"), "created_at": "2026-01-01T00:00:00Z", **answer}
    return head | {"done": True, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 7}


def _ollama_stream(parsed: dict[str, Any], text: str, how: Behaviour) -> Iterator[bytes]:
    last = _ollama_plain(parsed, "", how)
    head = {"model": last["model"], "created_at": last["created_at"]}
    for piece in [] if how.tool else pieces(text, how.piece):
        yield dump(head | _ollama_answer(parsed, piece) | {"done": False}) + b"\n"
    yield dump(last) + b"\n"


_PLAIN = {"openai": chat_plain, "anthropic": anthropic_plain, "ollama": _ollama_plain}
_STREAMS = {"openai": chat_stream, "anthropic": anthropic_stream, "ollama": _ollama_stream}


async def _serve(port: int, record: Path | None) -> None:
    provider = await FakeProvider(record=record).start(port)
    print(provider.url, flush=True)  # noqa: T201  # the caller reads the port from here
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await provider.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path)
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.port, arguments.record))
