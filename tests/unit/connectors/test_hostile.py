"""Sources that break or never end: the jar keeps what it had, memory stays bounded, the error says what to do."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl
import pytest

from connectors import jar_sources
from connectors.base import Batch, ConnectorProblem, Reached, Reading, SourceColumn, SourceTable
from connectors.boundaries import Boundaries
from connectors.files import GivenFiles
from connectors.jar_members import add_member, members
from connectors.jar_sources import Reach, add_file, import_member
from connectors.jars import Jars, JarSpec
from connectors.registry import open_files

BATCHES = 4
GIB = 1 << 30


class Breaking:
    """Four batches of ten rows; the connection is lost before the batch `breaks`."""

    def __init__(self, generation: int, breaks: int | None) -> None:
        self.generation, self.breaks = generation, breaks

    async def ping(self) -> Reached:
        return Reached("here")

    async def describe(self) -> Sequence[SourceTable]:
        return [SourceTable("t", (SourceColumn("id", "Int64"), SourceColumn("generation", "Int64")))]

    async def read(self, _reading: Reading) -> AsyncGenerator[Batch, None]:
        for number in range(BATCHES):
            if number == self.breaks:
                raise ConnectorProblem("The connection was lost.", "Start again.", code="unreachable", retryable=True)
            ids = list(range(number * 10, number * 10 + 10))
            yield Batch(pl.DataFrame({"id": ids, "generation": [self.generation] * 10}))

    async def close(self) -> None:
        """Nothing is held."""


async def test_a_connection_lost_at_any_batch_leaves_the_rows_of_before(
    jars: Jars, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await jars.create(JarSpec("shop"), "usr_1")
    await add_member(jars, row, "connector", {"tables": []}, person="usr_1", connector="con_1")
    [member] = await members(jars, row)

    async def imported(generation: int, breaks: int | None) -> None:
        async def opened(*_: Any) -> tuple[Breaking, str]:
            return Breaking(generation, breaks), f"{generation}"

        monkeypatch.setattr(jar_sources, "_opened", opened)
        await import_member(jars, row, member, Reach(Boundaries(), None, "usr_1"))

    async def held() -> tuple[list[int], set[int]]:
        frame = pl.concat([frame async for frame in jars.stored(row, "t")])
        return frame["id"].to_list(), set(frame["generation"].to_list())

    await imported(0, None)
    for generation, breaks in enumerate(range(BATCHES), 1):
        with pytest.raises(ConnectorProblem):
            await imported(generation, breaks)
        assert await held() == (list(range(40)), {0}), breaks
    await imported(9, None)
    assert await held() == (list(range(40)), {9})


WORDS = ("Müller", "Grüße", "Köhler", "Jäger")


class Bytes:
    """A file in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data, self.size = name, data, len(data)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


