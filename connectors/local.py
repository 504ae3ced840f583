"""Jars and gateway for commands on this machine, whether `sting up` runs or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.gateway_client import GatewayClient, gateway_client
from connectors.jars import DEFAULT_TENANT, Jars
from connectors.objects import open_store
from policies.db import open_database
from policies.master_key import open_sealer
from policies.quotas import quota_of
from policies.running import find_running, is_begun
from policies.service_keys import gateway_access
from policies.settings import Settings, environment
from policies.supervising import Child, Supervisor

_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: its settings, and the options that they were read from, for a gateway of its own."""

    settings: Settings
    config: Path | None
    data_dir: Path | None
    tenant: str = DEFAULT_TENANT


@asynccontextmanager
async def local_jars(place: Place) -> AsyncIterator[Jars]:
    """The jars of this installation. Raises DatabaseUnavailable, StorageFailed, SettingsError."""
    sealer = open_sealer(place.settings)
    database = await open_database(place.settings)
    try:
        store, most = open_store(place.settings), quota_of(place.settings.quotas).rows
        yield Jars(database, sealer, store, place.tenant, most_rows=most)
    finally:
        await database.close()


@asynccontextmanager
async def local_gateway(place: Place, jars: Jars) -> AsyncIterator[GatewayClient]:
    """The gateway that runs, else one of our own for the length of the block. Raises ChildEnded, GatewayFailed."""
    async with AsyncExitStack() as stack:
        if place.settings.gateway.url is None and not await _runs_here(place.settings.data_dir):
            supervisor = Supervisor(environment())
            stack.push_async_callback(supervisor.stop)
            await supervisor.start(Child("gateway", _words(place), ("gateway",)))
        access = await gateway_access(place.settings, jars.database, jars.sealer, jars.tenant)
        yield await stack.enter_async_context(gateway_client(access))


async def _runs_here(data_dir: Path) -> bool:
    """Whether a gateway runs over this folder; one that is starting is waited for, since it has the stores."""
    while find_running(data_dir) is None:
        if not is_begun(data_dir):
            return find_running(data_dir) is not None
        await asyncio.sleep(_LOOK_SECONDS)
    return True


def _words(place: Place) -> tuple[str, ...]:
    words: tuple[str, ...] = ("gateway", "--port", "0", "--log-level", "error")
    if place.config is not None:
        words += ("--config", str(place.config))
    return (*words, "--data-dir", str(place.settings.data_dir))
