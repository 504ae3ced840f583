"""Figures are those of the audit's rows, whatever of them is summed already: the same for SQLite and PostgreSQL."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import func, select

from policies.audit import AuditChain, AuditEvent, parse_entities
from policies.audit_query import AuditFilter, export
from policies.audit_retention import prune_audit
from policies.db import Database
from policies.figures import findings_by_type, series, totals, usage
from policies.rollup_rows import DAY, HOUR, Group
from policies.rollups import LEAST, roll_up
from policies.tables import RolledRow, RollUpRow
from tests.contract.test_db import KEY, postgres_server  # noqa: F401 - the fixture of the PostgreSQL class

BEGIN = 20_000 * DAY
DAYS = 4
GROUPS: tuple[Group, ...] = get_args(Group)
SPANS = (
    (BEGIN, BEGIN + DAYS * DAY),
    (BEGIN + 3 * HOUR, BEGIN + 2 * DAY + 7 * HOUR),
    (BEGIN + 10 * HOUR + 17, BEGIN + 3 * DAY + 5 * HOUR + 1_234),
    (BEGIN + 5, BEGIN + HOUR - 5),
    (BEGIN + 9 * DAY, BEGIN + 10 * DAY),
)


def _event(number: int, dice: random.Random) -> AuditEvent:
    """Some exchange within the days, in no order of time; one of ten is an act of the console."""
    at = BEGIN + dice.choice([dice.randrange(DAYS * DAY), dice.randrange(DAYS * 24) * HOUR, dice.randrange(HOUR)])
    upstream = dice.choice([0.0, round(dice.uniform(0, 3_000), 3)])
    return AuditEvent(
        f"ex_{number}",
        at,
        tenant=dice.choice(["a", "a", "b", ""]),
        key=dice.choice(["key_1", "key_2", ""]),
        model=dice.choice(["m1", "m2", "m%_'", ""]),  # the last: a call of our own routes
        provider=dice.choice(["openai", "other"]),
        policy=dice.choice(["balanced", "strict"]),
        dialect="console" if dice.random() < 0.1 else "openai-chat",
        outcome=dice.choice(["ok", "ok", "blocked", "cut"]),
        entities={name: dice.randrange(1, 4) for name in ("PERSON", "AGE") if dice.random() < 0.4},
        restored=dice.randrange(3),
        unknown=dice.randrange(2),
        tokens_in=dice.randrange(900),
        tokens_out=dice.randrange(900),
        ms_upstream=upstream,
        # less than the provider's part, too: clocks differ, and no bucket is below nothing
        ms_total=round(max(0.0, upstream + dice.choice([dice.uniform(-1, 50), 10.0 ** dice.randrange(7)])), 3),
        ms_detect=round(dice.uniform(0, 9), 3),
        ms_vault=round(dice.uniform(0, 9), 3),
        tag=dice.choice(["", "t"]),
        team=dice.choice(["red", "blue", ""]),
        end_user=dice.choice(["", "u1", "u2"]),
    )


def _three_digits(us: int) -> int:
    step = max(1, 10 ** (len(str(us)) - 3))
    return us // step * step if us > 0 else 0


def _us(row: dict[str, Any], name: str) -> int:
    milliseconds: float = row[name]
    return round(milliseconds * 1_000)


def _shares(values: Sequence[int]) -> tuple[float, ...]:
    ranked = sorted(_three_digits(value) for value in values)
    return tuple(ranked[max(1, int(share * len(ranked))) - 1] / 1_000 if ranked else 0.0 for share in (0.5, 0.95, 0.99))


async def _agree(
    database: Database, rows: Sequence[dict[str, Any]], since: int, until: int, tenant: str, groups: Sequence[Group]
) -> None:
    """Every figure of the period is what its rows say."""
    chosen = [row for row in rows if since <= row["at"] < until and row["tenant"] == tenant]
    asked = [row for row in chosen if row["model"]]
    sums = await totals(database, since, until, tenant=tenant)
    found = Counter[str]()
    for row in chosen:
        found.update(parse_entities(row["entities"]))
    assert sums.requests == len(chosen)
    assert sums.blocked == sum(row["outcome"] == "blocked" for row in chosen)
    assert sums.findings == found.total()
    for name in ("restored", "unknown", "tokens_in", "tokens_out"):
        assert getattr(sums, name) == sum(row[name] for row in chosen), name
    for name in ("ms_total", "ms_detect", "ms_vault", "ms_upstream"):
        mean = sum(_us(row, name) for row in asked) / max(1, len(asked)) / 1_000
        assert getattr(sums, name) == round(mean, 3), name
    assert sums.ms_total_p == _shares([_us(row, "ms_total") for row in asked])
    assert sums.ms_gateway_p == _shares([_us(row, "ms_total") - _us(row, "ms_upstream") for row in asked])
    assert await findings_by_type(database, since, until, tenant=tenant) == dict(found)
    for group in groups:
        used = {one.name: one for one in await usage(database, group, since, until, tenant=tenant)}
        assert {name: one.requests for name, one in used.items()} == Counter(row[group] for row in chosen), group
        for name, one in used.items():
            theirs = [row for row in chosen if row[group] == name]
            assert one.failed == sum(row["outcome"] != "ok" for row in theirs)
            assert one.models == {
                model: (sum(row["tokens_in"] for row in some), sum(row["tokens_out"] for row in some))
                for model in {row["model"] for row in theirs}
                for some in [[row for row in theirs if row["model"] == model]]
            }


async def _steps_agree(database: Database, rows: Sequence[dict[str, Any]], since: int, step: int, key: str) -> None:
    until = since + 5 * step
    moments = await series(database, since, until, step, tenant="a", key=key or None)
    chosen = [row for row in rows if row["tenant"] == "a" and key in ("", row["key"])]
    for moment in moments:
        theirs = [row for row in chosen if moment.at <= row["at"] < moment.at + step]
        assert moment.requests == len(theirs)
        assert moment.findings == sum(sum(parse_entities(row["entities"]).values()) for row in theirs)
        assert moment.tokens == sum(row["tokens_in"] + row["tokens_out"] for row in theirs)


class RollUpContract:
    """Subclasses bring `url`, the address of an empty database."""

    @pytest.fixture
    async def database(self, url: str) -> AsyncIterator[Database]:
        opened = Database(url)
        await opened.migrate()
        yield opened
        await opened.migrate("base")
        await opened.close()

    async def test_sums_and_rows_say_what_the_rows_say(self, database: Database) -> None:
        dice = random.Random(620)
        chain = AuditChain(database, KEY)
        for part in range(4):
            await chain.append([_event(150 * part + number, dice) for number in range(150)])
            await chain.checkpoint(part)
            if part:  # of the first part's rows nothing is summed, of the later ones some
                await roll_up(chain, least=1, most=dice.randrange(60, 200))
            if part == 2:
                assert await prune_audit(chain, BEGIN + DAYS * DAY, 1) > 0, "all are old; what a checkpoint covers goes"
            rows = [row async for row in export(database, AuditFilter()) if row["dialect"] != "console"]
            for since, until in (*dice.sample(SPANS[:3], 2), *dice.sample(SPANS[3:], part % 2)):
                await _agree(database, rows, since, until, dice.choice(["a", "b"]), dice.sample(GROUPS, 3))
            for step in dice.sample((DAY, 6 * HOUR, 120_000), 2):
                await _steps_agree(database, rows, BEGIN, step, dice.choice(["", "key_1"]))
        async with database.session() as session:
            assert await session.scalar(select(func.count()).select_from(RollUpRow).where(RollUpRow.requests < 1)) == 0

    async def test_each_row_is_summed_once_and_few_rows_are_not_worth_it(self, database: Database) -> None:
        chain = AuditChain(database, KEY)
        await chain.append([AuditEvent(f"ex_{number}", BEGIN, tenant="a") for number in range(30)])
        assert await roll_up(chain) == 0
        assert LEAST > 30
        assert [await roll_up(chain, least=1, most=20) for _ in range(3)] == [20, 10, 0]
        async with database.session() as session:
            assert await session.scalar(select(RolledRow.seq)) == 30
            days = select(RollUpRow.requests).where(RollUpRow.hours == 24, RollUpRow.dimension == "team")
            assert list(await session.scalars(days)) == [30]


class TestSqlite(RollUpContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite+aiosqlite:///{tmp_path}/sting.db"


@pytest.mark.system
@pytest.mark.xdist_group("postgres")
class TestPostgres(RollUpContract):
    @pytest.fixture
    def url(self, postgres_server: Path) -> str:  # noqa: F811 - the imported fixture
        return f"postgresql+asyncpg://sting@/postgres?host={postgres_server}"
