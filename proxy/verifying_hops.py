"""How each connection of an installation is secured: gateway, Redis, database, every provider. Nothing is sent."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import RedisError
from yarl import URL

from policies.db import Database, DatabaseUnavailable, database_url
from policies.hops import Hop
from policies.live import RecordFault, laid_records, with_records
from policies.redis_client import make_client
from policies.service_keys import gateway_url
from policies.settings import Settings, SettingsError
from proxy.hops import hop_of
from proxy.upstream.base import Provider
from proxy.upstream.configured import providers_from
from proxy.upstream.connections import Connections, NotConnected, origin_of

_SECONDS = 10.0
NOT_REACHED = Hop("not reached")
"""Refused, not found, too late, or with a certificate that is not trusted."""
IN_PROCESS = Hop("in process")
IN_A_FILE = Hop("file")


async def hops_of(settings: Settings) -> Mapping[str, Hop]:
    """Name of each other side and how the connection to it is secured. Connections are opened and closed at once."""
    found = {"gateway": await _listener(settings), "redis": await _redis(settings)}
    found["database"], live = await _database(settings)
    for name, provider in providers_from(live).items():
        found[f"provider {name}"] = await _provider(provider)
    return found


async def _listener(settings: Settings) -> Hop:
    """Its certificate is read, not judged: who calls it judges."""
    url = URL(gateway_url(settings))
    context: ssl.SSLContext | None = None
    if url.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError):
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(url.host, url.port, ssl=context)
            try:
                return hop_of(writer.transport)
            finally:
                writer.close()
    return NOT_REACHED


async def _redis(settings: Settings) -> Hop:
    if settings.redis.embedded:
        return Hop("plain", where="socket")
    client = make_client(settings.redis.url)
    try:
        if isinstance(client, RedisCluster):
            await client.initialize()
            connection: Any = client.get_random_node().acquire_connection()
        else:
            connection = await client.connection_pool.get_connection()  # type: ignore[no-untyped-call] # redis-py leaves it so
        await connection.connect()
        # redis-py has no public way to the socket of a connection
        hop = hop_of(connection._writer.transport)  # noqa: SLF001
        await connection.disconnect()
    except (RedisError, OSError):
        return NOT_REACHED
    finally:
        await client.aclose()
    return hop


async def _database(settings: Settings) -> tuple[Hop, Settings]:
    """Its hop, and the settings with the providers that people keep in it."""
    url = database_url(settings)
    if url.startswith("sqlite") and not await asyncio.to_thread(Path(url.partition("///")[2]).exists):
        return IN_A_FILE, settings
    database = Database(url)
    try:
        live = with_records(settings, await laid_records(database), {})
        if url.startswith("sqlite"):
            return IN_A_FILE, live
        async with database.session() as session:
            raw: Any = await (await session.connection()).get_raw_connection()
            return hop_of(raw.driver_connection._transport), live  # noqa: SLF001 - asyncpg has none either
    except DatabaseUnavailable:
        return NOT_REACHED, settings
    except RecordFault as fault:
        raise SettingsError(f"the database and the configuration do not fit: {fault}") from None
    finally:
        await database.close()


async def _provider(provider: Provider) -> Hop:
    if provider.kind == "demo":
        return IN_PROCESS
    connections = Connections([URL(provider.base_url).host or ""] if provider.local else [], limit=1, keep_alive=1.0)
    try:
        connection = await connections.take(origin_of(URL(provider.base_url).origin(), provider.way), _SECONDS)
        hop = hop_of(connection.transport)
        connections.drop(connection)
    except (NotConnected, ValueError):  # ValueError: its files cannot be used
        return NOT_REACHED
    finally:
        await connections.close()
    return hop
