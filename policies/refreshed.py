"""Answers of the database that count for some seconds, and are asked for again before those are over.

Without that everybody who comes when an answer has just ended waits for the database, and that is every request of a
tenant, again and again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

_USED_UP = 0.6
"""Share of its time after which an answer that is used is asked for again."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Answer(Generic[Value]):
    """What was answered, when it is to be asked for again, and when it ends (seconds of the clock)."""

    value: Value
    again: float
    until: float


class Refreshed(Generic[Key, Value]):
    """Answers by key, each for `seconds` from when it was asked for, never longer; `entries` of them at most.

    `clock` gives seconds. Belongs to one event loop.
    """

    def __init__(self, seconds: float, entries: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._entries = entries
        self._clock = clock
        self._answers: OrderedDict[Key, _Answer[Value]] = OrderedDict()
        self._asked: dict[Key, tuple[float, asyncio.Future[Value]]] = {}
        self._astray: set[asyncio.Future[Value]] = set()

    def __len__(self) -> int:
        return len(self._answers)

    async def get(self, key: Key, ask: Callable[[Value | None], Awaitable[Value]]) -> Value:
        """The answer; `ask` is called where there is none, with the one before. Raises what `ask` raises.

        One asks for all that wait. What is asked ahead of time may fail: whoever comes when the answer has ended asks
        anew.
        """
        known, now = self._answers.get(key), self._clock()
        if known is not None and now < known.until:
            if now >= known.again and key not in self._asked:
                self._begin(key, ask)
            return known.value
        begun, task = self._asked.get(key) or self._begin(key, ask)
        if begun + self._seconds <= now:  # it may have seen what does not count any more
            _, task = self._begin(key, ask)
        return await asyncio.shield(task)

    def clear(self) -> None:
        """Forget all answers, those on their way too: whoever waits for one still gets it."""
        self._answers.clear()
        self._astray |= {task for _, task in self._asked.values()}
        self._asked = {}

    async def close(self) -> None:
        """Forget all answers, and wait for what is on its way."""
        self.clear()
        while self._astray:
            await asyncio.wait(self._astray)
            await asyncio.sleep(0)  # their callbacks

    def _begin(self, key: Key, ask: Callable[[Value | None], Awaitable[Value]]) -> tuple[float, asyncio.Future[Value]]:
        begun, known = self._clock(), self._answers.get(key)
        if (before := self._asked.pop(key, None)) is not None:
            self._astray.add(before[1])
        asking = asyncio.ensure_future(ask(None if known is None else known.value))
        asked = self._asked[key] = begun, asking
        asking.add_done_callback(partial(self._landed, key, begun))
        return asked

    def _landed(self, key: Key, begun: float, asked: asyncio.Future[Value]) -> None:
        self._astray.discard(asked)
        failed = asked.cancelled() or asked.exception() is not None  # asking marks it as seen: nobody may have waited
        if self._asked.get(key, (0.0, None))[1] is not asked:
            return  # all was forgotten meanwhile, or it took too long
        del self._asked[key]
        if failed:
            return
        self._answers[key] = _Answer(asked.result(), begun + _USED_UP * self._seconds, begun + self._seconds)
        self._answers.move_to_end(key)
        if len(self._answers) > self._entries:
            self._answers.popitem(last=False)
