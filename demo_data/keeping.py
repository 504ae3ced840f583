"""`sting demo keep`: the reset of a public demo whose parts run one by one, on an external PostgreSQL and Redis.

It runs beside the parts for as long as the demo does. What is due, or was interrupted, it does while no part runs
(`policies.demo_claim`): rows, keys and the folder that console and workers share are emptied; then the parts start
again, and the demo sets are loaded. Only stores that were empty when the demo began in them are ever emptied.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from policies import demo_claim, demo_reset
from policies.commands_up import demo_commands
from policies.db import database_url, open_database
from policies.demo_claim import Mark
from policies.demo_reset import NoDemoFolder
from policies.redis_client import make_client
from policies.service_keys import gateway_url
from policies.settings import environment
from policies.supervising import Child, Supervisor

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from policies.redis_client import Client
    from policies.settings import Settings

REDIS_MARK = "sting:demo"
"""Its value names the demo whose Redis this is, as the mark in the database does."""
_HOUR = 3600.0
_LOOK_SECONDS = 1.0
_REDIS_SECONDS = 30.0
_log = logging.getLogger("sting.demo")


@dataclass(frozen=True, slots=True)
class Stores:
    """All that a demo writes to: a connection to the database, Redis, and the folder of console and workers."""

    connection: AsyncConnection
    redis: Client
    folder: Path
    hours: float


async def keep(settings: Settings, options: tuple[str, ...], announce: Callable[[], None]) -> None:
    """Reset the demo whenever it is due, until this is cancelled. `announce` is told each time the sets are loaded.

    `options` are the words of the configuration for the commands that load. Raises NoDemoFolder when the stores are no
    demo's; DatabaseUnavailable, RedisError, OSError.
    """
    _refuse_others(settings)
    hours, folder = settings.demo.reset_hours, settings.data_dir
    with demo_reset.owned(folder, hours):
        while True:
            async with opened(settings) as stores:
                if await is_due(stores, time.time()):
                    await reset(stores, time.time())
                    _log.warning("the demo was reset")
            await _gateway_listens(settings)
            await _load(options)
            announce()
            while not demo_reset.is_due(folder, time.time()):  # noqa: ASYNC110 - by the clock on the wall
                await asyncio.sleep(_LOOK_SECONDS)


def _refuse_others(settings: Settings) -> None:
    if not demo_claim.kept_from_outside(settings):
        raise NoDemoFolder(
            "this is for a demo on an external database: demo_mode: true, demo.reset_hours above 0 and database.url of "
            "a PostgreSQL. A demo on embedded stores is reset by `sting up`"
        )
    if settings.redis.embedded or settings.storage.url != "embedded":
        raise NoDemoFolder(
            "the demo's parts share one redis.url, and its files lie in the data folder that console, workers and "
            "this command share (storage.url: embedded): nothing else is reset"
        )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Stores]:
    """The stores for the length of the block. Raises DatabaseUnavailable."""
    await (await open_database(settings)).close()  # tables of another version are refused with the command to run
    redis = make_client(settings.redis.url, timeout=_REDIS_SECONDS, connections=1)
    try:
        async with demo_claim.alone(database_url(settings)) as connection:
            yield Stores(connection, redis, settings.data_dir, settings.demo.reset_hours)
    finally:
        await redis.aclose()


async def is_due(stores: Stores, now: float) -> bool:
    """Whether a reset is due at `now`, was begun and not finished, or no demo has begun in these stores yet."""
    mark = await demo_claim.read_mark(stores.connection)
    begun = demo_reset.next_reset(stores.folder) is not None
    return mark is None or not mark.whole or not begun or demo_reset.is_due(stores.folder, now)


async def reset(stores: Stores, now: float) -> None:
    """Wait until no part runs, and empty everything. Interrupted, it leaves stores on which no part starts.

    Raises NoDemoFolder, with nothing touched, when a store is no demo's.
    """
    async with demo_claim.no_part_running(stores.connection):
        demo = await _own_demo(stores)
        await asyncio.to_thread(demo_reset.begin, stores.folder, now)
        await demo_claim.write_mark(stores.connection, Mark(demo, whole=False))
        await demo_claim.empty_tables(stores.connection)
        await stores.redis.flushdb(asynchronous=True)
        await stores.redis.set(REDIS_MARK, demo)
        await asyncio.to_thread(demo_reset.empty, stores.folder)
        await asyncio.to_thread(demo_reset.finish, stores.folder, now + stores.hours * _HOUR)
        await demo_claim.write_mark(stores.connection, Mark(demo, whole=True))


async def _own_demo(stores: Stores) -> str:
    """The name of the demo that these stores belong to, a new one when they are empty. Raises NoDemoFolder."""
    mark = await demo_claim.read_mark(stores.connection)
    if mark is None and (table := await demo_claim.holding_rows(stores.connection)):
        raise NoDemoFolder(
            f"the database holds data that no demo has made (table {table}), and a demo deletes all of it every "
            f"{stores.hours:g} hours. Give it an empty database, or set demo.reset_hours: 0"
        )
    named = await stores.redis.get(REDIS_MARK)
    if named is None and await stores.redis.dbsize():
        raise NoDemoFolder(
            "the Redis holds keys, and no mark that they are this demo's. Give the demo a Redis of its own; if this "
            "is it and it has lost the mark, stop the parts and empty it: FLUSHDB"
        )
    if named is not None and (mark is None or _text_of(named) != mark.demo):
        raise NoDemoFolder("the Redis is another demo's; give this one a Redis of its own, or empty it: FLUSHDB")
    return mark.demo if mark is not None else secrets.token_hex(8)


def _text_of(value: bytes | str) -> str:
    """What Redis answered, as text."""
    return value.decode() if isinstance(value, bytes) else value


async def _gateway_listens(settings: Settings) -> None:
    """Wait for the demo's gateway: the commands that load would start one of their own in its place."""
    while True:
        place = urlsplit(gateway_url(settings))
        with suppress(OSError):
            port = place.port if place.port is not None else {"http": 80, "https": 443}[place.scheme]
            _, writer = await asyncio.open_connection(place.hostname, port)
            writer.close()
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _load(options: tuple[str, ...]) -> None:
    """Run the commands that load the demo sets, each until it succeeds: the parts that they ask are starting."""
    supervisor = Supervisor(environment())
    for words in demo_commands():
        pause = 1.0
        while await supervisor.run(Child(words[0], (*words, *options))):
            _log.warning("the demo sets are not loaded yet", extra={"command": " ".join(words), "again_in": pause})
            await asyncio.sleep(pause)
            pause = min(2 * pause, 30.0)
