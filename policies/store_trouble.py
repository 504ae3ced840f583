"""What is wrong with Redis or the database, in words of our own, and when that is worth a line in the log.

Messages of Redis can quote arguments, so only the class of its failures is told.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from redis import exceptions

from policies.db import DatabaseUnavailable

_REDIS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (exceptions.AuthenticationError, "Redis refused the user or password; check redis.url"),
    (
        exceptions.NoPermissionError,
        "the Redis user lacks a permission: it needs hashes, streams, scripts, INFO, PING",
    ),
    (exceptions.OutOfMemoryError, "Redis is at maxmemory; give it more memory"),
    (exceptions.ReadOnlyError, "this Redis is a read-only replica; point redis.url at the primary"),
    (exceptions.TimeoutError, "Redis did not answer in time"),
    (exceptions.ConnectionError, "Redis cannot be reached; start it, or check redis.url"),
    (exceptions.RedisClusterException, "the Redis cluster cannot be used"),
)
_REMIND_SECONDS: Final = 60.0


def trouble(failure: BaseException) -> str:
    """Which store has failed and what to do; never a value or an address."""
    if isinstance(failure, DatabaseUnavailable):
        return f"{failure} (check that the database runs and that its disk has room)"
    for kind, advice in _REDIS:
        if isinstance(failure, kind):
            return advice
    if isinstance(failure, OSError):
        return "Redis cannot be reached; start it, or check redis.url"
    return f"Redis failed with {type(failure).__name__}"


class Outage:
    """Tells of a store's failure once and then every minute, and of its end. `now`: seconds that only grow."""

    def __init__(self, log: logging.Logger, part: str, now: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._part = part
        self._now = now
        self._told: tuple[str, float] | None = None

    def failed(self, failure: BaseException) -> None:
        """It failed; what it does is tried again."""
        what, now = trouble(failure), self._now()
        if self._told is None or self._told[0] != what or now - self._told[1] >= _REMIND_SECONDS:
            self._told = what, now
            self._log.warning("%s waits: %s. It is tried again", self._part, what)

    def worked(self) -> None:
        """It did not fail."""
        if self._told is not None:
            self._told = None
            self._log.warning("%s goes on", self._part)
