"""Writes into the database without pause, as the console makes them, and which of those that were done are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from policies.db import Database, DatabaseUnavailable
from policies.key_rows import KeyRequest, create_key, list_keys


class Writes:
    """Makes virtual keys of a tenant of its own; `done` are the names of those that it was told were made."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self.done: set[str] = set()
        self.refused = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Writes]:
        """Writing from here on."""
        ending = asyncio.Event()

        async def write() -> None:
            number = 0
            while not ending.is_set():
                number += 1
                try:
                    await create_key(self._database, KeyRequest(f"chaos-{number}", tenant="chaos"), now=number)
                except DatabaseUnavailable:
                    self.refused += 1
                else:
                    self.done.add(f"chaos-{number}")
                await asyncio.sleep(0.02)

        task = asyncio.create_task(write())
        try:
            yield self
        finally:
            ending.set()
            await task
            await self._database.close()

    async def told(self) -> str:
        """How many were done, for the table; raises AssertionError when one of them is missing."""
        there = {key.principal.key_name for key in await list_keys(self._database, "chaos")}
        await self._database.close()
        missing = self.done - there
        assert self.done
        assert not missing, f"{len(missing)} acknowledged SQL writes are missing"
        return f"{len(self.done)} SQL writes beside it were acknowledged, {self.refused} refused, 0 lost"
