"""Restoring a whole answer that is one JSON document."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.core.jsontext import Document, Edit, Path, escape, splice
from proxy.core.jsonwriting import JsonWriting, ProseWriting
from proxy.core.positions import moves
from proxy.core.restorer import Originals, RestoreTally, edits_of_pieces, restored_pieces
from proxy.core.streams import ChannelText


def restored(
    body: Document, texts: Iterable[ChannelText], originals: Originals, more: Iterable[Edit] = ()
) -> tuple[str, RestoreTally]:
    """The answer's text with originals in place of tokens, positions in it moved along, and with the edits `more`.

    When `originals.wanted` is not empty afterwards, supply those and call again: the result is not final.
    """
    tally = RestoreTally()
    edits: list[Edit] = list(more)
    changed: dict[Path, list[Edit]] = {}
    for text in texts:
        before = text.leaf.text
        if not originals.grammar.may_occur(before):
            continue
        closed = not originals.guards.tool(text.tool, {})
        pieces = restored_pieces(
            before, originals, tally, JsonWriting() if text.json else ProseWriting(), closed=closed
        )
        after = "".join(piece.text for piece in pieces)
        if after != before:
            edits.append(Edit(text.leaf.start, text.leaf.end, escape(after)))
            changed[text.leaf.path] = edits_of_pieces(pieces)
    edits += moves(body, changed)
    return (splice(body.text, edits) if edits else body.text), tally
