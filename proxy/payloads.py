"""Hands what left to the audit, without an exchange waiting for it: sealed, over a Redis stream of its own.

The trail proves that something left before it does; the payload is for looking at it. Writing it into the database is
`policies.payload_stream`, in the process that also writes the trail.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from redis.asyncio import Redis

from policies.db import Database
from policies.payload_stream import add_command
from policies.payloads import Payload, find_payload
from policies.sealing import Sealer
from proxy.metrics import Metrics
from proxy.vault.batches import Batches
from proxy.vault.connection import Client

_ON_THE_WAY_BYTES = 64 * 1024 * 1024


class Payloads:
    """Takes payloads, and finds those that were written."""

    def __init__(self, client: Client, database: Database, sealer: Sealer, metrics: Metrics) -> None:
        self._sender: Any = Batches(client) if isinstance(client, Redis) else client
        self._hurry = {"hurry": False} if isinstance(client, Redis) else {}
        self._database = database
        self._sealer = sealer
        self._metrics = metrics
        self._on_the_way = 0

    def keep(self, payload: Payload) -> None:
        """Send one; when memory may hold no more of those that are on the way, it is dropped and counted."""
        size = len(payload.body)
        if self._on_the_way + size > _ON_THE_WAY_BYTES:
            self._metrics.payloads_dropped.inc()
            return
        self._on_the_way += size
        sent = asyncio.ensure_future(self._sender.execute_command(*add_command(payload, self._sealer), **self._hurry))
        sent.add_done_callback(partial(self._done, size))

    def _done(self, size: int, sent: asyncio.Future[Any]) -> None:
        self._on_the_way -= size
        if sent.cancelled() or sent.exception() is not None:
            self._metrics.payloads_dropped.inc()

    async def find(self, exchange: str, tenant: str) -> Payload | None:
        """What left in an exchange of the tenant, when it is kept. Raises DatabaseUnavailable, SealBroken."""
        return await find_payload(self._database, self._sealer, exchange, tenant)
