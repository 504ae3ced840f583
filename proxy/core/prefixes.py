"""Decisions on texts of earlier turns, remembered by what came before them.

A text's decisions depend on it and on the texts before it (rule 5), so they can be kept under a running digest of
all of these: a conversation that is sent again and again costs one digest per text, not one detection. Digests are
keyed; no text and no original is kept, only positions, types and surrogates.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from proxy.core.scrambler import Decision
from proxy.core.slots import TextSlot

_NOWHERE: Final = (None, None)
_DIGEST: Final = 16


class Prefixes:
    """Bounded memory of decisions: `entries` texts at most, the least recently used go first."""

    __slots__ = ("_entries", "_key", "_limit")

    def __init__(self, key: bytes, entries: int) -> None:
        """`key`: 16 to 64 secret bytes of this process."""
        self._key = key
        self._limit = entries
        self._entries: OrderedDict[bytes, tuple[Decision, ...]] = OrderedDict()

    def start(self, context: str) -> bytes:
        """Digest to begin a conversation with: of all that decisions depend on besides the texts."""
        return hashlib.blake2b(context.encode("utf-8", "surrogatepass"), key=self._key, digest_size=_DIGEST).digest()

    def behind(self, digest: bytes, slot: TextSlot) -> bytes:
        """Digest of the texts so far and this one, with its place where somebody has looked at it."""
        running = hashlib.blake2b(digest, key=self._key, digest_size=_DIGEST)
        if slot.place != _NOWHERE:
            running.update(repr(slot.place).encode("utf-8", "surrogatepass"))
        running.update(f"{slot.kind}\x1f".encode())
        running.update(slot.text.encode("utf-8", "surrogatepass"))
        return running.digest()

    def get(self, digest: bytes) -> tuple[Decision, ...] | None:
        """Decisions on the text that this digest ends with."""
        decisions = self._entries.get(digest)
        if decisions is not None:
            self._entries.move_to_end(digest)
        return decisions

    def put(self, digest: bytes, decisions: tuple[Decision, ...]) -> None:
        """Remember."""
        if self._limit <= 0:
            return
        self._entries[digest] = decisions
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
