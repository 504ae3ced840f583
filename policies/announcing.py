"""Tells every gateway at once that something in the database has changed (docs/decisions/0690).

A message is the word for what has changed, never what it is now: who hears it looks into the database. Nobody relies
on messages: one that is missed is made up for by the next look. Hearing them is `policies.hearing`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Final

from policies.running import find_running
from policies.settings import Settings

CHANNEL: Final = "sting:changes"
WORDS: Final[Mapping[str, str]] = {
    "records": "records",
    "virtual_keys": "keys",
    "known_value_versions": "values",
    "day_keys": "day-keys",
}
"""What is said of a change, by the table that it is made in; of other tables nothing is."""
_PATIENCE: Final = 1.0
"""Seconds that an edit waits, at most, for its message to be taken."""
_log = logging.getLogger("sting.changes")


class Announcer:
    """Says in Redis what has changed: at `url`, else where `settings` mean it. It connects each time: that is rare."""

    def __init__(self, settings: Settings, url: str | None = None) -> None:
        self._settings = settings
        self._known_url = url

    async def tell(self, tables: Collection[str]) -> None:
        """Say that these tables have changed. Without a Redis, or when it fails, nothing is said; raises nothing."""
        words = sorted({WORDS[table] for table in tables if table in WORDS})
        if not words:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._say(words)
        except Exception as failure:  # noqa: BLE001 - the change is made; a message may be missed, whatever the reason
            _log.info("a change was not announced", extra={"fault": type(failure).__name__})

    async def _say(self, words: list[str]) -> None:
        url = await asyncio.to_thread(self._url)
        if url is None:
            return
        from policies.redis_client import make_client  # noqa: PLC0415 - most commands say nothing

        client = make_client(url, timeout=_PATIENCE, connections=1)
        try:
            for word in words:
                await client.execute_command("PUBLISH", CHANNEL, word)
        finally:
            await client.aclose()

    def _url(self) -> str | None:
        if self._known_url is not None:
            return self._known_url
        if not self._settings.redis.embedded:
            return self._settings.redis.url
        running = find_running(self._settings.data_dir)
        return running.redis if running is not None else None  # nobody runs: nobody is to be told
