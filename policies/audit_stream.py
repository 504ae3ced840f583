"""Moves audit entries from the Redis stream into the chain: intent and outcome of an exchange become one row.

The stream itself is the state: an entry is deleted after its row is committed, so a drainer that dies loses nothing
and the next one starts from the stream's beginning; a row that is already there is not written twice.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from redis.exceptions import RedisError

from policies.audit import AuditChain, AuditEvent, event_from_fields
from policies.audit_fields import read
from policies.db import DatabaseUnavailable
from policies.store_trouble import Outage, trouble

STREAM = "sting:{audit}:events"
INTENT_MINUTES = 60
"""Longer than any answer may take: an intent without outcome by then is written with outcome `unknown`."""
_LOCK_MS = 15_000
_BATCH = 500
_BLOCK_MS = 1_000
_CHECKPOINT_ROWS = 200
_CHECKPOINT_MS = 60_000
_RETRY_SECONDS = 1.0
_LOST_INTENT_MS = 60_000
_GATHER_SECONDS = 0.25
"""Pause between passes that were not full: a transaction for many rows costs little more than one for a few."""
_EXTEND = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"

_log = logging.getLogger(__name__)


class StreamClient(Protocol):
    """The one method of `redis.asyncio` clients (single, cluster, sentinel) that draining needs."""

    def execute_command(self, *args: Any, **options: Any) -> Awaitable[Any]:  # noqa: ANN401 - as redis-py has it
        """Send one command."""
        ...


@dataclass(slots=True)
class _Exchange:
    """What has been read of one exchange: entry ids to delete later, and the merged fields."""

    first_seen: int
    ids: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


class Drainer:
    """Drains one stream into one chain. Every gateway may run one: a lock in Redis lets one of them work at a time.

    `now` is UTC milliseconds.
    """

    def __init__(
        self,
        client: StreamClient,
        chain: AuditChain,
        *,
        stream: str = STREAM,
        intent_minutes: float = INTENT_MINUTES,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._client = client
        self._chain = chain
        self._stream = stream
        self._lock = f"{stream}:drainer"
        self._patience_ms = intent_minutes * 60_000
        self._now = now
        self._token = secrets.token_hex(8)
        self._holds_lock = False
        self._cursor = "0-0"
        self._open: dict[str, _Exchange] = {}
        self._unsigned = 0
        self._signed_at = now()

    async def run(self) -> None:
        """Drain until cancelled; failures are logged and tried again. The lock is given back at the end."""
        outage = Outage(_log, "the audit trail")
        try:
            while True:
                try:
                    moved = await self.drain_once(block_ms=_BLOCK_MS)
                    outage.worked()
                    pause = 0.0 if moved >= _BATCH else _GATHER_SECONDS if self._holds_lock else _RETRY_SECONDS
                except (RedisError, OSError, DatabaseUnavailable) as error:
                    self._start_over()
                    outage.failed(error)
                    pause = _RETRY_SECONDS
                await asyncio.sleep(pause)
        finally:
            await self.close()

    async def drain_once(self, *, block_ms: int | None = None) -> int:
        """One pass: read what is new, write what is complete, delete it from the stream. Returns the rows written.

        Does nothing while another drainer holds the lock. Raises RedisError, DatabaseUnavailable.
        """
        if not await self._take_lock():
            return 0
        await self._read(block_ms)
        written = await self._write([exchange for exchange, entry in self._open.items() if self._complete(entry)])
        await self._sign()
        return written

    async def close(self) -> None:
        """Sign what is not signed yet and give the lock back; a store that is gone is no error here."""
        if not self._holds_lock:
            return
        try:
            await self._chain.checkpoint(self._now())
            await self._client.execute_command("EVAL", _RELEASE, 1, self._lock, self._token)
        except (RedisError, OSError, DatabaseUnavailable) as error:
            _log.warning("the audit trail could not be signed at the end: %s", trouble(error))
        self._start_over()

    async def _take_lock(self) -> bool:
        if self._holds_lock:
            extended = await self._client.execute_command("EVAL", _EXTEND, 1, self._lock, self._token, _LOCK_MS)
            if extended:
                return True
            self._start_over()
        taken = await self._client.execute_command("SET", self._lock, self._token, "NX", "PX", _LOCK_MS)
        self._holds_lock = bool(taken)
        return self._holds_lock

    def _start_over(self) -> None:
        """Forget what was read: it is still in the stream."""
        self._holds_lock = False
        self._cursor = "0-0"
        self._open.clear()

    async def _read(self, block_ms: int | None) -> None:
        block = () if block_ms is None else ("BLOCK", block_ms)
        answer = await self._client.execute_command(
            "XREAD", "COUNT", _BATCH, *block, "STREAMS", self._stream, self._cursor
        )
        broken = []
        for entry_id, fields in entries_of(answer):
            self._cursor = entry_id
            known = [flat for flat in read(fields) if flat.get("exchange")]
            if not known:
                broken.append(entry_id)
            for flat in known:
                self._note(entry_id, flat)
        if broken:
            _log.error("audit drainer: %d entries without exchange id", len(broken))
            await self._delete(broken)

    def _note(self, entry_id: str, flat: Mapping[str, str]) -> None:
        """One event of an entry."""
        entry = self._open.get(flat["exchange"])
        if entry is None:
            entry = self._open[flat["exchange"]] = _Exchange(self._now())
        entry.ids.append(entry_id)
        # `at` stays the intent's (when the exchange began); what a later entry leaves empty stays as it was
        begun = entry.fields.get("at")
        entry.fields.update({name: text for name, text in flat.items() if text})
        if begun is not None:
            entry.fields["at"] = begun

    def _complete(self, entry: _Exchange) -> bool:
        """True with its outcome, or when the outcome is overdue by the entry's own time.

        An outcome that lacks its intent (only that tells `at`) waits for the gateway to say the whole again.
        """
        if entry.fields.get("kind") == "outcome":
            return "at" in entry.fields or self._now() - entry.first_seen > _LOST_INTENT_MS
        at = entry.fields.get("at", "")
        begun = int(at) if at.isdecimal() else entry.first_seen
        return self._now() - begun > self._patience_ms

    async def _write(self, exchanges: list[str]) -> int:
        if not exchanges:
            return 0
        events = [self._event(self._open[exchange]) for exchange in exchanges]
        written = await self._chain.append(events)
        self._unsigned += written
        # Of an entry with several events all are outcomes, so all of them are written by now
        await self._delete(list(dict.fromkeys(one for exchange in exchanges for one in self._open[exchange].ids)))
        for exchange in exchanges:
            del self._open[exchange]
        return written

    @staticmethod
    def _event(entry: _Exchange) -> AuditEvent:
        return event_from_fields({"at": str(entry.first_seen), **entry.fields})

    async def _delete(self, ids: list[str]) -> None:
        for start in range(0, len(ids), _BATCH):
            await self._client.execute_command("XDEL", self._stream, *ids[start : start + _BATCH])

    async def _sign(self) -> None:
        due = self._unsigned >= _CHECKPOINT_ROWS or self._now() - self._signed_at >= _CHECKPOINT_MS
        if self._unsigned and due:
            await self._chain.checkpoint(self._now())
            self._unsigned, self._signed_at = 0, self._now()


def entries_of(answer: Any) -> list[tuple[str, Mapping[str, str]]]:  # noqa: ANN401 - RESP2 and RESP3 differ in shape
    """Entries of an XREAD answer for one stream, as text, whatever the protocol version and decoding."""
    return [
        (entry_id, {name: _text(value) for name, value in fields.items()})
        for entry_id, fields in raw_entries_of(answer)
    ]


def raw_entries_of(answer: Any) -> list[tuple[str, Mapping[str, str | bytes]]]:  # noqa: ANN401 - as `entries_of`
    """The same with values as they came."""
    if not answer:
        return []
    streams = list(answer.values()) if isinstance(answer, dict) else [entries for _, entries in answer]
    entries = streams[0]
    if len(entries) == 1 and not isinstance(entries[0][0], str | bytes):
        entries = entries[0]  # redis-py wraps RESP3 answers once more
    result: list[tuple[str, Mapping[str, str | bytes]]] = []
    for entry_id, flat in entries:
        pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2], strict=True)
        result.append((_text(entry_id), {_text(name): value for name, value in pairs}))
    return result


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
