"""Beginnings of conversations, recognised by their bytes: what is known of them need not be read and decided again.

A conversation is sent again and again with a little more at its end. Where its first messages stand byte for byte as in
an earlier request, their JSON was read then, and what became of their texts depends on them and on what came before
them alone (rule 5). Kept are positions, types, surrogates, check sums and keyed digests; no text and no original.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from proxy.core.jsontext import Edit
from proxy.core.settled import Settled

_BLOCK: Final = 2048
"""Characters between two places where a longer text may be found to go on."""
_LENGTHS: Final = 16
"""Beginnings that are tried from one such place, the latest first."""
_TAIL: Final = 32
_SETTLED: Final = 8
"""Contexts (policies, owners, tools) in which one beginning is kept."""
_SMALL: Final = 64
"""What an empty entry counts for, in ranges."""
_NONCE: Final = bytes(12)
"""Digests never leave the process, so nothing but equality is ever seen of them and one nonce does for all."""


@dataclass(slots=True)
class Beginning:
    """Messages that stood in an earlier request: `length` characters from the bracket on, `count` items, JSON `values`.

    `seed`: digest of what names the conversation. `notice`: edits that put the notice in, counted from the bracket;
    None where it stands elsewhere in the body.
    `goes_on`: whether its last text ends in a number that the next one may go on with.
    `settled`: what became of them, by the running digest of all that comes before.
    """

    length: int
    count: int
    values: int
    seed: bytes = field(repr=False)
    notice: tuple[tuple[int, int, str], ...] | None = field(repr=False)
    goes_on: bool = False
    settled: OrderedDict[bytes, Settled] = field(default_factory=OrderedDict, repr=False)

    @property
    def size(self) -> int:
        """What it counts for in the bound of the memory, with all that became of it in every context."""
        return _SMALL + sum(4 * len(settled.edits) + 2 * settled.told.size for settled in self.settled.values())

    def settle(self, before: bytes, settled: Settled) -> None:
        """Keep what became of it; of one that is in memory by `Beginnings.settle`, which counts it anew."""
        self.settled[before] = settled
        if len(self.settled) > _SETTLED:
            self.settled.popitem(last=False)


class Found(NamedTuple):
    """A known beginning, and where the array's bracket stands in this body."""

    beginning: Beginning
    base: int

    @property
    def end(self) -> int:
        """Behind its last message."""
        return self.base + self.beginning.length

    def rewritten(self, text: str, settled: Settled, *, notice: bool) -> list[Edit]:
        """The edit of this body, where there is any, that does what was decided and puts the notice in."""
        put_in = (self.beginning.notice if notice else None) or ()
        if not settled.edits and not put_in:
            return []
        base, end = self.base, self.end
        return [Edit(base, end, settled.rewritten(text[base:end], put_in))]


