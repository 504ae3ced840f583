from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from policies.db import Database
from policies.payload_stream import STREAM, PayloadDrainer
from policies.payloads import payload_of
from policies.sealing import Sealer
from proxy import payloads
from proxy.metrics import Metrics
from proxy.payloads import Payloads

BODY = b"Write to PERSON_K7Q2M9XA, at once"


class Stream:
    """Enough of Redis: one stream, in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, list[str]] = {}
        self.fails = False

    async def execute_command(self, *words: Any) -> Any:
        if self.fails:
            raise ConnectionError("away")
        if words[0] == "XADD":
            self.entries[f"{len(self.entries)}-1"] = [
                word.decode() if isinstance(word, bytes) else str(word) for word in words[6:]
            ]
        elif words[0] == "XREAD":
            return [[STREAM, [(name, flat) for name, flat in self.entries.items()]]] if self.entries else None
        else:
            for name in words[2:]:
                del self.entries[name]
        return None


def made(database: Database, stream: Stream) -> tuple[Payloads, Metrics]:
    metrics = Metrics()
    return Payloads(stream, database, Sealer([secrets.token_bytes(32)]), metrics), metrics  # type: ignore[arg-type] # a stand-in


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_payload_goes_through_the_stream_sealed_into_the_database(database: Database) -> None:
    stream = Stream()
    kept, _ = made(database, stream)
    kept.keep(payload_of("ex_1", "acme", 1, BODY))
    await settled()
    assert "PERSON" not in str(stream.entries)
    assert await PayloadDrainer(stream, database).drain_once() == 1
    assert not stream.entries
    found = await kept.find("ex_1", "acme")
    assert found is not None
    assert found.body == BODY
    assert await kept.find("ex_1", "other") is None


async def test_too_many_on_the_way_are_dropped_and_counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "_ON_THE_WAY_BYTES", 2 * len(BODY))
    stream = Stream()
    kept, metrics = made(database, stream)
    for number in range(4):
        kept.keep(payload_of(f"ex_{number}", "acme", 1, BODY))
    await settled()
    assert (len(stream.entries), metrics.payloads_dropped._value.get()) == (2, 2)


async def test_a_redis_that_is_away_stops_nobody(database: Database) -> None:
    stream = Stream()
    stream.fails = True
    kept, metrics = made(database, stream)
    kept.keep(payload_of("ex_1", "acme", 1, BODY))
    await settled()
    assert metrics.payloads_dropped._value.get() == 1


async def test_entries_of_a_strange_shape_are_taken_away(database: Database) -> None:
    stream = Stream()
    stream.entries = {"1-1": ["exchange", "ex_1"], "2-1": ["exchange", "x", "at", "no"]}
    assert await PayloadDrainer(stream, database).drain_once() == 2
    assert not stream.entries
