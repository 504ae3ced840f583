"""The quick way of reading events gives what reading each of them in full gives."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.jsontext import parse
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamEvent
from proxy.dialects.openai_chat import CHAT

REQUEST = parse('{"model": "m", "messages": []}')
DELTAS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(['"', "\\", "\n", '","role":"user', "\u2028", "\x00", "PERSON_", "", '"}}],"x":["']),
    ),
    max_size=12,
)


def events(deltas: list[str], *, ascii_only: bool, finish: int) -> list[str]:
    made = []
    for position, delta in enumerate(deltas):
        choice = {
            "index": 0,
            "delta": {"content": delta},
            "finish_reason": "stop" if position == finish else None,
        }
        chunk = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
        made.append(json.dumps(chunk, ensure_ascii=ascii_only))
    return [*made, "[DONE]"]


def meaning(event: StreamEvent | None) -> object:
    return None if event is None else (tuple(event.texts), tuple(event.ends), tuple(event.edits))


@given(DELTAS, st.booleans(), st.integers(0, 12))
def test_events_mean_the_same_read_quickly_and_in_full(deltas: list[str], ascii_only: bool, finish: int) -> None:  # noqa: FBT001 - hypothesis
    quick = EventReader(lambda data: CHAT.stream_event(data, REQUEST))
    for data in events(deltas, ascii_only=ascii_only, finish=finish):
        fresh = EventReader(lambda data: CHAT.stream_event(data, REQUEST))
        assert meaning(quick(data)) == meaning(fresh(data))


@given(st.text(max_size=30))
def test_a_text_that_breaks_the_json_is_not_taken_for_a_delta(inside: str) -> None:
    quick = EventReader(lambda data: CHAT.stream_event(data, REQUEST))
    whole = events(["letters"], ascii_only=False, finish=9)[0]
    quick(whole)
    raw = whole.replace("letters", inside)
    fresh = EventReader(lambda data: CHAT.stream_event(data, REQUEST))
    assert meaning(quick(raw)) == meaning(fresh(raw))


def test_a_byte_order_mark_before_a_stream_hides_no_event() -> None:
    mark = b"\xef\xbb\xbf"
    for ending in (b"\n", b"\r\n", b"\r"):
        for line in (b"data: one", b"data:one", b"event: x" + ending + b"data: one"):
            (event,) = EventSplitter().feed(mark + line + ending * 2)
            assert event.data == "one"
            assert event.with_data("two") == event.raw.replace(b"data:one", b"data: one").replace(b"one", b"two")
