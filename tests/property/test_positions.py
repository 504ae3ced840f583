"""Positions of annotations: they mark the same passage before and behind the gateway, in both directions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.core.answers import restored
from proxy.core.jsontext import Document, Edit, parse, splice
from proxy.core.restorer import Originals, RestoreTally
from proxy.core.sse import EventSplitter
from proxy.core.streams import EventReader, StreamRestorer
from proxy.dialects.base import Dialect
from proxy.dialects.citations import annotations_moved
from proxy.dialects.openai_chat import CHAT
from proxy.dialects.openai_responses import RESPONSES
from tests.property.core_cases import ISSUED, bounded, cut

REQUEST = parse('{"model":"m"}')
_WORDS = ("Zoë ", "wrote. ", "(", ")\n", '"', "\\", "\U0001f600 ", "a, ")
_pieces = st.lists(st.one_of(st.sampled_from(sorted(ISSUED)), st.sampled_from(_WORDS)), min_size=1, max_size=8)
_cuts = st.lists(st.integers(1, 9), min_size=1, max_size=4)


def spread(pieces: Sequence[str]) -> list[str]:
    """The pieces with blanks between them, so that each token stands by itself."""
    return [part for piece in pieces for part in (piece, " ")]


def places(pieces: Sequence[str]) -> list[tuple[int, int]]:
    """Where each piece stands."""
    ends = [sum(map(len, pieces[: number + 1])) for number in range(len(pieces))]
    return [(end - len(piece), end) for piece, end in zip(pieces, ends, strict=True)]


def responses_note(start: int, end: int) -> dict[str, Any]:
    return {"type": "url_citation", "start_index": start, "end_index": end, "title": "t", "url": "https://a.example"}


def chat_note(start: int, end: int) -> dict[str, Any]:
    return {"type": "url_citation", "url_citation": {"start_index": start, "end_index": end, "title": "t", "url": "u"}}


def passages(text: str, notes: Sequence[dict[str, Any]]) -> list[str]:
    found = [note.get("url_citation", note) for note in notes]
    return [text[note["start_index"] : note["end_index"]] for note in found]


def streamed(dialect: Dialect, events: Sequence[dict[str, Any]], sizes: Sequence[int]) -> list[dict[str, Any]]:
    """The events behind the gateway."""
    raw = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    stream = StreamRestorer(
        EventReader(lambda data: dialect.stream_event(data, REQUEST)), Originals(ISSUED), RestoreTally()
    )
    splitter, out = EventSplitter(), list[bytes]()
    for piece in cut(raw, sizes):
        for event in splitter.feed(piece.encode()):
            out += stream.feed(event)
    return [json.loads(event.removeprefix(b"data: ")) for event in [*out, *stream.finish()]]


@bounded(80)
@given(_pieces)
def test_in_a_whole_answer(pieces: list[str]) -> None:
    parts = spread(pieces)
    wanted = [ISSUED.get(part, part) for part in parts]
    responses_notes = [responses_note(*place) for place in places(parts)]
    chat_notes = [chat_note(*place) for place in places(parts)]
    part = {"type": "output_text", "annotations": responses_notes, "text": "".join(parts)}
    message = {"content": "".join(parts), "annotations": chat_notes}
    for dialect, body in (
        (RESPONSES, {"output": [{"type": "message", "content": [part]}]}),
        (CHAT, {"choices": [{"index": 0, "message": message}]}),
    ):
        document = parse(json.dumps(body))
        text, _ = restored(document, dialect.response_texts(document, REQUEST), Originals(ISSUED))
        told = json.loads(text)
        if dialect is RESPONSES:
            (back,) = told["output"][0]["content"]
            assert passages(back["text"], back["annotations"]) == wanted
        else:
            back = told["choices"][0]["message"]
            assert passages(back["content"], back["annotations"]) == wanted


@bounded(60)
@given(_pieces, _cuts, _cuts)
def test_in_a_stream_of_responses(pieces: list[str], deltas: list[int], sizes: list[int]) -> None:
    parts = spread(pieces)
    text, notes = "".join(parts), [responses_note(*place) for place in places(parts)]
    at = {"output_index": 0, "content_index": 0, "item_id": "msg_1"}
    part = {"type": "output_text", "text": text, "annotations": notes}
    events = [{"type": "response.output_text.delta", **at, "delta": piece} for piece in cut(text, deltas)]
    events += [{"type": "response.output_text.annotation.added", **at, "annotation": note} for note in notes]
    events += [
        {"type": "response.output_text.done", **at, "text": text},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "content": [part]}},
        {"type": "response.completed", "response": {"output": [{"type": "message", "content": [part]}]}},
    ]
    out = streamed(RESPONSES, events, sizes)
    wanted = [ISSUED.get(part, part) for part in parts]
    said = "".join(event["delta"] for event in out if event["type"].endswith("text.delta"))
    assert said == "".join(wanted)
    assert passages(said, [event["annotation"] for event in out if "annotation" in event]) == wanted
    for back in (out[-3]["part"], out[-2]["item"]["content"][0], out[-1]["response"]["output"][0]["content"][0]):
        assert (back["text"], passages(said, back["annotations"])) == (said, wanted)


@bounded(60)
@given(_pieces, _cuts, _cuts)
def test_in_a_stream_of_a_chat(pieces: list[str], deltas: list[int], sizes: list[int]) -> None:
    parts = spread(pieces)
    text, notes = "".join(parts), [chat_note(*place) for place in places(parts)]
    chunks = [{"content": piece} for piece in cut(text, deltas)] + [{"annotations": notes}]
    out = streamed(CHAT, [{"choices": [{"index": 3, "delta": delta}]} for delta in chunks], sizes)
    wanted = [ISSUED.get(part, part) for part in parts]
    said = "".join(event["choices"][0]["delta"].get("content", "") for event in out)
    assert passages(said, out[-1]["choices"][0]["delta"]["annotations"]) == wanted


@bounded(60)
@given(_pieces)
def test_what_is_played_back_counts_in_the_scrambled_text(pieces: list[str]) -> None:
    parts = spread(pieces)
    originals = {original: token for token, original in ISSUED.items()}
    shown = [ISSUED.get(part, part) for part in parts]
    part = {"type": "output_text", "text": "".join(shown), "annotations": [responses_note(*p) for p in places(shown)]}
    body = parse(json.dumps({"model": "m", "input": [{"role": "assistant", "content": [part]}]}))
    (slot,) = [slot for slot in RESPONSES.request_slots(body).texts if slot.path[-1] == "text"]
    edits = [Edit(*place, originals[one]) for one, place in zip(shown, places(shown), strict=True) if one in originals]
    made = [*slot.edits_of_document(body.text, edits), *annotations_moved(body, [(slot, edits)])]
    (sent,) = json.loads(splice(body.text, made))["input"][0]["content"]
    assert sent["text"] == "".join(parts)
    assert passages(sent["text"], sent["annotations"]) == parts


def asked(index: object, kind: str = "file_citation") -> Document:
    token = next(iter(ISSUED))
    note = {"type": kind, "index": index, "file_id": "file-1", "filename": "f"}
    return parse(json.dumps({"content": [{"type": "output_text", "text": f"{token}. End", "annotations": [note]}]}))


@pytest.mark.parametrize(
    ("index", "kind", "moves"),
    [(1, "file_citation", False), (20, "file_citation", True), ("20", "file_citation", False), (20, "other", False)],
)
def test_a_lone_index_moves_when_it_counts_characters(index: object, kind: str, moves: bool) -> None:  # noqa: FBT001
    document = asked(index, kind)
    text, _ = restored(document, RESPONSES.response_texts(document, REQUEST), Originals(ISSUED))
    token, original = next(iter(ISSUED.items()))
    (note,) = json.loads(text)["content"][0]["annotations"]
    assert note["index"] == (index + len(original) - len(token) if moves else index)  # type: ignore[operator]
