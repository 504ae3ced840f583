"""How the parts of the report engine are opened: the same for the worker, the console's routes and the commands."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.jar_access import Access, Grant, access_of
from connectors.jar_access import Person as JarPerson
from connectors.jar_tables import GrantRow
from connectors.jars import Jars
from connectors.objects import open_store
from policies.db import Database
from policies.running import find_running
from policies.sealing import Sealer
from policies.service_keys import gateway_access
from policies.settings import Settings
from reports.gateway import ReportGateway

if TYPE_CHECKING:
    from connectors.objects import ObjectStore
    from reports.working import GatewayFor, ReaderFor


class NoRedis(Exception):
    """The queue's Redis is the embedded one, and nothing runs that would have started it."""


def now_ms() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def templates_dir(settings: Settings) -> Path:
    """Where an installation keeps its own report templates."""
    return settings.data_dir / "templates"


def redis_url(settings: Settings) -> str:
    """The address of the Redis that holds the queue. Raises NoRedis."""
    if not settings.redis.embedded:
        return settings.redis.url
    running = find_running(settings.data_dir)
    if running is None:
        raise NoRedis("nothing runs on this data directory: start `sting up` (or `sting gateway`) first")
    return running.redis


def readers(settings: Settings, database: Database, sealer: Sealer) -> ReaderFor:
    """Readers of jars per tenant; the store behind is opened once."""
    store: ObjectStore = open_store(settings)
    return lambda tenant: Jars(database, sealer, store, tenant)


def gateways(settings: Settings, database: Database, sealer: Sealer) -> GatewayFor:
    """Gateways per tenant and session, with the tenant's service key."""

    @asynccontextmanager
    async def opened(tenant: str, session: str, policy: str | None, ttl: int) -> AsyncIterator[ReportGateway]:
        access = await gateway_access(settings, database, sealer, tenant)
        async with ReportGateway(access, session, policy=policy, ttl=ttl) as gateway:
            yield gateway

    def gateway(tenant: str, session: str, policy: str | None, ttl: int) -> AbstractAsyncContextManager[ReportGateway]:
        return opened(tenant, session, policy, ttl)

    return gateway


async def jar_access(
    settings: Settings, database: Database, sealer: Sealer, tenant: str, jar: str, person: JarPerson
) -> tuple[str, frozenset[Access]]:
    """The id of a jar of the tenant, and what a person may do with it. Raises LookupError."""
    from sqlalchemy import select  # noqa: PLC0415 - with its readers above only

    jars = Jars(database, sealer, open_store(settings), tenant)
    row = await jars.row(jar)
    async with database.session() as session:
        grants = (await session.scalars(select(GrantRow).where(GrantRow.jar == row.id))).all()
    given = [Grant(grant.grantee, grant.access) for grant in grants]  # type: ignore[arg-type] # checked when written
    return row.id, access_of(person, row.owner, row.kind, given)  # type: ignore[arg-type] # checked when written
