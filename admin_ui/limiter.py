"""How often somebody may try something: a window per address, in memory. Accounts rest by themselves (`logins`)."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

_ADDRESSES = 10_000


class Limiter:
    """Allows `limit` tries per `seconds` and name; `clock` counts seconds."""

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Count a try; 0 when it is allowed, else the seconds until the next one is."""
        now = self._clock()
        tries = self._tries.setdefault(name, deque())
        self._tries.move_to_end(name)
        while len(self._tries) > _ADDRESSES:
            self._tries.popitem(last=False)
        while tries and tries[0] <= now - self._seconds:
            tries.popleft()
        if len(tries) >= self._limit:
            return tries[0] + self._seconds - now
        tries.append(now)
        return 0.0
