"""The console routes of the report engine, for the entry point `sting.console_routes`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from policies.console_routes import ConsoleContext, ConsoleRoute
from reports.desk import open_desk
from reports.opening import NoRedis, redis_url
from reports.queue import BullQueue
from reports.routes_documents import DocumentRoutes
from reports.routes_review import ReviewRoutes
from reports.routes_runs import RunRoutes


@asynccontextmanager
async def mounted(context: ConsoleContext) -> AsyncIterator[Sequence[ConsoleRoute]]:
    """The routes, while the console runs. Without a queue at hand, workers find new runs in the database."""
    try:
        queue = BullQueue(redis_url(context.settings))
    except NoRedis:
        queue = None
    desk = open_desk(context.settings, context.database, context.sealer, queue)
    try:
        yield (*RunRoutes(desk).routes(), *ReviewRoutes(desk).routes(), *DocumentRoutes(desk).routes())
    finally:
        if queue is not None:
            await queue.close()
