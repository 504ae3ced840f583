from __future__ import annotations

import json
from typing import Any

from proxy.core.jsontext import parse
from proxy.dialects.signed import SignedStream, signed_texts

SIGNATURE = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"


def feed(*events: dict[str, Any]) -> list[str]:
    stream = SignedStream()
    return [text for event in events for text in stream.feed(json.dumps(event))]


def delta(index: int, **fields: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "x_delta", **fields}}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def test_signed_texts_of_a_whole_answer_are_those_with_a_signature() -> None:
    blocks = [
        {"type": "thinking", "thinking": "signed", "signature": SIGNATURE},
        {"type": "thinking", "thinking": "not signed"},
        {"type": "compaction", "content": "summary", "signature": SIGNATURE},
        {"type": "text", "text": "text", "signature": SIGNATURE},
    ]
    assert signed_texts(parse(json.dumps({"content": blocks}))) == ["signed", "summary"]


def test_a_streamed_text_is_known_when_its_signed_block_ends() -> None:
    pieces = [
        delta(0, thinking="one "),
        delta(1, thinking="other"),
        delta(0, thinking="two"),
        delta(0, signature=SIGNATURE),
    ]
    assert feed(*pieces) == []
    assert feed(*pieces, stop(1)) == []
    assert feed(*pieces, stop(1), stop(0)) == ["one two"]


def test_a_block_that_starts_with_its_thinking_counts_from_its_start() -> None:
    start = {"type": "content_block_start", "index": 3, "content_block": {"type": "thinking", "thinking": "begun"}}
    assert feed(start, delta(3, thinking=", done"), delta(3, signature=SIGNATURE), stop(3)) == ["begun, done"]


def test_what_is_no_json_and_other_events_say_nothing() -> None:
    stream = SignedStream()
    assert stream.feed("thinking {") == []
    assert stream.feed(json.dumps({"type": "message_stop", "text": "thinking"})) == []
