"""How long calls are waited for: one timer of the event loop for all of them, since nearly all end before."""

from __future__ import annotations

import asyncio
from typing import Protocol

import aiohttp


class Awaited(Protocol):
    """What is waited for; told the error, it wakes whoever waits."""

    def set_exception(self, exc: BaseException) -> None:
        """Fail."""
        ...


class Deadlines:
    """Fails what is waited for past its time with aiohttp's SocketTimeoutError. Belongs to one event loop."""

    def __init__(self) -> None:
        self._due: dict[Awaited, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0

    def begin(self, awaited: Awaited, when: float) -> None:
        """Fail it at `when`, in the loop's seconds, unless `end` comes first."""
        self._due[awaited] = when
        if self._timer is None or when < self._at:
            self._look_at(when)

    def end(self, awaited: Awaited) -> None:
        """It has come, or nobody waits any more."""
        self._due.pop(awaited, None)

    def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look_at(self, when: float) -> None:
        self.close()
        self._at = when
        self._timer = asyncio.get_running_loop().call_at(when, self._look)

    def _look(self) -> None:
        """Fail what is due, and look again when the next one is."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        for awaited in [one for one, when in self._due.items() if when <= now]:
            del self._due[awaited]
            awaited.set_exception(aiohttp.SocketTimeoutError())
        if self._due:
            self._look_at(min(self._due.values()))
