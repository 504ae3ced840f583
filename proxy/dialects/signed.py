"""Texts that Anthropic signs: they pass unchanged on their way back, so what was seen coming from the provider counts.

Thinking comes whole in a plain answer, and in a stream in pieces per block, with the signature behind it.
"""

from __future__ import annotations

from proxy.core.jsontext import Document, NotJson, parse
from proxy.core.slots import Kind, slots_of
from proxy.dialects.anthropic_fields import ANSWERED_BLOCKS, classifier


def signed_texts(answer: Document) -> list[str]:
    """Signed texts of a whole message."""
    return [
        slot.text for slot in slots_of(answer, ANSWERED_BLOCKS, classifier(answer)).texts if slot.kind is Kind.SIGNED
    ]


class SignedStream:
    """Collects the signed texts of a stream; not shared between answers."""

    __slots__ = ("_pieces", "_signed")

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {}
        self._signed: set[str] = set()

    @staticmethod
    def concerns(data: str) -> bool:
        """Whether an event can be about signed texts."""
        return "thinking" in data or "signature" in data or "content_block_stop" in data

    def feed(self, data: str) -> list[str]:
        """Signed texts that are complete with this event."""
        if not self.concerns(data):
            return []
        try:
            event = parse(data)
        except NotJson:
            return []
        block = event.scalars.get(("index",), "")
        if event.value("type") == "content_block_stop":
            text = "".join(self._pieces.pop(block, ()))
            return [text] if text and block in self._signed else []
        for start in ("content_block", "delta"):
            if piece := event.value(start, "thinking"):
                self._pieces.setdefault(block, []).append(piece)
            if event.value(start, "signature"):
                self._signed.add(block)
        return []
