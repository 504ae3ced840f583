"""Positions that count in a text, moved to where they stand when the text is edited.

Annotations of OpenAI's APIs (`url_citation` and its kin) say where in the model's text they belong. That text is
restored on the way back and scrambled again when it is played back, so its positions move along, in both directions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from proxy.core.jsontext import Document, Edit, Path

_LISTED: Final = '"annotation'
_KINDS: Final = frozenset({"url_citation", "container_file_citation", "file_citation", "file_path"})
_INDEX: Final = {"start_index": False, "end_index": True, "index": None}
"""Fields that count characters -> whether they are the end of a range; None: one that may count something else."""
_TEXTS: Final = ("text", "content")
"""What the string is called that annotations stand beside."""
_NUMBER: Final = re.compile(r'"\s*:\s*(\d{1,15})(?![\d.eE])')


class Counted(NamedTuple):
    """A number of a document that counts characters of the string at `text`; `start` and `end` are its own place.

    An event may bring an annotation of a text that came before: then `text` is empty, or leads to no string.
    """

    text: Path
    start: int
    end: int
    value: int
    at_end: bool | None


def counted(document: Document) -> list[Counted]:
    """The positions of a document's annotations."""
    if not document.says(_LISTED):
        return []
    found: list[Counted] = []
    for leaf in document.leaves:
        if not leaf.is_key or leaf.path[-1] not in _INDEX:
            continue
        path = leaf.path[:-1]
        kind = path[-1] if path[-1:] == ("url_citation",) else document.value(*path, "type")
        path = path[:-1] if path[-1:] == ("url_citation",) else path
        number = _NUMBER.match(document.text, leaf.end)
        if kind in _KINDS and number is not None:
            at_end = _INDEX[str(leaf.path[-1])]
            found.append(Counted(_counts_in(document, path), number.start(1), number.end(1), int(number[1]), at_end))
    return found


def _counts_in(document: Document, annotation: Path) -> Path:
    """The string that an annotation belongs to: it stands beside the list of annotations."""
    if annotation[-2:-1] != ("annotations",):
        return ()
    above = annotation[:-2]
    return next(((*above, name) for name in _TEXTS if document.value(*above, name) is not None), (*above, "content"))


def moves(document: Document, edits: Mapping[Path, Sequence[Edit]]) -> list[Edit]:
    """Edits that put each position of a document where it stands after these edits of its texts, given by path."""
    return [move for one in counted(document) for move in move_of(one, edits.get(one.text, ()))] if edits else []


def move_of(one: Counted, edits: Sequence[Edit]) -> list[Edit]:
    """The edit that puts a position where it stands after the edits of its text; none where it stays."""
    if one.at_end is None and any(edit.start < one.value < edit.end for edit in edits):
        return []  # nobody cites from the middle of a name: it numbers files, as its description says
    after = moved(one.value, edits, at_end=one.at_end is True)
    return [] if after == one.value else [Edit(one.start, one.end, str(after))]


def moved(position: int, edits: Sequence[Edit], *, at_end: bool) -> int:
    """Where a position stands after the edits, which are in order; inside of what an edit replaces: at its border."""
    shift = 0
    for edit in edits:
        if position <= edit.start:
            break
        if position < edit.end:
            return edit.start + shift + (len(edit.new) if at_end else 0)
        shift += len(edit.new) - (edit.end - edit.start)
    return position + shift
