"""What this process remembers of sessions it used a moment ago: data keys and tokens known to be stored.

It is a shortcut, never the truth: `save` compares the stamp inside Redis. Bounded in sessions, tokens and idle time.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Remembered:
    """One session: its stamp (wrapped data key as stored), the unwrapped key, and stored tokens with originals.

    `edition`: the session's, in which all of these tokens are stored; empty when it has none. `marks`: the caller's
    names of sets of entries that are among these.
    """

    stamp: bytes = field(repr=False)
    data_key: bytes = field(repr=False)
    key_id: str
    tokens: dict[str, str] = field(repr=False, default_factory=dict)
    edition: bytes = b""
    used: float = 0.0
    marks: set[int] = field(default_factory=set)


class SessionCache:
    """Least recently used sessions go first, and all that nobody used for `idle` seconds.

    `sessions` and `tokens` bound the number of sessions and of tokens over all sessions. `clock` gives seconds.
    """

    def __init__(
        self,
        *,
        sessions: int = 4096,
        tokens: int = 65_536,
        idle: float = 900.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_sessions = sessions
        self._limit_tokens = tokens
        self._idle = idle
        self._clock = clock
        self._entries: OrderedDict[str, Remembered] = OrderedDict()
        self._held = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, address: str) -> Remembered | None:
        """The session remembered under this address; marks it as used now."""
        self._purge()
        entry = self._entries.get(address)
        if entry is not None:
            entry.used = self._clock()
            self._entries.move_to_end(address)
        return entry

    def put(
        self,
        address: str,
        stamp: bytes,
        data_key: bytes,
        key_id: str,
        tokens: Mapping[str, str],
        editions: tuple[bytes, bytes] = (b"", b""),
    ) -> None:
        """Remember tokens as stored under this stamp, in the second edition, which followed the first.

        What was remembered under another stamp, or in an edition that is not the first, is forgotten: it may be lost.
        """
        entry = self.get(address)
        if entry is None or entry.stamp != stamp or entry.edition != editions[0]:
            self.drop(address)
            entry = self._entries[address] = Remembered(stamp, data_key, key_id, used=self._clock())
        before = len(entry.tokens)
        entry.tokens.update(tokens)
        entry.edition = editions[1]
        self._held += len(entry.tokens) - before
        self._purge()

    def drop(self, address: str) -> None:
        """Forget a session."""
        entry = self._entries.pop(address, None)
        if entry is not None:
            self._held -= len(entry.tokens)

    def _purge(self) -> None:
        """The oldest come first in the dict: stop at the first that may stay."""
        deadline = self._clock() - self._idle
        while self._entries:
            address, oldest = next(iter(self._entries.items()))
            full = len(self._entries) > self._limit_sessions or self._held > self._limit_tokens
            if not full and oldest.used >= deadline:
                return
            self.drop(address)
