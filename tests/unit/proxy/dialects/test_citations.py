from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proxy.core.jsontext import Document, Edit, parse, splice
from proxy.core.slots import TextSlot
from proxy.dialects.anthropic_messages import MESSAGES
from proxy.dialects.citations import back_to_the_original, on_to_the_scrambled, shifts_of

TEXT = "Ann met Bartholomew. He waved to Ann."
EDITS = [Edit(0, 3, "PERSON_AAAAAAAA"), Edit(8, 19, "PERSON_BBBBBBBB"), Edit(33, 36, "PERSON_AAAAAAAA")]


def asking(*documents: str, citations: list[dict[str, Any]] | None = None) -> Document:
    sources = [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": data}} for data in documents
    ]
    cited = [{"type": "text", "text": "So.", "citations": citations or []}]
    messages = [{"role": "user", "content": sources}, {"role": "assistant", "content": cited}]
    return parse(json.dumps({"model": "c", "messages": messages}))


def edited(body: Document, edits: list[Edit], document: str) -> list[tuple[TextSlot, list[Edit]]]:
    """The slots of a body, that of one document with edits."""
    return [(slot, edits if slot.text == document else []) for slot in MESSAGES.request_slots(body).texts]


def location(start: int, end: int, document: int = 0, text: str = "x") -> dict[str, Any]:
    return {
        "type": "char_location",
        "cited_text": text,
        "document_index": document,
        "start_char_index": start,
        "end_char_index": end,
    }


def places(document: Document, edits: list[Edit]) -> list[tuple[int, int]]:
    """Start and end of every citation after the edits."""
    found: list[tuple[int, int]] = []

    def keep(value: dict[str, Any]) -> dict[str, Any]:
        if "start_char_index" in value:
            found.append((value["start_char_index"], value["end_char_index"]))
        return value

    json.loads(splice(document.text, edits), object_hook=keep)
    return found


def test_a_citation_counts_in_the_clients_document() -> None:
    body = asking("About nobody.", TEXT)
    shifts = shifts_of(body, edited(body, EDITS, TEXT))
    scrambled = splice(TEXT, EDITS)
    sentence = "He waved to PERSON_AAAAAAAA."
    start = scrambled.index(sentence)
    cited = [location(start, start + len(sentence), 1), location(3, 5, 0)]
    answer = parse(json.dumps({"content": [{"type": "text", "text": "x", "citations": cited}]}))
    (first, second) = places(answer, back_to_the_original(answer, shifts))
    assert TEXT[slice(*first)] == "He waved to Ann."
    assert second == (3, 5)


def test_a_citation_inside_a_token_covers_the_whole_original() -> None:
    body = asking(TEXT)
    shifts = shifts_of(body, edited(body, EDITS, TEXT))
    event = parse(json.dumps({"delta": {"type": "citations_delta", "citation": location(22, 30)}}))
    (place,) = places(event, back_to_the_original(event, shifts))
    assert TEXT[slice(*place)] == "Bartholomew"


def test_a_citation_that_is_played_back_counts_in_the_scrambled_document() -> None:
    start = TEXT.index("He waved")
    body = asking(TEXT, citations=[location(start, len(TEXT))])
    shifts = shifts_of(body, edited(body, EDITS, TEXT))
    (place,) = places(body, on_to_the_scrambled(body, shifts))
    assert splice(TEXT, EDITS)[slice(*place)] == "He waved to PERSON_AAAAAAAA."


def test_edits_inside_json_in_a_document_count_too() -> None:
    inner = "Ann"
    data = json.dumps({"name": inner, "then": "waves"})
    body = asking(data)
    slots = MESSAGES.request_slots(body).texts
    made = [(slot, [Edit(0, 3, "PERSON_AAAAAAAA")] if slot.text == inner else []) for slot in slots]
    shifts = shifts_of(body, made)
    scrambled = data.replace("Ann", "PERSON_AAAAAAAA")
    start = scrambled.index("waves")
    event = parse(json.dumps({"delta": {"citation": location(start, start + 5)}}))
    (place,) = places(event, back_to_the_original(event, shifts))
    assert data[slice(*place)] == "waves"


def test_other_citations_and_unknown_documents_stay_as_they_are() -> None:
    body = asking(TEXT)
    shifts = shifts_of(body, edited(body, EDITS, TEXT))
    page = {**location(30, 40), "type": "page_location"}
    answer = parse(json.dumps([page, location(30, 40, 7)]))
    assert back_to_the_original(answer, shifts) == []
    assert shifts_of(body, edited(body, [], TEXT)) == ()


@given(
    texts=st.lists(st.text(alphabet="ab \u00e9\U0001f600", min_size=1, max_size=6), min_size=1, max_size=8),
    masks=st.lists(st.booleans(), min_size=8, max_size=8),
    data=st.data(),
)
def test_borders_of_pieces_move_there_and_back(texts: list[str], masks: list[bool], data: st.DataObject) -> None:
    document, edits, borders, scrambled_borders, position, moved = "", [], [0], [0], 0, 0
    for number, (text, mask) in enumerate(zip(texts, masks, strict=False)):
        new = f"TOKEN_{number}" if mask else text
        if mask:
            edits.append(Edit(position, position + len(text), new))
        document += text
        position += len(text)
        moved += len(new)
        borders.append(position)
        scrambled_borders.append(moved)
    body = asking("d")
    slot = next(slot for slot in MESSAGES.request_slots(body).texts if slot.text == "d")
    shifts = shifts_of(body, [(slot, edits)])
    first = data.draw(st.integers(0, len(borders) - 2))
    last = data.draw(st.integers(first + 1, len(borders) - 1))
    event = parse(json.dumps({"delta": {"citation": location(scrambled_borders[first], scrambled_borders[last])}}))
    assert places(event, back_to_the_original(event, shifts)) == [(borders[first], borders[last])]
    back = parse(json.dumps({"delta": {"citation": location(borders[first], borders[last])}}))
    assert places(back, on_to_the_scrambled(back, shifts)) == [(scrambled_borders[first], scrambled_borders[last])]
