import random
import re
from pathlib import Path

import pytest

from policies.audit import AuditChain, AuditEvent
from policies.audit_query import OUTCOMES, AuditFilter, export, find_exchange, query
from policies.db import Database
from tests.unit.policies.test_audit import KEY


@pytest.fixture
async def trail(database: Database) -> Database:
    events = [
        AuditEvent(
            f"x{n}",
            n * 1000,
            tenant="a" if n % 2 else "b",
            model=f"m{n % 3}",
            outcome="blocked" if n == 5 else "ok",
            entities={"PERSON": n} if n % 4 == 0 else {},
        )
        for n in range(1, 13)
    ]
    await AuditChain(database, KEY).append(events)
    return database


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (AuditFilter(), list(range(12, 0, -1))),
        (AuditFilter(since=3000, until=6000), [5, 4, 3]),
        (AuditFilter(tenant="b"), [12, 10, 8, 6, 4, 2]),
        (AuditFilter(model="m1"), [10, 7, 4, 1]),
        (AuditFilter(entity_type="PERSON"), [12, 8, 4]),
        (AuditFilter(entity_type="PERSON", model="m1"), [4]),
        (AuditFilter(outcome="blocked"), [5]),
        (AuditFilter(key="nobody"), []),
    ],
)
async def test_events_are_found_newest_first(trail: Database, wanted: AuditFilter, expected: list[int]) -> None:
    page = await query(trail, wanted)
    assert [int(event.exchange[1:]) for event in page.events] == expected
    assert page.next_before is None


async def test_times_are_exact_though_rows_are_hours_out_of_order(database: Database) -> None:
    random_ = random.Random(22)
    hour = 3_600_000
    times = [number * 5 * hour + random_.randrange(20) * hour for number in range(160)]  # with gaps of days
    times = [at for number, at in enumerate(times) if number % 60 < 40]
    rows = [AuditEvent(f"x{number}", at, tenant="a") for number, at in enumerate(times)]
    await AuditChain(database, KEY).append(rows)
    for _ in range(40):
        since, until = (random_.choice([None, random_.choice(times) + random_.randrange(-40, 40) * hour]) for _ in "ab")
        expected = [
            f"x{number}"
            for number, at in enumerate(times)
            if (since is None or at >= since) and (until is None or at < until)
        ]
        page = await query(database, AuditFilter(since=since, until=until, tenant="a"), size=500)
        assert [event.exchange for event in page.events] == expected[::-1], (since, until)


async def test_pages_follow_each_other_while_new_events_come_in(trail: Database) -> None:
    first = await query(trail, AuditFilter(), size=5)
    await AuditChain(trail, KEY).append([AuditEvent("late", 99)])
    second = await query(trail, AuditFilter(), before=first.next_before, size=5)
    third = await query(trail, AuditFilter(), before=second.next_before, size=5)
    seen = [event.exchange for page in (first, second, third) for event in page.events]
    assert seen == [f"x{n}" for n in range(12, 0, -1)]
    assert third.next_before is None


@pytest.mark.parametrize("size", [0, 1001])
async def test_the_size_of_a_page_is_bounded(trail: Database, size: int) -> None:
    with pytest.raises(ValueError, match="1 to 1000"):
        await query(trail, AuditFilter(), size=size)


async def test_an_exchange_of_another_tenant_is_not_found(trail: Database) -> None:
    found = await find_exchange(trail, "x4", tenant="b")
    assert found is not None
    assert found.entities == {"PERSON": 4}
    assert await find_exchange(trail, "x4", tenant="a") is None


async def test_the_export_has_all_rows_oldest_first_with_digests(trail: Database) -> None:
    rows = [row async for row in export(trail, AuditFilter())]
    assert [row["seq"] for row in rows] == list(range(1, 13))
    assert rows[1]["previous"] == rows[0]["digest"]


def test_the_console_has_words_for_every_outcome() -> None:
    texts = (Path(__file__).parents[3] / "admin_ui/web/src/texts/audit.ts").read_text()
    told = re.findall(r"^ {4}(\w+):", texts.partition("  outcomes: {\n")[2].partition("\n  }")[0], re.MULTILINE)
    assert set(told) == set(OUTCOMES)
