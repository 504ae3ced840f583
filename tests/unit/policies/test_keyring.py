import asyncio

import pytest

from policies.audit import load_signing_key
from policies.db import Database
from policies.keyring import CACHE_SECONDS, DAY_MS, Keyring, day_context
from policies.resealing import Resealed, reseal
from policies.sealed_columns import SEALED
from policies.sealing import SealBroken, Sealer
from policies.shredding import shred_tenant
from policies.tables import DayKeyRow
from tests.unit.policies.clock import Clock

MASTER = b"\x07" * 32


def ring(database: Database, clock: Clock, *masters: bytes, ttl: int = 86_400) -> Keyring:
    return Keyring(database, Sealer(masters or (MASTER,)), session_ttl_max=ttl, now=clock.now, clock=clock)


async def test_a_naming_key_is_stable_across_processes_days_and_owners_differ(database: Database) -> None:
    clock = Clock()
    first = await ring(database, clock).naming_key("t", "key:a")
    clock.pass_seconds(40 * 86_400)
    again = ring(database, clock)
    assert await again.naming_key("t", "key:a") == first
    assert len({first, await again.naming_key("t", "key:b"), await again.naming_key("u", "key:a")}) == 3


async def test_a_master_key_rotation_changes_no_name_and_loses_no_day_key(database: Database) -> None:
    clock, new = Clock(), b"\x08" * 32
    before = ring(database, clock)
    naming, (day_id, day) = await before.naming_key("t", "o"), await before.current_day_key("t")
    signing = (await load_signing_key(database, Sealer([MASTER]))).private_bytes_raw()
    both = ring(database, clock, new, MASTER)
    assert await both.naming_key("t", "o") == naming
    assert await reseal(database, Sealer([new, MASTER]), SEALED) == Resealed(3, 0)
    assert await reseal(database, Sealer([new, MASTER]), SEALED) == Resealed(0, 0)
    after = ring(database, clock, new)
    assert await after.naming_key("t", "o") == naming
    assert await after.day_key(day_id) == day
    assert (await load_signing_key(database, Sealer([new]))).private_bytes_raw() == signing
    with pytest.raises(SealBroken):
        await ring(database, clock).naming_key("t", "o")


async def test_all_processes_agree_on_todays_key(database: Database) -> None:
    clock = Clock()
    rings = [ring(database, clock) for _ in range(12)]
    keys = await asyncio.gather(*(one.current_day_key("t") for one in rings))
    assert len(set(keys)) == 1
    names = await asyncio.gather(*(one.naming_key("new", "o") for one in rings))
    assert len(set(names)) == 1


async def test_each_day_and_tenant_has_its_own_key(database: Database) -> None:
    clock = Clock()
    keys = ring(database, clock)
    first, other = await keys.current_day_key("t"), await keys.current_day_key("u")
    clock.pass_seconds(86_400)
    next_day = await keys.current_day_key("t")
    assert len({first, other, next_day}) == 3
    assert await keys.day_key(first[0]) == first[1]


async def test_a_day_key_ends_a_day_after_the_last_session_it_may_hold(database: Database) -> None:
    clock = Clock(1_764_000_000_000 // DAY_MS * DAY_MS)
    keys = ring(database, clock, ttl=3600)
    key_id, key = await keys.current_day_key("t")
    clock.pass_seconds(2 * 86_400 + 3599)
    assert await keys.day_key(key_id) == key
    assert await keys.drop_expired() == 0
    clock.pass_seconds(1)
    assert await keys.day_key(key_id) is None
    assert await keys.drop_expired() == 1


async def test_shredding_a_tenant_counts_everywhere_when_the_cache_ends(database: Database) -> None:
    clock = Clock()
    here, elsewhere = ring(database, clock), ring(database, clock)
    key_id, _ = await here.current_day_key("t")
    kept, _ = await here.current_day_key("u")
    assert await elsewhere.day_key(key_id)
    assert (await shred_tenant(database, "t", SEALED, now=1))["day_keys"] == 1
    clock.pass_seconds(CACHE_SECONDS)
    for one in (here, elsewhere):
        assert await one.day_key(key_id) is None
    assert await elsewhere.day_key(kept) is not None
    assert (await here.current_day_key("t"))[0] != key_id


async def test_a_row_that_was_moved_to_another_tenant_does_not_open(database: Database) -> None:
    clock = Clock()
    key_id, _ = await ring(database, clock).current_day_key("t")
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE day_keys SET tenant = 'u'")
    with pytest.raises(SealBroken):
        await ring(database, clock).day_key(key_id)


async def test_no_key_is_stored_in_clear(database: Database) -> None:
    keys = ring(database, Clock())
    _, key = await keys.current_day_key("t")
    async with database.engine.connect() as connection:
        rows = (await connection.exec_driver_sql("SELECT sealed_key FROM day_keys")).all()
    assert all(key not in row[0] and MASTER not in row[0] for row in rows)


async def test_a_session_s_key_is_taken_out_of_every_day_for_every_process(database: Database) -> None:
    clock, index, other = Clock(), b"\x01\x02\x03\x04\x05", b"\x01\x02\x03\x04\x06"
    keys, elsewhere = ring(database, clock), ring(database, clock)
    first, _ = await keys.current_tree("t")
    clock.pass_seconds(86_400)
    second, _ = await elsewhere.current_tree("t")
    stranger, _ = await keys.current_tree("u")
    assert await elsewhere.tree(first) is not None
    before = {key_id: await keys.day_key(key_id) for key_id in (first, second)}
    await keys.puncture("t", index)
    clock.pass_seconds(CACHE_SECONDS)
    for one in (keys, elsewhere, ring(database, clock)):
        for key_id in (first, second):
            tree = await one.tree(key_id)
            assert tree is not None
            assert tree.key(index) is None
            assert tree.key(other) is not None
            assert await one.day_key(key_id) == before[key_id], "what is no session keeps its key"
        whole = await one.tree(stranger)
        assert whole is not None
        assert whole.holds(index)
    assert not (await elsewhere.current_tree("t"))[1].holds(index)


async def test_day_keys_of_an_earlier_version_get_a_tree(database: Database) -> None:
    clock = Clock()
    key_id, key = await ring(database, clock).current_day_key("t")
    async with database.session(write=True) as session:
        row = await session.get(DayKeyRow, key_id)
        assert row is not None
        row.sealed_key = Sealer([MASTER]).seal(key, day_context("t", key_id))
    assert await ring(database, clock).tree(key_id) is None
    trees = await asyncio.gather(*(ring(database, clock).current_tree("t") for _ in range(6)))
    assert {(name, tree.key(bytes(5))) for name, tree in trees} == {(key_id, trees[0][1].key(bytes(5)))}
    assert await ring(database, clock).current_day_key("t") == (key_id, key)
