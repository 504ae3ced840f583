"""Moves sealed payloads from a Redis stream into the database: bounded, and allowed to lose some, unlike the trail."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Mapping

from redis.exceptions import RedisError

from policies.audit_stream import StreamClient, entries_of
from policies.db import Database, DatabaseUnavailable
from policies.payloads import Payload, sealed_row, store_payloads
from policies.sealing import Sealer

STREAM = "sting:{audit}:payloads"
_MOST = 10_000
"""Entries that may wait; the oldest give way."""
_BATCH = 200
_BLOCK_MS = 1_000
_RETRY_SECONDS = 1.0
_NUMBERS = ("at", "size")

_log = logging.getLogger(__name__)


def add_command(payload: Payload, sealer: Sealer) -> tuple[str | bytes | int, ...]:
    """The Redis command that adds a payload to the stream; nothing in it is readable but ids, size and digest."""
    row = sealed_row(payload, sealer)
    row["sealed"] = base64.b64encode(row["sealed"])
    return ("XADD", STREAM, "MAXLEN", "~", _MOST, "*", *(word for pair in row.items() for word in pair))


class PayloadDrainer:
    """Drains the stream into the database. Several may run: a payload that is there already is not written twice."""

    def __init__(self, client: StreamClient, database: Database) -> None:
        self._client = client
        self._database = database

    async def run(self) -> None:
        """Drain until cancelled; failures are logged and tried again."""
        while True:
            try:
                await self.drain_once(block_ms=_BLOCK_MS)
            except (RedisError, OSError, DatabaseUnavailable) as error:
                _log.warning("payload drainer: %s, trying again", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def drain_once(self, *, block_ms: int | None = None) -> int:
        """Write what waits, at most one batch; returns how many entries were taken."""
        block = () if block_ms is None else ("BLOCK", block_ms)
        answer = await self._client.execute_command("XREAD", "COUNT", _BATCH, *block, "STREAMS", STREAM, "0")
        entries = entries_of(answer)
        if not entries:
            return 0
        rows = [row for _, fields in entries if (row := _row(fields)) is not None]
        await store_payloads(self._database, rows)
        await self._client.execute_command("XDEL", STREAM, *(entry_id for entry_id, _ in entries))
        return len(entries)


def _row(fields: Mapping[str, str]) -> dict[str, object] | None:
    """The table's row; None for an entry that is none of ours."""
    try:
        row: dict[str, object] = {name: fields[name] for name in ("exchange", "tenant", "digest")}
        row |= {name: int(fields[name]) for name in _NUMBERS}
        return row | {"sealed": base64.b64decode(fields["sealed"], validate=True)}
    except (KeyError, ValueError):
        return None
