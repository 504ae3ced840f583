from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from policies.key_rows import KeyRequest, create_key, revoke_key, rotate_key
from policies.people import PersonChange, change_person, create_person, remove_person
from reports.order import Order
from reports.schedules import BadSchedule, add_schedule, list_schedules, next_time, start_due
from reports.shares import find_share, list_shares, make_share
from reports.store import Person, RunStore
from tests.unit.reports.test_store import database, store  # noqa: F401 - fixtures

ORDER = Order(template="customer-insights", jar="techcorp")
MONDAY = round(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000


def test_the_next_time_is_that_of_cron_in_utc() -> None:
    assert next_time("0 6 * * 1", MONDAY) == MONDAY + 6 * HOUR
    assert next_time("0 6 * * 1", MONDAY + 6 * HOUR) == MONDAY + (7 * 24 + 6) * HOUR


@pytest.mark.parametrize("cron", ["", "* * * *", "61 * * * *", "* * * * *", "*/5 * * * *", "0 6 * * 1 2026"])
def test_what_is_no_schedule(cron: str) -> None:
    with pytest.raises(BadSchedule):
        next_time(cron, MONDAY)


async def test_what_is_due_is_ordered_once_by_whichever_worker(store: RunStore) -> None:  # noqa: F811
    await add_schedule(store, ORDER, "0 6 * * 1", "t", Person("usr_1", "Ann"), now=MONDAY)
    assert await start_due(store, now=MONDAY) == 0
    late = MONDAY + 30 * 24 * HOUR
    started = await asyncio.gather(*(start_due(store, now=late) for _ in range(4)))
    assert sum(started) == 1
    assert len(await store.runs("t")) == 1
    assert await start_due(store, now=late) == 0


async def test_links_and_schedules_end_with_who_made_them(store: RunStore) -> None:  # noqa: F811
    await create_person(store.database, "root@example.com", tenant="t", roles=("admin",), now=1)
    people = [await create_person(store.database, f"{name}@example.com", tenant="t", now=1) for name in ("ann", "bob")]
    shares = {}
    for person in people:
        await add_schedule(store, ORDER, "0 6 * * 1", "t", Person(person.id, person.name), now=MONDAY)
        run = store.new_run(ORDER, "t", Person(person.id, person.name), now=MONDAY)
        async with store.database.session(write=True) as session:
            session.add(run)
        _, shares[person.name] = await make_share(store.database, run, person.id, days=30, now=MONDAY)
    await change_person(store.database, people[0].id, PersonChange(disabled=True))
    assert await find_share(store.database, shares["ann"], now=MONDAY + HOUR) is None
    assert await find_share(store.database, shares["bob"], now=MONDAY + HOUR) is not None
    assert await start_due(store, now=MONDAY + 7 * HOUR) == 1
    assert [row.owner for row in await list_schedules(store, "t")] == [people[1].id]
    await remove_person(store.database, people[1].id)
    assert await find_share(store.database, shares["bob"], now=MONDAY + HOUR) is None
    assert await start_due(store, now=MONDAY + 30 * 24 * HOUR) == 0
    assert not await list_schedules(store, "t")


async def test_links_and_schedules_of_a_key_end_with_the_key(store: RunStore) -> None:  # noqa: F811
    made = await create_key(store.database, KeyRequest("robot", tenant="t", roles=("admin",)), now=1)
    robot = made.key.principal.key_id
    await add_schedule(store, ORDER, "0 6 * * 1", "t", Person(robot, "robot"), now=MONDAY)
    run = store.new_run(ORDER, "t", Person(robot, "robot"), now=MONDAY)
    async with store.database.session(write=True) as session:
        session.add(run)
    _, secret = await make_share(store.database, run, robot, days=30, now=MONDAY)
    await rotate_key(store.database, "robot", now=MONDAY, overlap_ms=0, tenant="t")
    assert await find_share(store.database, secret, now=MONDAY + HOUR) is not None, "a new secret is the same key"
    await revoke_key(store.database, "robot", now=MONDAY, tenant="t")
    assert await find_share(store.database, secret, now=MONDAY + HOUR) is None
    assert not await list_shares(store.database, run.id, now=MONDAY + HOUR)
    assert await start_due(store, now=MONDAY + 30 * 24 * HOUR) == 0
    assert not await list_schedules(store, "t")
