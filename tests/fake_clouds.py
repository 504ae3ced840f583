"""Bedrock, Vertex AI and Azure on loopback, by their documented wire formats; every request is recorded.

No recording of the real services: frames, addresses and errors are built here as their references describe them, and as
published recordings show them (`tests/cloud_shapes.py` and `tests/vertex_shapes.py` name those).
"""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from aiohttp import web

MESSAGE: dict[str, Any] = {
    "id": "msg_bdrk_01",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 7, "output_tokens": 5},
}


def frame(payload: bytes, **headers: str) -> bytes:
    """One frame of an event stream; `message_type="event"` becomes the header `:message-type`."""
    heads = b""
    for name, value in headers.items():
        key = f":{name.replace('_', '-')}".encode()
        heads += bytes([len(key)]) + key + b"\x07" + struct.pack(">H", len(value.encode())) + value.encode()
    head = struct.pack(">II", len(heads) + len(payload) + 16, len(heads))
    head += struct.pack(">I", crc32(head))
    whole = head + heads + payload
    return whole + struct.pack(">I", crc32(whole))


def chunk_frame(event: dict[str, Any], padding: str = "abcdefgh") -> bytes:
    """An event of Anthropic's as Bedrock sends it, with the padding that it has had since 2025."""
    inner = base64.b64encode(json.dumps(event).encode()).decode()
    payload = json.dumps({"bytes": inner, **({"p": padding} if padding else {})}).encode()
    return frame(payload, event_type="chunk", content_type="application/json", message_type="event")


def events_of(text: str) -> list[dict[str, Any]]:
    """The events of a streamed message, a word each."""
    words = text.split(" ")
    deltas = [word + (" " if number + 1 < len(words) else "") for number, word in enumerate(words)]
    return [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": delta}}
            for delta in deltas
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]


@dataclass
class Seen:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Given:
    """An answer as a cloud gives it."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeClouds:
    """Echoes the last user message. `refuse`: (status, error type) of the next answer; `ends`: how streams end.

    `gives`: makes the whole answer of what the user said.
    """

    url: str = ""
    gives: Callable[[str], Given] | None = None
    seen: list[Seen] = field(default_factory=list)
    refuse: tuple[int, str] | None = None
    ends: str = "well"
    piece: int = 0
    tokens: int = 0
    life: int = 3600

    @property
    def calls(self) -> list[Seen]:
        """Requests to models."""
        return [one for one in self.seen if "token" not in one.path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request of either cloud."""
        body = await request.read()
        path = request.raw_path
        self.seen.append(Seen(request.method, path, {k.lower(): v for k, v in request.headers.items()}, body))
        if path.endswith("/token"):
            self.tokens += 1
            return web.json_response({"access_token": f"ya29.made-up-{self.tokens}", "expires_in": self.life})
        if self.refuse is not None:
            (status, kind), self.refuse = self.refuse, None
            headers = {"x-amzn-errortype": kind, "x-amzn-requestid": "req-1"}
            return web.json_response({"message": "made-up refusal"}, status=status, headers=headers)
        sent = json.loads(body)
        said = sent["messages"][-1]["content"]
        text = said if isinstance(said, str) else "".join(part["text"] for part in said)
        if self.gives is not None:
            given = self.gives(text)
            headers = {"content-type": given.content_type, **given.headers}
            return await self._sent(request, given.body, headers, given.status)
        return await self._echoed(request, path, text)

    async def _echoed(self, request: web.Request, path: str, text: str) -> web.StreamResponse:
        if "/endpoints/openapi/" in path:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            return web.json_response({"id": "c", "object": "chat.completion", "model": "g", "choices": [choice]})
        if path.endswith("/invoke-with-response-stream"):
            return await self._frames(request, text)
        if path.endswith(":streamRawPredict"):
            events = (f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events_of(text))
            return await self._sent(request, b"".join(events), {"content-type": "text/event-stream"})
        whole = {**MESSAGE, "content": [{"type": "text", "text": text}]}
        return web.json_response(whole, headers={"x-amzn-requestid": "req-1"})

    async def _frames(self, request: web.Request, text: str) -> web.StreamResponse:
        frames = [chunk_frame(event) for event in events_of(text)]
        if self.ends == "exception":
            error = json.dumps({"message": "slow down"}).encode()
            frames[-2:] = [frame(error, exception_type="throttlingException", message_type="exception")]
        raw = b"".join(frames)
        raw = raw[:-9] if self.ends == "cut" else raw[:-3] + b"xyz" if self.ends == "changed" else raw
        return await self._sent(request, raw, {"content-type": "application/vnd.amazon.eventstream"})

    async def _sent(
        self, request: web.Request, raw: bytes, headers: dict[str, str], status: int = 200
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        size = self.piece or len(raw)
        for begin in range(0, len(raw), size):
            await response.write(raw[begin : begin + size])
            await asyncio.sleep(0)
        await response.write_eof()
        return response


@asynccontextmanager
async def fake_clouds() -> AsyncIterator[FakeClouds]:
    """Both clouds on a free port."""
    clouds = FakeClouds()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", clouds.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        clouds.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield clouds
    finally:
        await runner.cleanup()
