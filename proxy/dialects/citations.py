"""Positions that Anthropic's citations count in a document, moved between the client's text and the scrambled one.

A `char_location` counts characters of the document as the provider got it. The client has the original, whose names are
longer or shorter, so positions are shifted by the edits made before them, in both directions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from proxy.core.jsontext import Document, Edit, Leaf, Path
from proxy.core.positions import counted, moved, moves
from proxy.core.slots import TextSlot

Shifts = Sequence[Sequence[Edit]]
"""For each document of a request, in order: the edits of its text, in positions of the original."""

_Place = Callable[[int, Sequence[Edit], bool], int]
_INDEX: Final = {"start_char_index": False, "end_char_index": True}
"""Fields that count characters -> whether they are the end of a range."""
_NUMBER: Final = re.compile(r'"\s*:\s*(\d{1,15})(?![\d.eE])')
_MOST_DIGITS: Final = 6
"""Of a document's number; longer ones are no numbers of documents, and Python refuses to read the longest."""


def shifts_of(body: Document, edited: Iterable[tuple[TextSlot, Sequence[Edit]]]) -> Shifts:
    """The edits of each document; empty when no document has any."""
    documents = sorted(
        {
            leaf.path[:-1]
            for leaf in body.leaves
            if leaf.path[-1] == "type" and leaf.text == "document" and not leaf.is_key and _is_block(leaf.path[:-1])
        },
        key=lambda path: body.containers[path][0],
    )
    if not documents:
        return ()
    edits: dict[Path, list[Edit]] = {}
    for slot, made in edited:
        if made:
            edits.setdefault(slot.leaves[0].path, []).extend(_of_outermost(slot, made))
    shifts = [sorted(edits.get((*path, "source", "data"), ()), key=lambda edit: edit.start) for path in documents]
    return shifts if any(shifts) else ()


def cites(body: Document) -> bool:
    """Whether a request has documents, or plays back positions in some."""
    kinds = {leaf.text for leaf in body.leaves if leaf.path[-1] == "type" and not leaf.is_key}
    return not kinds.isdisjoint(("document", "char_location"))


def back_to_the_original(answer: Document, shifts: Shifts) -> list[Edit]:
    """Edits of an answer or an event that make the positions of its citations count in the client's documents."""
    return _moved(answer, shifts, _original) if shifts else []


def on_to_the_scrambled(request: Document, shifts: Shifts) -> list[Edit]:
    """Edits of a request that make the positions of citations that are played back count in the scrambled documents."""
    return _moved(request, shifts, _scrambled) if shifts else []


def annotations_moved(request: Document, edited: Iterable[tuple[TextSlot, Sequence[Edit]]]) -> list[Edit]:
    """Edits of a request that make the positions of played-back annotations count in the scrambled texts."""
    if not counted(request):
        return []
    edits: dict[Path, list[Edit]] = {}
    for slot, made in edited:
        if made:
            edits.setdefault(slot.leaves[0].path, []).extend(_of_outermost(slot, made))
    return moves(request, {path: sorted(made) for path, made in edits.items()})


def _is_block(path: Path) -> bool:
    """Whether a path leads to a content block: through messages and contents, not into a tool's input."""
    return path[:1] == ("messages",) and all(isinstance(step, int) or step == "content" for step in path[1:])


def _of_outermost(slot: TextSlot, edits: Sequence[Edit]) -> list[Edit]:
    """Edits of a slot as edits of the string that stands in the body itself."""
    inner = slot.leaves[1:]
    if not inner:
        return list(edits)
    return TextSlot(slot.path, slot.text, slot.kind, inner).edits_of_document(slot.leaves[0].text, edits)


def _moved(document: Document, shifts: Shifts, place: _Place) -> list[Edit]:
    kinds = {leaf.path[:-1] for leaf in document.leaves if leaf.path[-1] == "type" and leaf.text == "char_location"}
    edits: list[Edit] = []
    for leaf in document.leaves:
        if leaf.is_key and leaf.path[-1] in _INDEX and leaf.path[:-1] in kinds:
            edits += _moved_number(document, leaf, shifts, place)
    return edits


def _moved_number(document: Document, key: Leaf, shifts: Shifts, place: _Place) -> list[Edit]:
    which = document.scalars.get((*key.path[:-1], "document_index"), "")
    number = _NUMBER.match(document.text, key.end)
    if number is None or not which.isdigit() or len(which) > _MOST_DIGITS or int(which) >= len(shifts):
        return []
    before = int(number[1])
    after = place(before, shifts[int(which)], _INDEX[str(key.path[-1])])
    return [] if after == before else [Edit(number.start(1), number.end(1), str(after))]


def _original(position: int, edits: Sequence[Edit], at_end: bool) -> int:  # noqa: FBT001 - one of two kinds of position
    """Where a position of the scrambled text stands in the original; inside a token: at the original's border."""
    shift = 0
    for edit in edits:
        start = edit.start + shift
        if position <= start:
            break
        if position < start + len(edit.new):
            return edit.end if at_end else edit.start
        shift += len(edit.new) - (edit.end - edit.start)
    return position - shift


def _scrambled(position: int, edits: Sequence[Edit], at_end: bool) -> int:  # noqa: FBT001 - the same
    """Where a position of the original stands in the scrambled text; inside an original: at its token's border."""
    return moved(position, edits, at_end=at_end)