@pytest.mark.parametrize("most", ["utf-8", "cp1252"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
async def test_of_a_file_in_two_encodings_every_line_is_read_or_set_aside(form: str, most: str) -> None:
    few = {"utf-8": "cp1252", "cp1252": "utf-8"}[most]
    pairs = [(number, WORDS[number % 4], few if number in {4, 17} else most) for number in range(30)]
    objects = [f'{{"id": {number}, "name": "{name}"}}'.encode(used) for number, name, used in pairs]
    data = {
        "csv": b"id,name\n" + b"\n".join(f"{number},{name}".encode(used) for number, name, used in pairs),
        "jsonl": b"\n".join(objects),
        "json": b"[" + b",\n".join(objects) + b"]",
    }[form]
    connector = open_files("csv" if form == "csv" else "json", {}, Boundaries(), GivenFiles([Bytes(f"a.{form}", data)]))
    found = [batch async for batch in connector.read(Reading(f"a.{form}"))]
    read = [row for batch in found for row in batch.frame.rows()]
    assert read == [(number, name) for number, name, used in pairs if used == most]
    aside = [row for batch in found for row in batch.set_aside]
    first = 2 if form == "csv" else 1
    assert [row.line for row in aside] == [4 + first, 17 + first]
    assert all(row.raw and row.reason for row in aside)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_table_of_ten_thousand_columns_becomes_a_jar(jars: Jars, tmp_path: Path) -> None:
    wide = tmp_path / "wide.csv"
    names = [f"reading_{number}" for number in range(9_999)]
    lines = [",".join(["email", *names])]
    lines += [",".join([f"p{row}@mail.example", *["0.5"] * len(names)]) for row in range(3)]
    wide.write_text("\n".join(lines), encoding="utf-8")
    row = await jars.create(JarSpec("wide"), "usr_1")
    filled = await add_file(jars, row, wide, Reach(Boundaries(folders=(tmp_path,)), None, "usr_1"))
    assert (filled.tables, filled.columns, filled.personal_columns) == ({"wide": 3}, 10_000, 1)
    with pytest.raises(ConnectorProblem, match="10,000 columns; 9,000 are the limit"):
        await add_file(jars, row, wide, Reach(Boundaries(folders=(tmp_path,), max_columns=9_000), None, "usr_1"))
    assert [(table.name, table.rows) for table in await jars.tables(row)] == [("wide", 3)]


async def test_bombs_lost_bytes_and_foreign_records_leave_the_jar_as_it_was(jars: Jars, tmp_path: Path) -> None:
    row = await jars.create(JarSpec("shop"), "usr_1")
    reach = Reach(Boundaries(folders=(tmp_path,)), None, "usr_1")
    bomb, nul, circle, cut = (tmp_path / name for name in ("bomb.zip", "nul.csv", "circle.json", "cut.csv.gz"))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.csv", b"a,b\n" + (b"1," + b"x" * 1_000 + b"\n") * 30_000)
    nul.write_bytes(b"id,name\n1,Anna\n2,B\0b\n3,Cleo\n")
    circle.write_text('[{"$ref": "#/0", "id": 1}, {"$ref": "#/1", "id": 2}]', encoding="utf-8")
    cut.write_bytes(gzip.compress(b"a,b\n1,2\n" * 900)[:-12])
    for broken in (bomb, cut):
        with pytest.raises(ConnectorProblem):
            await add_file(jars, row, broken, reach)
    assert await jars.tables(row) == []
    filled = await add_file(jars, row, nul, reach)
    assert (filled.tables, filled.set_aside) == ({"nul": 2}, {"nul": 1})
    assert (await add_file(jars, row, circle, reach)).tables == {
        "circle": 2
    }  # a reference is a text: nothing follows it


class _Line(io.RawIOBase):
    """A first row, a line of two GiB, a last row."""

    def __init__(self, first: bytes, last: bytes) -> None:
        super().__init__()
        self._parts, self._left, self._last = first, 2 * GIB, last

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any buffer
        size = len(buffer)
        if self._parts:
            piece, self._parts = self._parts[:size], self._parts[size:]
        elif self._left:
            piece = b"x" * min(size, self._left)
            self._left -= len(piece)
            self._parts = self._last if not self._left else b""
        else:
            return 0
        buffer[: len(piece)] = piece
        return len(piece)


class Endless:
    """The file of it."""

    def __init__(self, name: str, first: bytes, last: bytes) -> None:
        self.name, self.size, self._first, self._last = name, 2 * GIB, first, last

    def open(self) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(_Line(self._first, self._last), 1 << 20))


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("kind", "name", "first", "last"),
    [
        ("csv", "a.csv", b"id,name\n1,Anna\n", b"\n2,Bob\n"),
        ("json", "a.jsonl", b'{"id": 1, "name": "Anna"}\n', b'\n{"id": 2, "name": "Bob"}\n'),
    ],
    ids=["csv", "jsonl"],
)
async def test_a_line_of_two_gib_costs_itself_and_no_memory(kind: str, name: str, first: bytes, last: bytes) -> None:
    connector = open_files(kind, {}, Boundaries(), GivenFiles([Endless(name, first, last)]))
    tracemalloc.start()
    try:
        found = [batch async for batch in connector.read(Reading(name))]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [row for batch in found for row in batch.frame.rows()] == [(1, "Anna"), (2, "Bob")]
    aside = [row for batch in found for row in batch.set_aside]
    assert len(aside) == 1
    assert "longer than" in aside[0].reason
    assert most < 256 << 20
