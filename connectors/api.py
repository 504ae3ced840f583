"""The console routes of connectors and honey jars, for the entry point `sting.console_routes`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from connectors.api_connectors import connector_routes
from connectors.api_gallery import gallery_routes
from connectors.api_jars import jar_routes
from connectors.boundaries import Boundaries
from connectors.console_calls import Desk
from connectors.objects import open_store
from connectors.upkeep import keep_up_always
from policies.console_routes import ConsoleContext, ConsoleRoute


@asynccontextmanager
async def mounted(context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
    """The routes, while the console runs."""
    desk = Desk(context, open_store(context.settings), Boundaries.of(context.settings.connectors))
    desk.running.add(
        asyncio.get_running_loop().create_task(keep_up_always(desk.jars_of, desk.gateway_of, desk.boundaries))
    )
    try:
        yield (*connector_routes(desk), *jar_routes(desk), *gallery_routes(desk))
    finally:
        await desk.close()
