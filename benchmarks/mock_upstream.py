r"""A provider for benchmarks: answers chat completions at once, plain or streamed; the model says with what.

- `bench`: a fixed text; `bench-hold`: the same, and a stream waits behind its first event.
- `bench-echo`: the last user message, as it came; `bench-gate`: the same, and a stream waits behind its first event
  until `POST /gate`.
- `bench-kept`: the last user message, streamed three characters at a time, and `GET /kept` tells the bodies of such
  requests; `-lower`, `-bare` (no brackets) and `-escaped` (`\_`) behind it change the message as models do.
- `bench-flood`: a stream of so many MiB as the last user message says; `GET /flooded` tells how many bytes went out.
- `bench-fail`: status 500.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvloop
from aiohttp import web

HOLD_SECONDS = 2.0
"""How long a stream of the model `bench-hold` waits behind its first event."""
TEXT = "Thank you for the message. The order is on its way and will arrive within three days. " * 2
MIB = 1 << 20


def _plain(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1,
            "model": "bench",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 80, "completion_tokens": 30, "total_tokens": 110},
        }
    ).encode()


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    return b"data: " + json.dumps({**chunk, "choices": [choice]}).encode() + b"\n\n"


def _events(pieces: list[str]) -> list[bytes]:
    told = [_chunk({"content": piece}) for piece in pieces]
    return [_chunk({"role": "assistant", "content": ""}), *told, _chunk({}, "stop"), b"data: [DONE]\n\n"]


PLAIN, EVENTS = _plain(TEXT), _events([word + " " for word in TEXT.split()])
CHANGES: dict[str, Callable[[str], str]] = {
    "": str,
    "-lower": str.lower,
    "-bare": lambda text: re.sub(r"[<>\[\]]", "", text),
    "-escaped": lambda text: text.replace("_", "\\_"),
}
PIECE = _chunk({"content": "and so on, " * 1400})


class Provider:
    """What it was asked, and what holds streams back."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.gate = asyncio.Event()
        self.flooded = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One chat completion."""
        body = await request.read()
        if b'"bench-' not in body:  # the quick way: nothing is parsed
            streams = b'"stream":true' in body or b'"stream": true' in body
            return await self._streamed(request, EVENTS) if streams else _json(PLAIN)
        asked = json.loads(body)
        model = asked["model"]
        if model == "bench-fail":
            return _json(b'{"error": {"message": "out of order", "type": "server_error"}}', status=500)
        text = _last(asked)
        if model.startswith("bench-kept"):
            self.kept.append(body.decode())
            text = CHANGES[model.removeprefix("bench-kept")](text)
        if model == "bench-flood":
            return await self._flood(request, int(text) * MIB)
        fixed = model == "bench-hold"
        if not asked.get("stream"):
            return _json(PLAIN if fixed else _plain(text))
        if model.startswith("bench-kept"):
            pieces = [text[at : at + 3] for at in range(0, len(text), 3)]
            return await self._streamed(request, _events(pieces))
        return await self._streamed(request, EVENTS if fixed else _events([word + " " for word in text.split()]), model)

    async def _streamed(self, request: web.Request, events: list[bytes], model: str = "") -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the gateway left, because its client did
            for number, event in enumerate(events):
                if number == 1 and model == "bench-hold":
                    await asyncio.sleep(HOLD_SECONDS)
                if number == 1 and model == "bench-gate":
                    await self.gate.wait()
                await response.write(event)
            await response.write_eof()
        return response

    async def _flood(self, request: web.Request, wanted: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        sent = 0
        with suppress(ConnectionError):
            while sent < wanted:
                await response.write(PIECE)
                sent += len(PIECE)
                self.flooded += len(PIECE)
            await response.write(b"data: [DONE]\n\n")
            await response.write_eof()
        return response

    async def open_gate(self, _: web.Request) -> web.Response:
        """Let the streams that wait go on, and make later ones wait again."""
        self.gate.set()
        self.gate = asyncio.Event()
        return _json(b"{}")

    async def tell(self, _: web.Request) -> web.Response:
        """The bodies since the last such question."""
        kept, self.kept = self.kept, []
        return _json(json.dumps(kept).encode())

    async def tell_flooded(self, _: web.Request) -> web.Response:
        """Bytes that went out in floods."""
        return _json(str(self.flooded).encode())


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")


def _last(asked: dict[str, Any]) -> str:
    """The last user message, whose content may be a string or parts."""
    content = next(message["content"] for message in reversed(asked["messages"]) if message["role"] == "user")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


async def main() -> None:
    """Listen on a free port, print it, serve until killed."""
    provider = Provider()
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/v1/chat/completions", provider.answer)
    app.router.add_post("/chat/completions", provider.answer)
    app.router.add_post("/gate", provider.open_gate)
    app.router.add_get("/kept", provider.tell)
    app.router.add_get("/flooded", provider.tell_flooded)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
