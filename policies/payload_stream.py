"""Moves sealed payloads from a Redis stream into the database: bounded, and allowed to lose some, unlike the trail."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence

from redis.exceptions import RedisError

from policies.audit_stream import StreamClient, raw_entries_of
from policies.db import Database, DatabaseUnavailable
from policies.payloads import Payload, sealed_row, store_payloads
from policies.sealing import SealBroken, Sealer
from policies.store_trouble import Outage

STREAM = "sting:{audit}:payloads"
_FIELD = "sealed"
_CONTEXT = "payloads/on-the-way"
_LENGTH = 4
_MOST = 1_000
"""Entries that may wait; the oldest give way."""
_BATCH = 20
_BLOCK_MS = 1_000
_RETRY_SECONDS = 1.0
_GATHER_SECONDS = 0.1
"""Pause between passes that were not full: a transaction for one entry costs as much as one for several."""

_log = logging.getLogger(__name__)


def add_command(payloads: Sequence[Payload], sealer: Sealer) -> tuple[str | bytes | int, ...]:
    """The Redis command that adds payloads to the stream, sealed together: nothing in it is readable."""
    heads = [[item.exchange, item.tenant, item.at, item.size, item.digest, len(item.body)] for item in payloads]
    head = json.dumps(heads).encode()
    packed = b"".join([len(head).to_bytes(_LENGTH), head, *(item.body for item in payloads)])
    return ("XADD", STREAM, "MAXLEN", "~", _MOST, "*", _FIELD, sealer.seal(packed, _CONTEXT))


def _payloads(sealed: str | bytes, sealer: Sealer) -> list[Payload]:
    """What `add_command` packed; nothing for what was not packed by it, or not under these keys."""
    try:
        packed = sealer.open(sealed if isinstance(sealed, bytes) else b"", _CONTEXT)
    except SealBroken:
        return []
    start = _LENGTH + int.from_bytes(packed[:_LENGTH])
    found = []
    for exchange, tenant, at, size, digest, length in json.loads(packed[_LENGTH:start]):
        found.append(Payload(exchange, tenant, at, size, digest, packed[start : start + length]))
        start += length
    return found


class PayloadDrainer:
    """Drains the stream into the database. Several may run: a payload that is there already is not written twice."""

    def __init__(self, client: StreamClient, database: Database, sealer: Sealer) -> None:
        self._client = client
        self._database = database
        self._sealer = sealer

    async def run(self) -> None:
        """Drain until cancelled; failures are logged and tried again."""
        outage = Outage(_log, "what left, for looking at it (`audit.payloads`),")
        while True:
            try:
                taken = await self.drain_once(block_ms=_BLOCK_MS)
                outage.worked()
                if taken < _BATCH:
                    await asyncio.sleep(_GATHER_SECONDS)
            except (RedisError, OSError, DatabaseUnavailable) as error:
                outage.failed(error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def drain_once(self, *, block_ms: int | None = None) -> int:
        """Write what waits, at most one batch; returns how many entries were taken."""
        block = () if block_ms is None else ("BLOCK", block_ms)
        answer = await self._client.execute_command("XREAD", "COUNT", _BATCH, *block, "STREAMS", STREAM, "0")
        entries = raw_entries_of(answer)
        if not entries:
            return 0
        found = [payload for _, fields in entries for payload in _payloads(fields.get(_FIELD, b""), self._sealer)]
        await store_payloads(self._database, [sealed_row(payload, self._sealer) for payload in found])
        await self._client.execute_command("XDEL", STREAM, *(entry_id for entry_id, _ in entries))
        return len(entries)
