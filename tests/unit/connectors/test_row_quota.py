"""A tenant's jars hold no more rows than its profile allows; an import that would be too much leaves nothing."""

from __future__ import annotations

import polars as pl
import pytest
from sqlalchemy import func, select

from connectors.jar_filling import fill
from connectors.jar_tables import ImportRow
from connectors.jars import Jars, JarSpec
from connectors.row_quota import OverQuota
from tests.jar_fixture import table


def rows(count: int) -> pl.DataFrame:
    return pl.DataFrame({"number": range(count)})


async def imports(jars: Jars) -> int:
    async with jars.database.session() as session:
        return await session.scalar(select(func.count()).select_from(ImportRow)) or 0


async def test_rows_of_all_jars_count_and_a_table_that_is_replaced_does_not(jars: Jars) -> None:
    few = Jars(jars.database, jars.sealer, jars.store, most_rows=100)
    one, two = await few.create(JarSpec("one"), "usr_1"), await few.create(JarSpec("two"), "usr_1")
    await fill(few, one, "src", [table("a", rows(60))], None, person="usr_1")
    before = await imports(few)
    with pytest.raises(OverQuota, match="Nothing was imported: rows of all honey jars: the profile allows 100"):
        await fill(few, two, "src", [table("b", rows(30)), table("c", rows(20))], None, person="usr_1")
    assert await few.tables(two) == []
    assert await imports(few) == before
    await fill(few, two, "src", [table("b", rows(40))], None, person="usr_1")
    await fill(few, one, "src", [table("a", rows(60), fingerprint="2")], None, person="usr_1")
    with pytest.raises(OverQuota):
        await fill(few, one, "src", [table("a", rows(61), fingerprint="3")], None, person="usr_1")
    assert [shown.rows for shown in await few.tables(one)] == [60]
    other = Jars(jars.database, jars.sealer, jars.store, "other", most_rows=100)
    await fill(other, await other.create(JarSpec("one"), "usr_1"), "src", [table("a", rows(100))], None, person="u")


async def test_too_much_is_noticed_while_it_comes_in(jars: Jars, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.jar_filling.CHUNK_ROWS", 10)
    few = Jars(jars.database, jars.sealer, jars.store, most_rows=25)
    seen: list[int] = []
    with pytest.raises(OverQuota):
        await fill(
            few, await few.create(JarSpec("one"), "usr_1"), "src", [table("a", rows(1000), batch=10)], None,
            person="usr_1", progress=lambda _table, stored: seen.append(stored),
        )  # fmt: skip
    assert seen == [10, 20]


async def test_without_a_limit_there_is_none(jars: Jars) -> None:
    row = await jars.create(JarSpec("one"), "usr_1")
    assert (await fill(jars, row, "src", [table("a", rows(500))], None, person="usr_1")).tables == {"a": 500}