class Beginnings:
    """Bounded memory of beginnings: `entries` of them at most, and `ranges` positions over all; the oldest go first.

    A text is looked for by check sums of its blocks: behind the last block that an earlier text had, too, the lengths
    of the texts that ended from there on are tried. What is found that way counts only when the keyed digest of all of
    it is the same; a check sum that two texts share costs a try.
    """

    def __init__(self, key: bytes, entries: int, ranges: int = 500_000) -> None:
        """`key`: 16, 24 or 32 secret bytes of this process."""
        self._digest = AESGCM(key)
        self._lock = Lock()  # bodies of very many values are read in a thread
        self._limit = entries
        self._most_ranges = ranges
        self._ranges = 0
        self._kept: OrderedDict[bytes, tuple[Beginning, int]] = OrderedDict()
        self._lengths: OrderedDict[tuple[int, int], dict[tuple[int, int], None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, kind: str, text: str, base: int) -> Found | None:
        """The longest known beginning of the array whose bracket stands at `base`; `kind` says how it is read."""
        with self._lock:
            return self._find(kind, text, base)

    def _find(self, kind: str, text: str, base: int) -> Found | None:
        last = len(text) - _BLOCK
        lengths, places = self._lengths, []
        place, position = (zlib.crc32(kind.encode()), 0), base
        while (known := lengths.get(place)) is not None:
            places.append(known)
            if position > last:
                break
            place = _further(place, text, position)
            position += _BLOCK
        for known in reversed(places):
            for length, tail in reversed(known):
                end = base + length
                if end > len(text) or _tail(text, base, end) != tail:
                    continue
                whole = self._whole(kind, text, base, end)
                if (kept := self._kept.get(whole)) is not None:
                    self._kept.move_to_end(whole)
                    del known[length, tail]  # the latest that was of use is looked for first, and goes last
                    known[length, tail] = None
                    return Found(kept[0], base)
        return None

    def put(self, kind: str, text: str, base: int, beginning: Beginning) -> None:
        """Keep it; in the place of an equal one."""
        if self._limit > 0:
            with self._lock:
                self._put(kind, text, base, beginning)

    def _put(self, kind: str, text: str, base: int, beginning: Beginning) -> None:
        if beginning.size > self._most_ranges:
            return  # all others would have to go for it
        end = base + beginning.length
        place, position = (zlib.crc32(kind.encode()), 0), base
        lengths = self._pass(place)
        while position + _BLOCK <= end:
            place = _further(place, text, position)
            position += _BLOCK
            lengths = self._pass(place)
        whole = self._whole(kind, text, base, end)
        lengths.pop((beginning.length, _tail(text, base, end)), None)
        lengths[beginning.length, _tail(text, base, end)] = None
        if len(lengths) > _LENGTHS:
            del lengths[next(iter(lengths))]
        self._drop(whole)
        self._kept[whole] = (beginning, beginning.size)
        self._ranges += beginning.size
        self._shrink()

    def settle(self, kind: str, text: str, base: int, beginning: Beginning, before: bytes, settled: Settled) -> None:
        """Keep what became of a known beginning in one context more."""
        with self._lock:
            beginning.settle(before, settled)
            whole = self._whole(kind, text, base, base + beginning.length)
            kept, size = self._kept.get(whole, (None, 0))
            if kept is beginning:
                self._kept[whole] = (beginning, beginning.size)
                self._ranges += beginning.size - size
                if beginning.size > self._most_ranges:
                    self._drop(whole)
                self._shrink()

    def _shrink(self) -> None:
        while len(self._kept) > self._limit or self._ranges > self._most_ranges:
            self._drop(next(iter(self._kept)))

    def _pass(self, place: tuple[int, int]) -> dict[tuple[int, int], None]:
        """Note that a text goes on behind this block; the beginnings that end from there on."""
        lengths = self._lengths.setdefault(place, {})
        self._lengths.move_to_end(place)
        if len(self._lengths) > 8 * self._limit:
            self._lengths.popitem(last=False)
        return lengths

    def _drop(self, whole: bytes) -> None:
        if (kept := self._kept.pop(whole, None)) is not None:
            self._ranges -= kept[1]

    def _whole(self, kind: str, text: str, base: int, end: int) -> bytes:
        """Keyed digest of a beginning: the tag of AES-GCM over it, ten times as quick as BLAKE2b (decision 0520).

        No `kind` holds the bracket that the text begins with.
        """
        named = f"{kind}{text[base:end]}".encode("utf-8", "surrogatepass")
        return self._digest.encrypt(_NONCE, b"", named)


def _further(place: tuple[int, int], text: str, position: int) -> tuple[int, int]:
    """The place behind the next block: a check sum of all blocks up to there, and how many they are."""
    block = text[position : position + _BLOCK].encode("utf-8", "surrogatepass")
    return zlib.crc32(block, place[0]), place[1] + 1


def _tail(text: str, base: int, end: int) -> int:
    """A quick look at the end of a text, so that few digests are made in vain."""
    return zlib.crc32(text[max(base, end - _TAIL) : end].encode("utf-8", "surrogatepass"))
