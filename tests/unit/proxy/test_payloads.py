from __future__ import annotations

import hashlib
import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from policies.db import Database
from policies.payload_stream import STREAM, PayloadDrainer, add_command
from policies.payloads import BASE_MS, payload_context, payload_of, sealed_row
from policies.sealing import Sealer
from policies.tables import PayloadRow
from proxy import payloads
from proxy.metrics import Metrics
from proxy.payloads import Bases, Payloads, shared_bytes
from tests.gateway_fixture import until

SEALER = Sealer([secrets.token_bytes(32)])
BODY = b"Write to PERSON_K7Q2M9XA, at once"


class Stream:
    """Enough of Redis: one stream, in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, list[bytes]] = {}
        self.fails = False

    async def execute_command(self, *words: Any) -> Any:
        if self.fails:
            raise ConnectionError("away")
        if words[0] == "XADD":
            self.entries[f"{len(self.entries)}-1"] = [
                word if isinstance(word, bytes) else str(word).encode() for word in words[6:]
            ]
        elif words[0] == "XREAD":
            return [[STREAM, [(name, flat) for name, flat in self.entries.items()]]] if self.entries else None
        else:
            for name in words[2:]:
                del self.entries[name]
        return None


def made(database: Database, stream: Stream) -> tuple[Payloads, Metrics]:
    metrics = Metrics()
    return Payloads(stream, database, SEALER, metrics), metrics  # type: ignore[arg-type] # a stand-in


async def test_a_payload_goes_through_the_stream_sealed_into_the_database(database: Database) -> None:
    stream = Stream()
    kept, _ = made(database, stream)
    kept.keep(payload_of("ex_1", "acme", 1, BODY))
    kept.keep(payload_of("ex_2", "other", 2, b"short"))
    await kept.close()
    assert len(stream.entries) == 1
    assert not [word for word in ("PERSON", "acme", "ex_1") if word in str(stream.entries)]
    assert await PayloadDrainer(stream, database, SEALER).drain_once() == 1
    assert not stream.entries
    found = await kept.find("ex_1", "acme")
    assert found is not None
    assert found.body == BODY
    assert await kept.find("ex_1", "other") is None
    assert (await kept.find("ex_2", "other") or found).body == b"short"


async def test_too_many_on_the_way_are_dropped_and_counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "_ON_THE_WAY_BYTES", 2 * len(BODY))
    stream = Stream()
    kept, metrics = made(database, stream)
    for number in range(4):
        kept.keep(payload_of(f"ex_{number}", "acme", 1, BODY))
    await kept.close()
    assert (len(stream.entries), metrics.payloads_dropped._value.get()) == (1, 2)


async def test_payloads_leave_a_little_later_together_and_at_once_when_they_are_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "_FULL_BYTES", 2 * len(BODY))
    monkeypatch.setattr(payloads, "_GATHER_SECONDS", 0.001)
    stream = Stream()
    kept, _ = made(database, stream)
    for number in range(3):
        kept.keep(payload_of(f"ex_{number}", "acme", 1, BODY))
    await until(lambda: len(stream.entries) == 2)
    assert await PayloadDrainer(stream, database, SEALER).drain_once() == 2
    assert [await kept.find(f"ex_{number}", "acme") is not None for number in range(3)] == [True] * 3


async def test_a_redis_that_is_away_stops_nobody(database: Database) -> None:
    stream = Stream()
    stream.fails = True
    kept, metrics = made(database, stream)
    kept.keep(payload_of("ex_1", "acme", 1, BODY))
    await kept.close()
    assert metrics.payloads_dropped._value.get() == 1


async def test_a_body_is_sealed_once_and_stays_as_it_was_first(database: Database) -> None:
    stream = Stream()
    kept, _ = made(database, stream)
    for body in (BODY, b"said again"):
        kept.keep(payload_of("ex_1", "acme", 1, body))
        await kept.close()
    sent = [entry[-1] for entry in stream.entries.values()]
    assert [SEALER.open(one, payload_context("acme", "ex_1")) for one in sent] == [BODY, b"said again"]
    assert await PayloadDrainer(stream, database, SEALER).drain_once() == 2
    async with database.session() as session:
        (row,) = await session.scalars(select(PayloadRow))
    assert (row.sealed, row.digest) == (sent[0], "")
    found = await kept.find("ex_1", "acme")
    assert found is not None
    assert found.digest == hashlib.sha256(BODY).hexdigest()


async def test_entries_of_a_strange_shape_are_taken_away(database: Database) -> None:
    stream = Stream()
    foreign = Sealer([secrets.token_bytes(32)])
    words = add_command([sealed_row(payload_of("ex_1", "acme", 1, BODY), foreign)], foreign)[6:]
    stream.entries = {"1-1": [b"exchange", b"ex_1"], "2-1": [b"sealed", b"of before"]}
    stream.entries["3-1"] = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    assert await PayloadDrainer(stream, database, SEALER).drain_once() == 3
    assert not stream.entries
    async with database.session() as session:
        assert not list(await session.scalars(select(PayloadRow)))


TURN = b'{"role": "user", "content": "' + b"Write to PERSON_K7Q2M9XA, at once. " * 160 + b'"}'


def turns(count: int) -> bytes:
    return b'{"messages": [' + b", ".join([TURN] * count) + b"]}"


async def test_of_a_conversation_that_grows_what_is_new_is_sent_and_all_of_it_is_found(database: Database) -> None:
    stream = Stream()
    kept, _ = made(database, stream)
    sizes = []
    for number in range(1, 9):
        before = sum(len(entry[-1]) for entry in stream.entries.values())
        kept.keep(payload_of(f"ex_{number}", "acme", number, turns(number)), "a conversation")
        await kept.close()
        sizes.append(sum(len(entry[-1]) for entry in stream.entries.values()) - before)
    whole = [number for number, size in enumerate(sizes, 1) if size >= len(turns(number))]
    assert whole == [1, 2, 3, 5, 7]  # a new base where less than three quarters stand in the one before
    await PayloadDrainer(stream, database, SEALER).drain_once()
    for number in range(1, 9):
        found = await kept.find(f"ex_{number}", "acme")
        assert found is not None
        assert found.body == turns(number)


async def test_what_did_not_reach_redis_is_no_base(database: Database) -> None:
    stream = Stream()
    kept, _ = made(database, stream)
    stream.fails = True
    kept.keep(payload_of("ex_1", "acme", 1, turns(2)), "a conversation")
    await kept.close()
    stream.fails = False
    kept.keep(payload_of("ex_2", "acme", 2, turns(2)), "a conversation")
    await kept.close()
    await PayloadDrainer(stream, database, SEALER).drain_once()
    found = await kept.find("ex_2", "acme")
    assert found is not None
    assert found.body == turns(2)


def test_a_base_is_of_the_same_conversation_and_tenant_not_old_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    bases = Bases()
    first = payload_of("ex_1", "acme", 0, turns(2))
    assert bases.base_of(first, "one") == ("", 0)
    assert bases.base_of(payload_of("ex_2", "acme", BASE_MS, turns(2)), "one") == ("ex_1", len(turns(2)))
    assert bases.base_of(payload_of("ex_3", "acme", 1, turns(2)), "two") == ("", 0)
    assert bases.base_of(payload_of("ex_4", "other", 1, turns(2)), "one") == ("", 0)
    assert bases.base_of(payload_of("ex_5", "other", BASE_MS + 2, turns(2)), "one") == ("", 0)
    assert bases.base_of(payload_of("ex_6", "acme", 1, b"short"), "one") == ("", 0)
    monkeypatch.setattr(payloads, "_BASES_BYTES", 2 * len(turns(2)))
    bases.base_of(payload_of("ex_7", "acme", 1, turns(2)), "three")
    assert bases.base_of(payload_of("ex_8", "acme", 1, turns(2)), "two") == ("", 0)


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=300))
def test_the_bytes_that_two_bodies_begin_with_are_counted(same: bytes, one: bytes, other: bytes) -> None:
    one, other = same + one, same + other
    pairs = zip(one, other, strict=False)
    assert shared_bytes(one, other) == next(
        (at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other))
    )
