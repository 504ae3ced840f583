"""A new master key: what every package keeps is sealed anew, whatever the number of rows, and nothing is forgotten."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest
from sqlalchemy import LargeBinary, select

from policies.db import Database
from policies.records import RecordRow
from policies.resealing import Resealed, SealedColumn, reseal, sealed_columns
from policies.sealing import SealBroken, Sealer
from policies.tables import PayloadRow, Table

OLD, NEW = b"\x01" * 32, b"\x02" * 32
UNDER_OTHER_KEYS = {
    ("known_value_chunks", "sealed"),  # the upload's
    ("uploads", "sealed_name"),  # the upload's
    ("jar_members", "sealed_spec"),  # the jar's
    ("jar_imports", "sealed_watermark"),  # the jar's
}


def test_every_sealed_column_is_named() -> None:
    """A new one belongs into its package's `sealed_columns`, or above with the key that it lies under."""
    for point in entry_points(group="sting.migrations"):
        __import__(point.module.split(".")[0] + ".sealed_columns")
    binary = {
        (table.name, column.name)
        for table in Table.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    named = {(one.table.__tablename__, one.column) for one in sealed_columns() if not one.as_hex}
    assert binary - named == UNDER_OTHER_KEYS


async def test_all_rows_are_renewed_and_what_nobody_can_open_is_counted(database: Database) -> None:
    old, both = Sealer([OLD]), Sealer([NEW, OLD])
    columns = (
        SealedColumn(PayloadRow, "sealed", lambda row: f"p/{row.exchange}"),
        SealedColumn(RecordRow, "data", lambda _row: "cases", only=RecordRow.kind == "cases", as_hex=True),
    )
    record = {"removed": 0, "at": 1, "who": "", "who_name": "", "note": ""}
    async with database.session(write=True) as session:
        for number in range(230):
            sealer = Sealer([b"\x09" * 32]) if number == 7 else old
            sealed = sealer.seal(b"text %d" % number, f"p/x{number:03}")
            session.add(PayloadRow(exchange=f"x{number:03}", tenant="t", at=1, size=1, digest="", sealed=sealed))
        hidden = old.seal(b"a sentence", "cases").hex()
        session.add(RecordRow(kind="cases", name="n", version=1, data=hidden, **record))
        session.add(RecordRow(kind="cases", name="n", version=2, data="", **{**record, "removed": 1}))
        session.add(RecordRow(kind="policy", name="n", version=1, data="name: n", **record))
    assert await reseal(database, both, columns) == Resealed(230, 1)
    assert await reseal(database, both, columns) == Resealed(0, 1)
    async with database.session() as session:
        rows = {row.exchange: row.sealed for row in await session.scalars(select(PayloadRow))}
        cases = await session.scalar(select(RecordRow.data).where(RecordRow.kind == "cases", RecordRow.version == 1))
    assert Sealer([NEW]).open(rows["x229"], "p/x229") == b"text 229"
    assert cases is not None
    assert Sealer([NEW]).open(bytes.fromhex(cases), "cases") == b"a sentence"
    with pytest.raises(SealBroken):
        old.open(rows["x000"], "p/x000")
