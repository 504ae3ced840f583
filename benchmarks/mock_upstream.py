"""A provider for benchmarks: answers chat completions at once with a fixed text, plain or streamed."""

from __future__ import annotations

import asyncio
import json

import uvloop
from aiohttp import web

HOLD_SECONDS = 2.0
"""How long a stream of the model `bench-hold` waits behind its first event."""
TEXT = "Thank you for the message. The order is on its way and will arrive within three days. " * 2
PLAIN = json.dumps(
    {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1,
        "model": "bench",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 80, "completion_tokens": 30, "total_tokens": 110},
    }
).encode()


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
    return b"data: " + json.dumps({**chunk, "choices": [choice]}).encode() + b"\n\n"


EVENTS = [
    _chunk({"role": "assistant", "content": ""}),
    *(_chunk({"content": word + " "}) for word in TEXT.split()),
    _chunk({}, "stop"),
    b"data: [DONE]\n\n",
]


async def answer(request: web.Request) -> web.StreamResponse:
    """One chat completion."""
    body = await request.read()
    if b'"stream":true' not in body and b'"stream": true' not in body:
        return web.Response(body=PLAIN, content_type="application/json")
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for number, event in enumerate(EVENTS):
        if number == 1 and b"bench-hold" in body:
            await asyncio.sleep(HOLD_SECONDS)
        await response.write(event)
    await response.write_eof()
    return response


async def main() -> None:
    """Listen on a free port, print it, serve until killed."""
    app = web.Application(client_max_size=1 << 26)
    app.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
