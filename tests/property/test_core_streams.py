"""Streams: any cut of the bytes gives the same events, and the deltas together are the answer restored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy.core.jsontext import parse
from proxy.core.jsonwriting import JsonWriting
from proxy.core.ndjson import LineSplitter
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.sse import MAX_EVENT, Ending, EventSplitter, EventTooLong, RawEvent
from proxy.core.streams import EventReader, StreamRestorer
from proxy.dialects.openai_chat import CHAT
from tests.property.core_cases import ISSUED, PARTS, VOCABULARY, answers, bounded, cut, token_of

REQUEST = parse('{"model":"m"}')
TOKEN = token_of("K7Q2M9X")
QUOTED = 'Jane "JD" Doe\\\n\U0001f600'


def _split(stream: bytes, sizes: Sequence[int]) -> list[RawEvent]:
    splitter = EventSplitter()
    events: list[RawEvent] = []
    position, turn = 0, 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        events += splitter.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    rest = splitter.rest()
    assert b"".join(event.raw for event in events) + rest == stream
    return events


sse_bytes = st.lists(
    st.one_of(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"data:", b"data: x", b"data", b": hi", b"\xff", b"\xe2\x80\xa8"]),
        st.binary(max_size=3),
    ),
    max_size=20,
).map(b"".join)


@bounded(300)
@given(sse_bytes, st.lists(st.integers(1, 5), min_size=1, max_size=5))
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [1])
@example(b"data: a\r\r\n\ndata: b\n\n", [1])
@example(b"data: a\r\n\r\n\r\n\r\ndata: b\n\n", [1])
def test_however_bytes_are_cut_the_events_are_the_same(stream: bytes, sizes: list[int]) -> None:
    whole = _split(stream, [len(stream) + 1])
    for cuts in (sizes, [1]):
        assert [event.data for event in _split(stream, cuts)] == [event.data for event in whole]


_LAST = st.sampled_from(
    [b'data: {"a":[1]}', b"data: [DONE]", b"event: x\ndata: {}", b": hi", b'data: {"a"', b"data: 1.", b""]
)


@bounded(200)
@given(
    st.lists(st.sampled_from([b"data: {}\n\n", b"data: 1\r\n\r\n", b": x\n\n"]), max_size=4),
    _LAST,
    st.sampled_from([b"", b"\n", b"\r\n", b"\n\n"]),
    st.integers(1, 9),
)
def test_a_last_event_that_is_whole_is_ended(before: list[bytes], last: bytes, end: bytes, size: int) -> None:
    ending, stream = Ending(lines=False), b"".join(before) + last + end
    for start in range(0, len(stream), size):
        ending.feed(stream[start : start + size])
    splitter = EventSplitter()
    wanted = [event.data for event in EventSplitter().feed(b"".join(before) + last + b"\n\n")]
    came = [event.data for event in splitter.feed(stream + ending.missing())]
    broken = last in (b'data: {"a"', b"data: 1.") and end != b"\n\n"
    assert came == (wanted[:-1] if broken else wanted if last else wanted[: len(came)])
    assert bool(splitter.rest().strip()) == broken


@bounded(200)
@given(sse_bytes, st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_however_bytes_are_cut_the_lines_are_the_same(stream: bytes, sizes: list[int]) -> None:
    whole = LineSplitter()
    expected = whole.feed(stream)
    for cuts in (sizes, [1]):
        splitter = LineSplitter()
        pieces = [piece.encode("latin-1") for piece in cut(stream.decode("latin-1"), cuts)]
        lines = [line for piece in pieces for line in splitter.feed(piece)]
        assert lines == expected
        assert splitter.rest() == whole.rest()


def test_separators_of_unicode_end_no_line() -> None:
    (event,) = _split("data: a\u2028b\u0085c\n\n".encode(), [1])
    assert event.data == "a\u2028b\u0085c"


def test_an_endless_event_is_cut_off() -> None:
    for splitter in (EventSplitter(), LineSplitter()):
        splitter.feed(b"x" * MAX_EVENT)
        with pytest.raises(EventTooLong):
            splitter.feed(b"x")


def test_other_data_is_written_line_by_line_and_everything_else_stays() -> None:
    raw = b': hi\r\nevent: e\r\ndata: {"a":\r\ndata: 1}\r\nid: 7\r\n\r\n'
    (event,) = _split(raw, [len(raw)])
    assert event.data == '{"a":\n1}'
    assert event.with_data('{"a":\n2}') == raw.replace(b"1", b"2")[:0] + (
        b': hi\r\nevent: e\r\ndata: {"a":\r\ndata: 2}\r\nid: 7\r\n\r\n'
    )


mixed_lines = st.lists(
    st.tuples(st.sampled_from((b"data: a", b"data: b", b"id: 7", b":")), st.sampled_from((b"\n", b"\r", b"\r\n"))),
    min_size=1,
    max_size=6,
)


@bounded(200)
@given(mixed_lines)
def test_other_data_in_lines_of_mixed_endings_is_one_event(lines: list[tuple[bytes, bytes]]) -> None:
    raw = b"".join(line + ending for line, ending in lines) + b"\n\n"
    for event in _split(raw, [len(raw)]):
        if event.data is not None:
            (again,) = _split(written := event.with_data("other"), [len(written)])
            assert again.data == "other"


def test_bytes_that_are_no_utf_8_survive_a_change_beside_them() -> None:
    raw = b'data: {"bad":"\xff\xfe","choices":[{"index":0,"delta":{"content":"' + TOKEN.encode() + b'"}}]}\n\n'
    out, _ = _restored([raw], Originals({TOKEN: "Jane"}))
    assert out == [raw.replace(TOKEN.encode(), b"Jane")]


def _restored(
    chunks: Sequence[bytes], originals: Originals, store: dict[str, str] | None = None
) -> tuple[list[bytes], StreamRestorer]:
    """The events that leave, one by one, the last of them at the end of the stream."""
    stream = StreamRestorer(EventReader(lambda data: CHAT.stream_event(data, REQUEST)), originals, RestoreTally())
    splitter = EventSplitter()
    out: list[bytes] = []

    def answered() -> None:
        while stream.wanted:
            out.extend(stream.supply({token: store[token] for token in stream.wanted if store and token in store}))

    for chunk in chunks:
        events = splitter.feed(chunk)
        position = 0
        while position < len(events):
            passing = stream.passing(events, position)
            out += [event.raw for event in events[position : position + passing]]
            if not passing:
                out += stream.feed(events[position])
                answered()
            position += passing or 1
    out += stream.finish()
    answered()
    return out, stream


def _chunk(choice: int, delta: dict[str, Any], end: str | None = None) -> bytes:
    choices = [{"index": choice, "delta": delta, "finish_reason": end}]
    return b"data: " + json.dumps({"id": "chatcmpl-1", "choices": choices}).encode() + b"\n\n"


def _stream(text: str, arguments: str, sizes: Sequence[int], *, done: bool = True) -> list[bytes]:
    """Two choices, interleaved: the text of one, a tool call with the arguments of the other."""
    events = [_chunk(0, {"role": "assistant", "content": ""}), b": keep-alive\n\n", _chunk(1, {"role": "assistant"})]
    call = {"index": 0, "id": "call_abc", "type": "function", "function": {"name": "send", "arguments": ""}}
    events.append(_chunk(1, {"tool_calls": [call]}))
    left, right = cut(text, sizes), cut(arguments, sizes)
    for position in range(max(len(left), len(right))):
        if position < len(left):
            events.append(_chunk(0, {"content": left[position]}))
        if position < len(right):
            events.append(_chunk(1, {"tool_calls": [{"index": 0, "function": {"arguments": right[position]}}]}))
        if position % 5 == 0:
            events.append(_chunk(0, {"content": ""}))
    if done:
        events += [_chunk(0, {}, "stop"), _chunk(1, {}, "tool_calls")]
        events.append(b'data: {"id":"chatcmpl-1","choices":[],"usage":{"completion_tokens":2}}\r\n\r\n')
        events.append(b"data: [DONE]\n\n")
    return events


def _texts(events: Sequence[bytes]) -> tuple[str, str]:
    """What the client puts together: content of choice 0, arguments of choice 1."""
    content = arguments = ""
    for raw in events:
        (event,) = _split(raw, [len(raw)])
        if event.data is None or event.data == "[DONE]":
            continue
        for choice in json.loads(event.data)["choices"]:
            content += choice["delta"].get("content", "")
            for call in choice["delta"].get("tool_calls", ()):
                arguments += call["function"]["arguments"]
    return content, arguments


def _arguments(*, nested: bool) -> str:
    inner = {"to": TOKEN, "text": f'for {TOKEN.lower()} \\ "x"\n'}
    return json.dumps({"payload": json.dumps(inner), "list": [TOKEN]} if nested else inner)


@bounded(120)
@given(answers, st.lists(st.integers(1, 9), min_size=1, max_size=4), st.tuples(*[st.booleans()] * 3))
def test_deltas_together_are_the_answer_restored(
    text: str, sizes: list[int], switches: tuple[bool, bool, bool]
) -> None:
    nested, done, look_up = switches
    text, arguments = text.replace("\ud83d", ""), _arguments(nested=nested)
    store = {**ISSUED, TOKEN: QUOTED}
    events = _stream(text, arguments, sizes, done=done)
    originals = Originals({}, VOCABULARY) if look_up else Originals(store)
    out, stream = _restored(events, originals, store)
    assert len(out) == len(events) == stream.events
    for before, after in zip(events, out, strict=True):
        assert before == after or b"delta" in before
    content, restored_arguments = _texts(out)
    assert content == restore(text, Originals(store), RestoreTally())
    assert restored_arguments == restore(arguments, Originals(store), RestoreTally(), JsonWriting())
    values = json.loads(restored_arguments)
    assert (json.loads(values["payload"]) if nested else values)["to"] == QUOTED


def test_the_stream_may_be_cut_at_every_byte() -> None:
    text = f"Dear {TOKEN}, {TOKEN.lower()} {TOKEN[:9]} \u2028end {TOKEN}"
    stream = b"".join(_stream(text, _arguments(nested=False), [11]))
    originals = Originals({TOKEN: QUOTED})
    expected, _ = _restored([stream], originals)
    data = [event.data for event in _split(stream, [len(stream)])]
    for place in range(len(stream)):
        splitter = EventSplitter()
        events = splitter.feed(stream[:place]) + splitter.feed(stream[place:])
        assert [event.data for event in events] == data
        if place % 50 == 0:
            out, _ = _restored([stream[:place], stream[place:]], originals)
            assert b"".join(out) == b"".join(expected)
    out, _ = _restored([stream[place : place + 1] for place in range(len(stream))], originals)
    assert (len(out), b"".join(out)) == (len(expected), b"".join(expected))


def test_an_event_in_which_nothing_changes_leaves_as_the_very_bytes() -> None:
    odd = 'event:x\r\ndata:  { "choices" : [ {"delta":{"content":"\\u0050 caf\\u00e9 1.0"},"index":0.0} ] }\r\n\r\n'
    raw = odd.encode()
    assert _restored([raw, b"data: [DONE]\n\n"], Originals({TOKEN: "Jane"}))[0] == [raw, b"data: [DONE]\n\n"]


@pytest.mark.parametrize("cut_off", range(1, 15))
def test_a_stream_that_breaks_off_in_a_token_gives_all_it_held(cut_off: int) -> None:
    events = [_chunk(0, {"content": "Dear "}), _chunk(0, {"content": TOKEN[:cut_off]}), b": ping\n\n"]
    out, _ = _restored(events, Originals({TOKEN: "Jane"}))
    assert out == events


def test_the_token_s_original_stands_in_the_event_in_which_the_token_ends() -> None:
    events = [_chunk(0, {"content": part}) for part in ("Hi ", TOKEN[:4], TOKEN[4:10], TOKEN[10:] + "!", " Bye")]
    out, stream = _restored(events, Originals({TOKEN: "Jane"}))
    assert [json.loads(raw[6:])["choices"][0]["delta"]["content"] for raw in out] == ["Hi ", "", "", "Jane!", " Bye"]
    assert stream.held_events == 2


def test_other_channels_wait_behind_a_held_event_in_their_order() -> None:
    stream = StreamRestorer(
        EventReader(lambda data: CHAT.stream_event(data, REQUEST)), Originals({TOKEN: "Jane"}), RestoreTally()
    )
    events = [_chunk(0, {"content": "PERS"}), _chunk(1, {"content": "free"}), b": ping\n\n"]
    parsed = [_split(raw, [len(raw)])[0] for raw in events]
    assert [stream.feed(event) for event in parsed] == [[], [], []]
    last = _chunk(0, {"content": "PECTIVE"})
    assert stream.feed(_split(last, [len(last)])[0]) == [*events, last]


def test_a_text_that_is_looked_up_at_its_end_does_not_run_into_the_next_of_its_name() -> None:
    """An error message ends with its event; the look-up comes later."""
    raw = b'data: {"error":{"message":"PERSON_%s"}}\n\n' % TOKEN[-8:].encode()
    half = b'data: {"error":{"message":"%s"}}\n\n' % TOKEN[:9].encode()
    other = b'data: {"error":{"message":"%s"}}\n\n' % TOKEN[9:].encode()
    out, _ = _restored([raw, half, other, raw], Originals({}, VOCABULARY), {TOKEN: "Jane"})
    assert out == [raw.replace(TOKEN.encode(), b"Jane"), half, other, raw.replace(TOKEN.encode(), b"Jane")]


# --- how much is held on ordinary prose ------------------------------------------------------------------------------

_SENTENCES = """
The committee met on a grey morning and nobody expected much of it. Dear colleagues, the chair began, please read the
report before you put your questions. A person who had not read it said that the order of the pages was wrong. It was
not; the printer had put the appendix first. The date of the next meeting was moved because a lot of people were away.
Locations of the three workshops are listed at the end, and each location has its own phone and its own key. In my
opinion the organisation should spend less on paper and more on heating. Let us start with what we know: usage rises in
the evening, falls at night, and is flat during the day. Medical staff asked for a longer break, and the national
holiday made it possible. Emails that arrive after six are answered on the next day, unless they are urgent. The bank
closed its branch in the village, so the shop now takes deposits, cash and complaints. Passports and licences are
checked at the door. I would rather see a simple plan that works than a clever one that does not. Use the table below
to compare the two offers; the first one is cheaper, the second one is faster, and neither includes delivery. Once the
water boils, add salt, then the pasta, and stir now and then. Everyone agreed that the new address book was easier to
use. She wrote the letter twice, threw both copies away and phoned instead. Perhaps the most useful lesson is that
small steps, taken every week, add up. Credit goes to the night shift, whose careful notes made the repair possible.
Under the old rules a driver had to wait for an hour; under the new ones ten minutes are enough. If the number is not
in the list, ask again: numbers change more often than names do. Cryptography is hard to explain at dinner, but a
locked box and two keys will do. The user is not the customer, and the customer is not always right. Urban gardens need
sun, water and patience, in that order. He had a dry sense of humour and an excellent memory for faces and places.
""".split()


def test_at_most_one_event_in_twenty_is_held_on_prose() -> None:
    types = sorted(VOCABULARY | {"LOCATION", "ORGANIZATION", "IP_ADDRESS", "CREDIT_CARD", "MEDICAL_LICENSE", "URL"})
    words = [word for turn in range(9) for word in _SENTENCES[turn:] + _SENTENCES[:turn]][:3000]
    tokens = [token_of(f"{number:07}", types[number % len(types)]) for number in range(30)]
    assert len(words) == 3000
    prose = " ".join(
        f"{word} {tokens[place // 100]}" if place % 100 == 50 else word for place, word in enumerate(words)
    )
    pieces = PARTS.findall(prose)
    assert "".join(pieces) == prose
    ordinary = [_chunk(0, {"content": piece}) for piece in PARTS.findall(" ".join(words))]
    originals = Originals(dict.fromkeys(tokens, "somebody"))
    _, plain = _restored(ordinary, originals)  # each event by itself: what comes together holds less
    out, _ = _restored([b"".join(_chunk(0, {"content": piece}) for piece in pieces)], originals)
    assert _texts(out)[0].count("somebody") == 30
    assert 0 < plain.held_events / plain.events <= 0.05
