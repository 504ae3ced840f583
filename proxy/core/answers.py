"""Restoring a whole answer that is one JSON document."""

from __future__ import annotations

from collections.abc import Iterable

from proxy.core.jsontext import Document, Edit, escape, splice
from proxy.core.jsonwriting import JsonWriting
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.streams import ChannelText


def restored(
    body: Document, texts: Iterable[ChannelText], originals: Originals, more: Iterable[Edit] = ()
) -> tuple[str, RestoreTally]:
    """The answer's text with originals in place of tokens, and with the edits `more`.

    When `originals.wanted` is not empty afterwards, supply those and call again: the result is not final.
    """
    tally = RestoreTally()
    edits: list[Edit] = list(more)
    for text in texts:
        before = text.leaf.text
        closed = not originals.guards.tool(text.tool, {})
        after = restore(before, originals, tally, JsonWriting() if text.json else None, closed=closed)
        if after != before:
            edits.append(Edit(text.leaf.start, text.leaf.end, escape(after)))
    return (splice(body.text, edits) if edits else body.text), tally
