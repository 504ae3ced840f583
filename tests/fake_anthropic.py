"""Anthropic's messages for `FakeProvider`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.fake_openai import Wanted, dump, pieces


def anthropic_plain(parsed: dict[str, Any], text: str, how: Wanted) -> dict[str, Any]:
    """A whole message."""
    block: dict[str, Any] = {"type": "text", "text": text}
    if how.tool:
        block = {"type": "tool_use", "id": "toolu_fake1", "name": how.tool[0], "input": json.loads(how.tool[1])}
    return {
        "id": "msg_fake1",
        "type": "message",
        "role": "assistant",
        "model": parsed.get("model", "fake-1"),
        "content": [block],
        "stop_reason": "tool_use" if how.tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 7},
    }


def anthropic_stream(parsed: dict[str, Any], text: str, how: Wanted) -> Iterator[bytes]:
    """The events of a message with one block."""

    def event(name: str, **data: object) -> bytes:
        return b"event: " + name.encode() + b"\ndata: " + dump({"type": name} | data) + b"\n\n"

    plain = anthropic_plain(parsed, text, how)
    block = plain["content"][0]
    empty: dict[str, Any] = {"input": {}} if how.tool else {"text": ""}
    yield event("message_start", message=plain | {"content": [], "stop_reason": None})
    yield event("content_block_start", index=0, content_block=block | empty)
    yield event("ping")
    for piece in pieces(how.tool[1] if how.tool else text, how.piece):
        kind = (
            {"type": "input_json_delta", "partial_json": piece} if how.tool else {"type": "text_delta", "text": piece}
        )
        yield event("content_block_delta", index=0, delta=kind)
    yield event("content_block_stop", index=0)
    ending = {"stop_reason": plain["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=ending, usage={"output_tokens": 7})
    yield event("message_stop")
