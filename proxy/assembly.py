"""The parts of a gateway, put together from the settings and taken apart again in the right order."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError

from policies.audit import AuditChain, load_signing_key
from policies.audit_stream import Drainer
from policies.db import Database, DatabaseUnavailable, open_database
from policies.keyring import Keyring
from policies.keys import VirtualKeys
from policies.loader import load_policies
from policies.master_key import open_sealer
from policies.model import Policy
from policies.sealing import Sealer
from policies.settings import Settings, check_policy_names
from policies.values import ValueLists
from proxy.core.prefixes import Prefixes
from proxy.detectors.cache import CachedDetector
from proxy.detectors.known_values import KnownValues, KnownValuesDetector
from proxy.detectors.pool import PoolDetector
from proxy.limits import Limiter
from proxy.metrics import Metrics
from proxy.readiness import Readiness
from proxy.services import Background, Services
from proxy.translating import Translating
from proxy.upstream.configured import providers_from, routes_from
from proxy.upstream.sending import Providers
from proxy.vault.client import make_client
from proxy.vault.connection import Client
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.objects import RedisObjects
from proxy.vault.redis import RedisVault

_log = logging.getLogger("sting.assembly")
_HOUR = 3600.0
_CANCEL_SECONDS = 0.5
_GATEWAY = "_gateway"
"""Owner of secrets that belong to no tenant; no tenant's name may begin with `_`."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway's services and, beside them, what only its rim needs."""

    services: Services
    database: Database
    pool: PoolDetector
    readiness: Readiness
    valkey_url: str
    value_lists: ValueLists


@asynccontextmanager
async def assembled(settings: Settings) -> AsyncIterator[Gateway]:
    """A gateway's parts, running; everything is closed at the end, in the opposite order.

    Raises SettingsError, PolicyError, DatabaseUnavailable, VaultUnavailable, DetectionFailed, each with what to do.
    """
    policies = load_policies(settings.policies.directory)
    check_policy_names(settings, policies)
    async with AsyncExitStack() as stack:
        sealer = open_sealer(settings)
        database = await open_database(settings)
        stack.push_async_callback(database.close)
        keyring = Keyring(database, sealer, session_ttl_max=max(policy.session_ttl_max for policy in policies.values()))
        store = await _store(settings, keyring, stack)
        pool = await _workers(settings, policies, stack)
        providers = providers_from(settings)
        upstream = Translating(Providers(providers), providers)
        stack.push_async_callback(upstream.close)
        background = Background()
        stack.push_async_callback(background.finish)
        await _tend(stack, database, sealer, store.client, keyring)
        value_lists = ValueLists(database, sealer)
        known = KnownValues(value_lists)
        stack.push_async_callback(known.close)
        await known.start()
        metrics = Metrics()
        services = Services(
            settings=settings,
            policies=policies,
            keys=VirtualKeys(database, settings.keys),
            naming_keys=keyring,
            vault=store.vault,
            objects=store.objects,
            detector=KnownValuesDetector(CachedDetector(pool, entries=settings.detection.cache_entries), known),
            known=known,
            upstream=upstream,
            routes=routes_from(settings, providers),
            metrics=metrics,
            limiter=Limiter(store.client, metrics, settings),
            prefixes=Prefixes(secrets.token_bytes(32), settings.detection.cache_entries),
            background=background,
        )
        readiness = Readiness(store.vault, database, pool, policies[settings.policies.default])
        yield Gateway(services, database, pool, readiness, store.url, value_lists)


def worker_count(settings: Settings) -> int:
    """Detection workers: as configured, else one per core."""
    workers = settings.detection.workers
    return workers if isinstance(workers, int) else (os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class _Store:
    """What lies in Redis, and the client to it."""

    client: Client
    url: str
    vault: RedisVault
    objects: RedisObjects


async def _store(settings: Settings, keyring: Keyring, stack: AsyncExitStack) -> _Store:
    """The vault and what is kept beside it; the embedded server is started."""
    url, on_shred = settings.redis.url, None
    if settings.redis.embedded:
        valkey = await stack.enter_async_context(EmbeddedValkey(settings.data_dir))
        url, on_shred = valkey.url, valkey.rewrite
    client = make_client(url)
    stack.push_async_callback(client.aclose)
    address_key = await keyring.naming_key(_GATEWAY, "vault-address")
    vault = RedisVault(
        client, keyring, address_key=address_key, backlog_limit=settings.audit.backlog_limit, on_shred=on_shred
    )
    return _Store(client, url, vault, RedisObjects(client, keyring, address_key=address_key))


async def _workers(settings: Settings, policies: Mapping[str, Policy], stack: AsyncExitStack) -> PoolDetector:
    """Detection workers with the engines of the policies that the configuration names; others are loaded when used."""
    named = {settings.policies.default, *(key.policy for key in settings.keys if key.policy)}
    engines = tuple(dict.fromkeys(engine for name in sorted(named) for engine in policies[name].detection.engines))
    pool = PoolDetector(engines, workers=worker_count(settings), deadline=settings.detection.deadline_s)
    stack.push_async_callback(pool.close)
    await pool.start()
    return pool


async def _tend(stack: AsyncExitStack, database: Database, sealer: Sealer, client: Client, keyring: Keyring) -> None:
    """Start what runs beside the exchanges: draining the audit stream, dropping day keys whose time is over."""
    chain = AuditChain(database, await load_signing_key(database, sealer))
    drainer = Drainer(client, chain)
    tasks = [
        asyncio.get_running_loop().create_task(drainer.run()),
        asyncio.get_running_loop().create_task(_drop_day_keys(keyring)),
    ]
    stack.push_async_callback(_stopped, tasks, drainer)


async def _drop_day_keys(keyring: Keyring) -> None:
    while True:
        try:
            await keyring.drop_expired()
        except DatabaseUnavailable:
            _log.warning("day keys could not be looked through; that is tried again in an hour")
        await asyncio.sleep(_HOUR)


async def _stopped(tasks: list[asyncio.Task[None]], drainer: Drainer) -> None:
    """Write what the last exchanges left in the stream, then end."""
    while running := [task for task in tasks if not task.done()]:
        # More than once: redis-py loses a cancellation that arrives while it opens a connection.
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
    try:
        await drainer.drain_once()
    except (RedisError, OSError, DatabaseUnavailable) as error:
        # Nothing is lost: the next start drains what still stands in the stream.
        _log.warning("the last audit events stay in the stream", extra={"fault": type(error).__name__})
    await drainer.close()
