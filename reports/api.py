"""The console routes of the report engine, for the entry point `sting.console_routes`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from policies.console_routes import ConsoleContext, ConsoleRoute


@asynccontextmanager
async def mounted(_context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
    """The routes, while the console runs."""
    yield ()
