"""What a stream keeps does not grow with its length."""

from __future__ import annotations

import json

from proxy.core.jsontext import parse
from proxy.core.restorer import Originals, RestoreTally
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamRestorer
from proxy.core.tokens import mint
from proxy.dialects.openai_chat import CHAT

REQUEST = parse('{"model": "m", "messages": []}')
NAME = "Margaret Okafor"
TOKEN = mint(b"k" * 32, "PERSON", NAME, NAME)
WORDS = f"The order of {TOKEN} will arrive in Perth on Person street, per PERSON_ and more ".split(" ")


def event(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return b"data: " + json.dumps({"id": "c", "choices": [choice]}).encode() + b"\n\n"


def test_a_stream_of_20_000_events_never_keeps_more_than_a_token_s_worth() -> None:
    stream = StreamRestorer(
        EventReader(lambda data: CHAT.stream_event(data, REQUEST)), Originals({TOKEN: NAME}), RestoreTally()
    )
    splitter = EventSplitter()
    most = sent = 0
    for number in range(20_000):
        word = WORDS[number % len(WORDS)]
        for piece in (word[: len(word) // 2], word[len(word) // 2 :] + " "):
            for raw in splitter.feed(event(piece)):
                sent += len(stream.feed(raw))
                most = max(most, len(stream._queue))
    sent += len(stream.finish())
    assert sent == 40_000
    assert most <= 8
    assert len(stream._channels) <= 1
    assert splitter.rest() == b""
