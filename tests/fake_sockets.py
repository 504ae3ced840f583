"""OpenAI's WebSockets for `FakeProvider`: what is said is echoed in the events of the Responses and Realtime APIs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import WSMsgType, web

from tests.fake_openai import FakeOpenAI, Wanted

_USAGE = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}


async def talk(
    request: web.Request, openai: FakeOpenAI, how: Callable[[], Wanted], record: Callable[[str], None]
) -> web.WebSocketResponse:
    """Answer an upgrade, and each event with what the API sends for it; `close` as a text breaks the connection."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    items: list[Any] = []
    if request.path.endswith("/realtime"):
        await socket.send_json({"type": "session.created", "event_id": "event_0", "session": {"type": "realtime"}})
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            break
        record(message.data)
        event = json.loads(message.data)
        if request.path.endswith("/realtime"):
            made = _realtime(event, items, how())
        else:
            made = (json.loads(_data(raw)) for raw in openai._response(event | {"stream": True}, how()))
        for answer in made:
            if how().text == "close" and answer["type"].endswith("delta"):
                assert request.transport is not None
                request.transport.close()
                return socket
            await socket.send_str(json.dumps(answer, indent=1))
    return socket


def _data(raw: bytes) -> str:
    return raw.decode().partition("data: ")[2]


def _realtime(event: dict[str, Any], items: list[Any], how: Wanted) -> Iterator[dict[str, Any]]:
    kind = event["type"]
    if kind == "session.update":
        yield {"type": "session.updated", "event_id": "event_1", "session": event["session"]}
    elif kind == "conversation.item.create":
        items.append(event["item"])
        yield {"type": "conversation.item.done", "event_id": "event_2", "item": event["item"]}
    elif kind == "response.create":
        text = " ".join(part["text"] for item in items for part in item["content"])
        name = "response.output_audio.delta" if how.text == "speak" else "response.output_text.delta"
        place = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
        yield {"type": "response.created", "event_id": "event_3", "response": {"id": "resp_1", "output": []}}
        for start in range(0, len(text), how.piece or 3):
            yield {"type": name, **place, "delta": text[start : start + (how.piece or 3)]}
        yield {"type": "response.output_text.done", **place, "text": text}
        said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
        yield {"type": "response.done", "response": {"id": "resp_1", "output": [said], "usage": _USAGE}}
