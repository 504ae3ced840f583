"""Hands what left to the audit, without an exchange waiting for it: sealed, over a Redis stream of its own.

The trail proves that something left before it does; the payload is for looking at it. Writing it into the database is
`policies.payload_stream`, in the process that also writes the trail.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import partial
from typing import Any

from redis.asyncio import Redis

from policies.db import Database
from policies.payload_stream import add_command
from policies.payloads import BASE_MS, Payload, find_payload, sealed_row
from policies.redis_client import Client
from policies.sealing import Sealer
from proxy.metrics import Metrics
from proxy.vault.batches import Batches

_ON_THE_WAY_BYTES = 64 * 1024 * 1024
_GATHER_SECONDS = 0.05
_FULL_BYTES = 128 * 1024
"""So many bytes, which a socket takes in one piece, leave together at once; fewer wait a little for others."""


_BASES_BYTES = 16 * 1024 * 1024
"""Memory for bodies that later ones may begin as."""
_LONG = 4096
"""Bytes from which on a body may be such a one: shorter ones are as quickly sealed as compared."""
_MOST_OF_IT = 0.75
"""Share of a body that must stand in its base: so a conversation that grows gets a new base now and then."""


class Bases:
    """Of each conversation the body that was last kept whole: a later turn is told by it and what follows."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Payload] = OrderedDict()
        self._bytes = 0

    def base_of(self, payload: Payload, conversation: Hashable) -> tuple[str, int]:
        """The exchange whose body begins as this one's, and for how many bytes; without any this one is the next."""
        if len(payload.body) < _LONG:
            return "", 0
        known = self._kept.get(conversation)
        if known is not None and payload.at - known.at <= BASE_MS and known.tenant == payload.tenant:
            shared = shared_bytes(known.body, payload.body)
            if shared >= _MOST_OF_IT * len(payload.body):
                return known.exchange, shared
        self._bytes += len(payload.body) - (len(known.body) if known is not None else 0)
        self._kept[conversation] = payload
        self._kept.move_to_end(conversation)
        while self._bytes > _BASES_BYTES:
            self._bytes -= len(self._kept.popitem(last=False)[1].body)
        return "", 0

    def clear(self) -> None:
        """Forget all: one of them may not have reached Redis."""
        self._kept.clear()
        self._bytes = 0


def shared_bytes(one: bytes, other: bytes) -> int:
    """How many bytes both begin with. Halving, for a comparison of slices takes less than a step of the interpreter."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if other.startswith(one[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


class Payloads:
    """Takes payloads, and finds those that were written."""

    def __init__(self, client: Client, database: Database, sealer: Sealer, metrics: Metrics) -> None:
        self._sender: Any = Batches(client) if isinstance(client, Redis) else client
        self._hurry = {"hurry": False} if isinstance(client, Redis) else {}
        self._database = database
        self._sealer = sealer
        self._metrics = metrics
        self._on_the_way = 0
        self._bases = Bases()
        self._held: list[Mapping[str, Any]] = []
        self._held_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Future[Any]] = set()

    def keep(self, payload: Payload, conversation: Hashable = None) -> None:
        """Send one with others; when too many are on the way for the memory, it is dropped and counted.

        `conversation`: what the bodies that begin alike have in common.
        """
        if self._on_the_way + len(payload.body) > _ON_THE_WAY_BYTES:
            self._metrics.payloads_dropped.inc()
            return
        base, shared = self._bases.base_of(payload, conversation)
        size = len(payload.body) - shared
        self._on_the_way += size
        self._held.append(sealed_row(payload, self._sealer, base, shared))
        self._held_bytes += size
        if self._held_bytes >= _FULL_BYTES:
            self._send()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._send)

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, size, self._held, self._held_bytes = self._held, self._held_bytes, [], 0
        if not held:
            return
        sent = asyncio.ensure_future(self._sender.execute_command(*add_command(held, self._sealer), **self._hurry))
        self._sending.add(sent)
        sent.add_done_callback(partial(self._done, len(held), size))

    def _done(self, count: int, size: int, sent: asyncio.Future[Any]) -> None:
        self._sending.discard(sent)
        self._on_the_way -= size
        if sent.cancelled() or sent.exception() is not None:
            self._metrics.payloads_dropped.inc(count)
            self._bases.clear()

    async def close(self) -> None:
        """Send what is held, and wait until it is there."""
        self._send()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def find(self, exchange: str, tenant: str) -> Payload | None:
        """What left in an exchange of the tenant, when it is kept. Raises DatabaseUnavailable, SealBroken."""
        return await find_payload(self._database, self._sealer, exchange, tenant)
