from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from policies.db import Database, open_database
from policies.sealing import Sealer
from policies.settings import load_settings
from reports.order import Order
from reports.store import LEASE_MS, Lease, LeaseLost, Person, Remark, RunStore
from reports.working import tenant_limit

ORDER = Order(template="customer-insights", jar="techcorp", parameters={"question": "What about Margaret Okafor?"})
WHO = Person("usr_1", "Ann Example")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_database(load_settings(None, environ={}, overrides={"data_dir": tmp_path}))
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database, Sealer([b"\x01" * 32]))


async def claimed(store: RunStore, worker: str = "w1", now: int = 1_000) -> Lease:
    run = await store.create(ORDER, "t", WHO, now=now)
    lease = await store.claim(run.id, worker, limit=5, now=now)
    assert isinstance(lease, Lease)
    return lease


async def test_the_order_survives_sealed(store: RunStore, tmp_path: Path) -> None:
    made = await store.create(ORDER, "t", WHO, now=1)
    row = await store.run(made.id, "t")
    assert row is not None
    assert store.order(row) == ORDER
    assert await store.run(made.id, "other tenant") is None
    assert not any(b"Okafor" in path.read_bytes() for path in tmp_path.glob("sting.db*"))  # noqa: ASYNC240


async def test_a_lease_keeps_others_away_until_it_runs_out(store: RunStore) -> None:
    lease = await claimed(store)
    assert await store.claim(lease.run, "w2", limit=5, now=1_001) == "later"
    later = 1_001 + LEASE_MS
    assert await store.unowned(now=later) == [(lease.run, False)]
    assert await store.unowned(now=later + 5_000) == [(lease.run, True)]
    assert await store.claim(lease.run, "w2", limit=5, now=later) == Lease(lease.run, "w2")
    with pytest.raises(LeaseLost):
        await store.keep_step(lease, "map", "d", b"late", now=later, ms=1)
    assert await store.renew("w1", now=later) == {}
    assert await store.step(lease.run, "map", "d") is None


async def test_what_an_ended_worker_held_is_nobodys_at_once(store: RunStore) -> None:
    lease, others = await claimed(store), await claimed(store, "w2")
    assert await store.let_go("w1") == [lease.run]
    assert await store.let_go("w1") == []
    assert await store.unowned(now=1_001) == [(lease.run, False)]
    assert await store.claim(lease.run, "w3", limit=None, now=1_001) == Lease(lease.run, "w3")
    assert await store.claim(others.run, "w3", limit=None, now=1_001) == "later"


async def test_a_tenant_has_so_many_runs_at_once(store: RunStore) -> None:
    first, second = await store.create(ORDER, "t", WHO, now=1), await store.create(ORDER, "t", WHO, now=1)
    other = await store.create(ORDER, "u", WHO, now=1)
    assert isinstance(await store.claim(first.id, "w", limit=1, now=2), Lease)
    assert await store.claim(second.id, "w", limit=1, now=2) == "later"
    assert isinstance(await store.claim(other.id, "w", limit=1, now=2), Lease)


@pytest.mark.parametrize(
    ("profile", "orders", "at_once"), [("community", 7, 5), ("enterprise", 53, 50), ("unlimited", 60, 60)]
)
async def test_a_profile_lets_so_many_run(store: RunStore, profile: str, orders: int, at_once: int) -> None:
    settings = load_settings(None, environ={}, overrides={"quotas.profile": profile})
    runs = [await store.create(ORDER, "t", WHO, now=1) for _ in range(orders)]
    taken = [await store.claim(run.id, "w", limit=tenant_limit(settings), now=2) for run in runs]
    assert [isinstance(one, Lease) for one in taken] == [True] * at_once + [False] * (orders - at_once)


async def test_a_step_counts_for_its_inputs_only(store: RunStore) -> None:
    lease = await claimed(store)
    await store.keep_step(lease, "map", "digest", b"result", now=1_001, ms=3)
    assert await store.step(lease.run, "map", "digest") == b"result"
    assert await store.step(lease.run, "map", "other") is None
    await store.keep_step(lease, "map", "other", b"newer", now=1_002, ms=3)
    assert await store.step(lease.run, "map", "other") == b"newer"


async def test_the_first_document_is_kept_once_and_edits_are_versions(store: RunStore) -> None:
    lease = await claimed(store)
    await store.keep_document(lease.run, b"made", "run", now=1, version=1)
    await store.keep_document(lease.run, b"made again", "run", now=2, version=1)
    assert await store.document(lease.run) == (1, b"made")
    assert await store.keep_document(lease.run, b"edited", "usr_1", now=3) == 2
    assert await store.document(lease.run) == (2, b"edited")
    assert await store.document(lease.run, 1) == (1, b"made")


async def test_a_new_text_is_not_approved_yet(store: RunStore) -> None:
    lease = await claimed(store)
    await store.keep_document(lease.run, b"made", "run", now=1, version=1)
    await store.finish(lease, "done", now=2)
    assert await store.approve(lease.run, "Ann", now=3)
    await store.keep_document(lease.run, b"made again", "run", now=4, version=1)
    row = await store.run(lease.run)
    assert row is not None
    assert row.approved_by == "Ann"
    await store.keep_document(lease.run, b"edited", "usr_1", now=5)
    row = await store.run(lease.run)
    assert row is not None
    assert (row.approved_by, row.approved_at) == (None, None)


async def test_cancelling_at_once_or_by_the_worker(store: RunStore) -> None:
    waiting = await store.create(ORDER, "t", WHO, now=1)
    assert await store.want_cancel(waiting.id, now=2) == "cancelled"
    lease = await claimed(store)
    assert await store.want_cancel(lease.run, now=1_001) == "running"
    assert await store.renew(lease.worker, now=1_002) == {lease.run: True}
    await store.finish(lease, "cancelled", now=1_003)
    assert await store.claim(lease.run, "w1", limit=5, now=1_004) == "nothing"
    assert await store.again(lease.run)
    assert isinstance(await store.claim(lease.run, "w1", limit=5, now=1_005), Lease)


async def test_a_remark_is_there_as_soon_as_the_run_is_queued_again(store: RunStore) -> None:
    lease = await claimed(store)
    assert not await store.again(lease.run, remark=Remark("risk", "Shorter.", 2))
    assert await store.step(lease.run, "remark:risk", "remark") is None, "a run under way is left alone"
    await store.finish(lease, "done", now=3)
    assert await store.again(lease.run, remark=Remark("risk", "Shorter.", 4))
    assert await store.step(lease.run, "remark:risk", "remark") == b"4 Shorter."


async def test_forgetting_a_run_takes_everything_with_it(store: RunStore) -> None:
    lease = await claimed(store)
    await store.keep_step(lease, "map", "d", b"x", now=1, ms=1)
    await store.keep_document(lease.run, b"x", "run", now=1, version=1)
    await store.forget(lease.run)
    assert await store.run(lease.run) is None
    assert await store.document(lease.run) is None
