"""What one installation has once, however many processes answer requests: embedded Valkey, audit drainer, day keys."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from policies.alerts import prune_alerts
from policies.audit import AuditChain, load_signing_key
from policies.audit_retention import prune_audit, write_anchor
from policies.audit_stream import Drainer
from policies.db import Database, DatabaseUnavailable, open_database
from policies.keyring import Keyring
from policies.master_key import open_sealer
from policies.model import Policy
from policies.payload_stream import PayloadDrainer
from policies.payloads import prune_payloads
from policies.redis_client import Client, make_client
from policies.rollups import keep_rolled_up
from policies.settings import Settings
from policies.store_trouble import trouble
from proxy.changes import live_now
from proxy.feeds.alerts import AlertSender
from proxy.feeds.audit import AuditFeeder
from proxy.vault.batches import Batches
from proxy.vault.embedded import EmbeddedValkey

_log = logging.getLogger("sting.ground")
_HOUR = 3600.0
_DAY_MS = 86_400_000
_CANCEL_SECONDS = 0.5
_QUIET_SECONDS = 5.0
"""How long a database that does not answer is waited for at the end."""


@asynccontextmanager
async def grounded(settings: Settings) -> AsyncIterator[str]:
    """The stores, ready for `proxy.assembly`, with what runs beside the exchanges; gives the address of Redis.

    The audit stream is drained here and not in the processes that answer requests: writing the trail takes as much
    time as a warm request. Raises SettingsError, PolicyError, DatabaseUnavailable, VaultUnavailable.
    """
    async with AsyncExitStack() as stack:
        sealer = open_sealer(settings)
        database = await open_database(settings)
        stack.push_async_callback(database.close)
        policies = (await live_now(settings, database, sealer)).policies
        embedded = None
        if settings.redis.embedded:
            embedded = await stack.enter_async_context(EmbeddedValkey(settings.data_dir))
        url = settings.redis.url if embedded is None else embedded.url
        client = make_client(url)
        stack.push_async_callback(client.aclose)
        signing_key = await load_signing_key(database, sealer)
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        chain = AuditChain(database, signing_key, lambda signed: write_anchor(settings.data_dir, signed, signing_key))
        drainer = Drainer(client, chain)
        keyring = Keyring(database, sealer, session_ttl_max=longest_session(policies.values()))
        start = asyncio.get_running_loop().create_task
        tasks = [
            start(drainer.run()),
            start(PayloadDrainer(_for_large_answers(client), database, sealer).run()),
            start(AlertSender(database, settings.alerts).run()),
            *(start(AuditFeeder(database, name, feed).run()) for name, feed in settings.audit_feeds.items()),
            start(keep_rolled_up(chain)),
            start(_drop_old(keyring, chain, settings.audit.retention_days)),
        ]
        if embedded is not None:
            tasks.append(start(embedded.keep()))
        stack.push_async_callback(_stopped, tasks, drainer, database)
        yield url


def _for_large_answers(client: Client) -> Any:  # noqa: ANN401 - of both, what both take
    """What reads megabytes at half the cost: redis-py takes them in small pieces. A connection of its own."""
    return Batches(client) if isinstance(client, Redis) else client


def longest_session(policies: Iterable[Policy]) -> int:
    """Seconds that any policy lets a session live: day keys must outlive it."""
    return max(policy.session_ttl_max for policy in policies)


async def _drop_old(keyring: Keyring, chain: AuditChain, retention_days: int) -> None:
    """Every hour: day keys, audit rows and payloads whose time is over."""
    while True:
        now = time.time_ns() // 1_000_000
        before = now - retention_days * _DAY_MS
        try:
            await keyring.drop_expired()
            await prune_audit(chain, before, now)
            await prune_payloads(chain.database, before)
            await prune_alerts(chain.database, before)
        except DatabaseUnavailable:
            _log.warning("what is too old could not be looked through; that is tried again in an hour")
        await asyncio.sleep(_HOUR)


async def _stopped(tasks: list[asyncio.Task[None]], drainer: Drainer, database: Database) -> None:
    """Write what the last exchanges left in the stream, then end."""
    while running := [task for task in tasks if not task.done()]:
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_SECONDS):
                await database.quiet()
        # More than once: redis-py loses a cancellation that arrives while it opens a connection.
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
    try:
        await drainer.drain_once()
    except (RedisError, OSError, DatabaseUnavailable) as error:
        # Nothing is lost: the next start drains what still stands in the stream.
        _log.warning("the last audit events stay in the stream: %s", trouble(error))
    await drainer.close()
