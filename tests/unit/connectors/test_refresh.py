"""A jar's table read anew by its watermark holds what the source holds, and reads only what changed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from random import Random
from typing import Any

import polars as pl
import pytest

from connectors import jar_sources
from connectors.base import Batch, Reached, Reading, SourceColumn, SourceTable
from connectors.boundaries import Boundaries
from connectors.jar_events import events
from connectors.jar_members import add_member, members
from connectors.jar_sources import Reach, import_member
from connectors.jar_tables import JarRow
from connectors.jars import Jars, JarSpec

SCHEMA = {"id": pl.Int64, "at": pl.Int64, "name": pl.String}


class Source:
    """A table in memory with the watermark `at`; counts what is read of it."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[int, str]] = {}
        self.clock = 0
        self.read_whole = self.read_rows = 0
        self.schema = dict(SCHEMA)

    def write(self, number: int, name: str, *, at: int | None = None) -> None:
        self.clock += 1
        self.rows[number] = (self.clock if at is None else at, name)

    async def ping(self) -> Reached:
        return Reached("here")

    async def describe(self) -> Sequence[SourceTable]:
        columns = tuple(SourceColumn(name, str(dtype())) for name, dtype in self.schema.items())
        return [SourceTable("crm.people", columns, key=("id",), watermark="at")]

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        rows = sorted((at, number, name) for number, (at, name) in self.rows.items())
        if reading.since is not None:
            rows = [row for row in rows if row[0] >= int(reading.since)]
        elif reading.columns is None:
            self.read_whole += 1
        if reading.columns is None:
            self.read_rows += len(rows)
        for start in range(0, max(1, len(rows)), 7):
            part = rows[start : start + 7]
            cells = {"id": [r[1] for r in part], "at": [r[0] for r in part], "name": [r[2] for r in part]}
            frame = pl.DataFrame(
                {name: cells.get(name, [None] * len(part)) for name in self.schema}, schema=self.schema
            )
            yield Batch(
                frame.select(reading.columns or frame.columns), watermark=str(part[-1][0]) if part else reading.since
            )

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
async def row(jars: Jars, monkeypatch: pytest.MonkeyPatch) -> JarRow:
    """A jar whose one source is `source_of(row)`."""
    made = await jars.create(JarSpec("shop"), "usr_1")
    await add_member(jars, made, "connector", {"tables": []}, person="usr_1", connector="con_1")
    source = Source()

    async def opened(*_: Any) -> tuple[Source, str]:
        return source, f"{source.clock}-{source.read_rows}"

    monkeypatch.setattr(jar_sources, "_opened", opened)
    monkeypatch.setattr(jars, "source", source, raising=False)
    return made


async def refreshed(jars: Jars, row: JarRow, **how: Any) -> dict[int, tuple[int, str]]:
    [member] = await members(jars, row)
    await import_member(jars, row, member, Reach(Boundaries(), None, "usr_1"), **how)
    found = [row async for frame in jars.stored(row, "people") for row in frame.iter_rows()]
    assert len({number for number, *_ in found}) == len(found), "no row stands there twice"
    return {number: (at, name) for number, at, name, *_ in found}


async def test_whatever_happens_to_the_source_the_jar_holds_what_it_holds(jars: Jars, row: JarRow) -> None:
    source: Source = jars.source  # type: ignore[attr-defined] # set by the fixture
    rng = Random(3)
    for number in range(100):
        source.write(number, f"Zoë {number}")
    assert await refreshed(jars, row) == source.rows
    for turn in range(6):
        before = source.read_rows
        for _ in range(rng.randint(0, 6)):
            source.write(rng.randrange(140), f"new {turn}")
        for _ in range(rng.randint(0, 3)):
            source.rows.pop(rng.randrange(140), None)
        assert await refreshed(jars, row) == source.rows, turn
        assert source.read_rows - before <= 7
    assert source.read_whole == 1
    newest = (await events(jars, row.id))[0]
    assert (newest.action, [*newest.detail]) == ("refreshed", ["people"])


async def test_a_row_committed_late_makes_it_read_everything(jars: Jars, row: JarRow) -> None:
    source: Source = jars.source  # type: ignore[attr-defined]
    for number in range(20):
        source.write(number, "a")
    await refreshed(jars, row)
    source.write(99, "late", at=5)
    assert await refreshed(jars, row) == source.rows
    assert source.read_whole == 2


async def test_other_columns_or_an_order_to_do_so_read_everything(jars: Jars, row: JarRow) -> None:
    source: Source = jars.source  # type: ignore[attr-defined]
    source.write(1, "a")
    await refreshed(jars, row)
    await refreshed(jars, row)
    assert source.read_whole == 1
    source.rows[1] = (0, "changed behind its back")
    assert await refreshed(jars, row) != source.rows, "the limit that the page names"
    assert await refreshed(jars, row, whole=True) == source.rows
    source.schema["more"] = pl.String
    await refreshed(jars, row)
    assert source.read_whole == 3


async def test_the_position_lies_sealed(jars: Jars, row: JarRow) -> None:
    source: Source = jars.source  # type: ignore[attr-defined]
    source.write(1, "a", at=1_234_567_890)
    await refreshed(jars, row)
    async with jars.database.session() as session:
        connection = await session.connection()
        kept = (await connection.exec_driver_sql("SELECT sealed_watermark FROM jar_imports")).scalars().all()
    assert len(kept) == 1
    assert b"1234567890" not in kept[0]
