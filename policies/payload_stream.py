"""Moves sealed payloads from a Redis stream into the database: bounded, and allowed to lose some, unlike the trail."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from redis.exceptions import RedisError

from policies.audit_stream import StreamClient, raw_entries_of
from policies.db import Database, DatabaseUnavailable
from policies.payloads import store_payloads
from policies.sealing import SealBroken, Sealer
from policies.store_trouble import Outage

STREAM = "sting:{audit}:payloads"
_HEADS, _BODIES = "heads", "bodies"
_CONTEXT = "payloads/heads/2"
"""Its number goes up with the columns: what another version packed is not read."""
_COLUMNS = ("exchange", "tenant", "at", "size", "digest", "base", "shared")
_MOST = 1_000
"""Entries that may wait; the oldest give way."""
_BATCH = 20
_BLOCK_MS = 1_000
_RETRY_SECONDS = 1.0
_GATHER_SECONDS = 0.1
"""Pause between passes that were not full: a transaction for one entry costs as much as one for several."""

_log = logging.getLogger(__name__)


def add_command(rows: Sequence[Mapping[str, Any]], sealer: Sealer) -> tuple[str | bytes | int, ...]:
    """The Redis command that adds rows (`sealed_row`) to the stream: nothing in it is readable, the rest sealed too."""
    heads = [[*(row[name] for name in _COLUMNS), len(row["sealed"])] for row in rows]
    sealed = sealer.seal(json.dumps(heads).encode(), _CONTEXT)
    bodies = b"".join([row["sealed"] for row in rows])
    return ("XADD", STREAM, "MAXLEN", "~", _MOST, "*", _HEADS, sealed, _BODIES, bodies)


def _rows(fields: Mapping[str, str | bytes], sealer: Sealer) -> list[dict[str, Any]]:
    """What `add_command` packed; nothing for what was not packed by it, or not under these keys."""
    sealed, bodies = fields.get(_HEADS), fields.get(_BODIES)
    if not isinstance(sealed, bytes) or not isinstance(bodies, bytes):
        return []
    try:
        heads = json.loads(sealer.open(sealed, _CONTEXT))
    except SealBroken:
        return []
    rows, start = [], 0
    for *columns, length in heads:
        rows.append(dict(zip(_COLUMNS, columns, strict=True)) | {"sealed": bodies[start : start + length]})
        start += length
    return rows


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
        rows = [row for _, fields in entries for row in _rows(fields, self._sealer)]
        await store_payloads(self._database, rows)
        await self._client.execute_command("XDEL", STREAM, *(entry_id for entry_id, _ in entries))
        return len(entries)
