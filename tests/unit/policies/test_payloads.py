from __future__ import annotations

import hashlib
import secrets

import pytest

from policies.db import Database
from policies.payloads import BASE_MS, KEPT_BYTES, find_payload, payload_of, prune_payloads, sealed_row, store_payloads
from policies.sealing import SealBroken, Sealer

SEALER = Sealer([secrets.token_bytes(32)])
BODY = b'{"messages": [{"content": "Write to PERSON_K7Q2M9XA"}]}'


async def stored(database: Database, body: bytes = BODY) -> dict[str, object]:
    row = sealed_row(payload_of("ex_1", "acme", 100, body), SEALER)
    await store_payloads(database, [row])
    return row


async def test_what_left_is_found_by_its_tenant_alone(database: Database) -> None:
    await stored(database)
    found = await find_payload(database, SEALER, "ex_1", "acme")
    assert found is not None
    assert (found.body, found.size, found.truncated) == (BODY, len(BODY), False)
    assert await find_payload(database, SEALER, "ex_1", "other") is None
    assert found.digest == hashlib.sha256(BODY).hexdigest()
    assert b"PERSON_K7Q2M9XA" not in repr(found).encode()


async def test_at_rest_it_is_sealed_and_bound_to_its_exchange(database: Database) -> None:
    row = await stored(database)
    assert BODY[:20] not in bytes(row["sealed"])  # type: ignore[call-overload] # a row's columns are objects
    await store_payloads(database, [{**row, "exchange": "ex_2"}])
    with pytest.raises(SealBroken):
        await find_payload(database, SEALER, "ex_2", "acme")


async def test_of_a_large_body_the_beginning_is_kept_and_the_digest_of_all(database: Database) -> None:
    body = secrets.token_bytes(KEPT_BYTES + 5)
    row = await stored(database, body)
    found = await find_payload(database, SEALER, "ex_1", "acme")
    assert found is not None
    assert (len(found.body), found.size, found.truncated) == (KEPT_BYTES, KEPT_BYTES + 5, True)
    assert row["digest"] == payload_of("x", "x", 0, body).digest


async def test_old_ones_go_and_the_same_one_twice_is_one(database: Database) -> None:
    await stored(database)
    await stored(database)
    await prune_payloads(database, before=100 + BASE_MS)
    assert await find_payload(database, SEALER, "ex_1", "acme") is not None
    await prune_payloads(database, before=101 + BASE_MS)
    assert await find_payload(database, SEALER, "ex_1", "acme") is None


async def test_a_body_that_begins_as_an_earlier_one_is_put_together_again(database: Database) -> None:
    await stored(database)
    longer = BODY[:-2] + b', {"content": "And?"}]}'
    shared = len(BODY) - 2
    row = sealed_row(payload_of("ex_2", "acme", 101, longer), SEALER, "ex_1", shared)
    await store_payloads(database, [row])
    assert len(row["sealed"]) < len(longer)
    found = await find_payload(database, SEALER, "ex_2", "acme")
    assert found is not None
    assert (found.body, found.size, found.truncated) == (longer, len(longer), False)
    assert found.digest == hashlib.sha256(longer).hexdigest()


async def test_a_body_without_its_base_is_not_kept_and_another_base_opens_nothing(database: Database) -> None:
    row = sealed_row(payload_of("ex_2", "acme", 101, BODY), SEALER, "ex_1", 20)
    await store_payloads(database, [row])
    assert await find_payload(database, SEALER, "ex_2", "acme") is None
    foreign = sealed_row(payload_of("ex_1", "other", 100, BODY), SEALER)
    await store_payloads(database, [foreign])
    assert await find_payload(database, SEALER, "ex_2", "acme") is None
    whole = sealed_row(payload_of("ex_4", "acme", 100, BODY), SEALER)
    changed = row | {"exchange": "ex_5", "base": "ex_4"}
    await store_payloads(database, [whole, changed])
    with pytest.raises(SealBroken):
        await find_payload(database, SEALER, "ex_5", "acme")
