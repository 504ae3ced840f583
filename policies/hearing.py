"""Hears, in the channel of `policies.announcing`, what has changed in the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

from policies.announcing import CHANNEL
from policies.redis_client import make_client
from policies.store_trouble import Outage

_SILENCE: Final = 10.0
"""Seconds without a message after which the connection is asked whether it lives; as many again, and it does not."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
"""Seconds until the next try to connect."""
_log = logging.getLogger("sting.changes")


async def hear(url: str, told: Mapping[str, Callable[[], None]], *, silence: float = _SILENCE) -> None:
    """Call what stands beside a word each time it is said in the Redis of `url`, until cancelled.

    All of them are called after each connecting: something may have been said before. Redis may be away for as long as
    it likes.
    """
    outage, pause = Outage(_log, "hearing of changes at once (a look each second goes on)"), _FIRST_PAUSE

    def connected() -> None:
        nonlocal pause
        pause = _FIRST_PAUSE
        outage.worked()
        for call in told.values():
            call()

    while True:
        try:
            await _heard(url, told, connected, silence)
        except (RedisError, OSError) as failure:
            outage.failed(failure)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _heard(
    url: str, told: Mapping[str, Callable[[], None]], connected: Callable[[], None], silence: float
) -> None:
    """One connection's life; raises RedisError or OSError at its end."""
    client: Any = make_client(url, connections=2)  # of its own: it is never given back, and requests need theirs
    channel: Any = None
    try:
        await client.ping()  # a cluster's nodes are looked up by that
        channel = client.pubsub()
        await channel.subscribe(CHANNEL)
        asked = False
        while True:
            message = await channel.get_message(timeout=silence)
            if message is None and asked:
                raise ConnectionLost("no answer")
            if asked := message is None:
                await channel.ping()
            elif message["type"] == "subscribe":
                connected()
            elif message["type"] == "message":
                told.get(_word(message["data"]), _nothing)()
    finally:
        with suppress(RedisError, OSError):
            if channel is not None:
                await channel.aclose()
            await client.aclose()


def _word(data: str | bytes) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


def _nothing() -> None:
    """For words of a newer version."""
