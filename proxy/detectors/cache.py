"""Remembers what was found in a text, so that the earlier turns of a conversation are not looked at again.

No text is kept: an entry is found by a keyed BLAKE2b digest of profile and text, with a key that is made when the
process starts and never leaves it, and holds positions, types and scores only.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict

from proxy.core.findings import Finding
from proxy.detectors.base import Detector, Profile

_ENTRY_BYTES = 200  # measured with tracemalloc over 5,000 entries (CPython 3.11): 144, and room for the dict to grow
_AT_ONCE = 200
"""Texts that are asked for together: each is a task of its own, and others want the event loop, too."""
_FINDING_BYTES = 165  # the same: 162 per Finding with its two ints and its float; its strings are interned


class CachedDetector:
    """A Detector that asks `inner` only for texts that it has not seen lately with the same profile.

    At most `entries` texts and about `memory` bytes are kept; what was not used for longest goes first. Texts that are
    being looked at are waited for, not asked twice; who stops waiting (client gone) stops nobody else's answer.

    Counters, plain ints, per text: `hits`, `misses`, `joined` (waited for another request's answer).
    """

    def __init__(self, inner: Detector, *, entries: int = 50_000, memory: int = 64 * 1024 * 1024) -> None:
        self._inner = inner
        self._entries = entries
        self._memory = memory
        self._key = secrets.token_bytes(32)
        self._found: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
        self._flying: dict[bytes, asyncio.Task[tuple[Finding, ...]]] = {}
        self.used_memory = 0
        self.hits = self.misses = self.joined = 0

    def __len__(self) -> int:
        return len(self._found)

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text (see Detector). Raises what `inner` raises."""
        if len(texts) <= _AT_ONCE:
            return await self._found_in(texts, profile)
        found: list[list[Finding]] = []
        for first in range(0, len(texts), _AT_ONCE):
            found += await self._found_in(texts[first : first + _AT_ONCE], profile)
            await asyncio.sleep(0)  # even where all are known
        return found

    async def _found_in(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        answers = [self._lookup(text, profile) for text in texts]
        waiting = {answer for answer in answers if isinstance(answer, asyncio.Task)}
        if len(waiting) == 1:
            await asyncio.shield(waiting.pop())
        elif waiting:
            await asyncio.gather(*(asyncio.shield(task) for task in waiting))
        return [list(answer.result() if isinstance(answer, asyncio.Task) else answer) for answer in answers]

    def forget(self) -> None:
        """Drop every entry; answers on their way are still delivered and kept."""
        self._found.clear()
        self.used_memory = 0

    def _lookup(self, text: str, profile: Profile) -> tuple[Finding, ...] | asyncio.Task[tuple[Finding, ...]]:
        """The known findings of `text`, or the task that is finding them."""
        if not text:
            return ()
        digest = self._digest(text, profile)
        known = self._found.get(digest)
        if known is not None:
            self._found.move_to_end(digest)
            self.hits += 1
            return known
        task = self._flying.get(digest)
        if task is not None:
            self.joined += 1
            return task
        self.misses += 1
        # A question per text: a text that cannot be looked at fails its own waiters only. The pool batches them again.
        task = asyncio.create_task(self._ask(text, profile))
        self._flying[digest] = task
        task.add_done_callback(functools.partial(self._landed, digest))
        return task

    async def _ask(self, text: str, profile: Profile) -> tuple[Finding, ...]:
        return tuple((await self._inner.detect([text], profile))[0])

    def _landed(self, digest: bytes, task: asyncio.Task[tuple[Finding, ...]]) -> None:
        del self._flying[digest]
        if task.cancelled() or task.exception() is not None:  # asking for it marks it as seen
            return
        found = task.result()
        self._found[digest] = found
        self.used_memory += _size(found)
        while len(self._found) > self._entries or self.used_memory > self._memory:
            _, oldest = self._found.popitem(last=False)
            self.used_memory -= _size(oldest)

    def _digest(self, text: str, profile: Profile) -> bytes:
        """Keyed hash of profile and text. The profile's fingerprint has a fixed length: no two pairs run together."""
        hasher = hashlib.blake2b(_fingerprint(profile), key=self._key, digest_size=16)
        hasher.update(text.encode("utf-8", "surrogatepass"))
        return hasher.digest()


@functools.lru_cache(maxsize=1024)
def _fingerprint(profile: Profile) -> bytes:
    """Everything a profile says, in 32 bytes."""
    return hashlib.blake2b(json.dumps(asdict(profile), sort_keys=True).encode(), digest_size=32).digest()


def _size(found: tuple[Finding, ...]) -> int:
    """Estimated memory of an entry, in bytes."""
    return _ENTRY_BYTES + _FINDING_BYTES * len(found)
