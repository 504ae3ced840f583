"""Every row looked at: shares of all rows, classes that a sample missed, people's words left alone."""

from __future__ import annotations

import pickle
from typing import Any

import polars as pl
import pytest

from connectors.gateway_client import GatewayFailed
from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jar_review import ColumnWord, decide
from connectors.jars import JarProblem, Jars, JarSpec
from connectors.whole_scan import Looked, Part, here, parts_of, take
from tests.jar_fixture import FakeGateway, table

ROWS = 300
RARE = "Zora Quillfeather"
NOTES = pl.DataFrame(
    {
        "id": list(range(ROWS)),
        "note": [
            f"call {RARE} about row {n}" if n % 100 == 50 else f"a plain sentence about row {n} and more"
            for n in range(ROWS)
        ],
        "who": [f"Ann{n} Lee{n}" for n in range(ROWS)],
        "code": [f"k{n % 7}" for n in range(ROWS)],
    }
)


class Busy(FakeGateway):
    async def analyze(self, *_: Any) -> list[list[Any]]:
        raise GatewayFailed("busy", busy=True)


async def made(jars: Jars, gateway: Any) -> Any:
    row = await jars.create(JarSpec("shop"), "usr_1")
    member = await add_member(jars, row, "demo", {"set": "t"}, person="usr_1")
    await fill(jars, row, member, [table("notes", NOTES, batch=100)], gateway, person="usr_1")
    return await jars.row("shop")


async def looked(jars: Jars, row: Any, gateway: Any) -> list[Looked]:
    return [one async for one in here(jars, row, gateway, await parts_of(jars, row))]


async def test_the_share_of_texts_with_findings_is_that_of_all_rows(jars: Jars) -> None:
    row = await made(jars, None)
    gateway: Any = FakeGateway({RARE: "PERSON"})
    report = await take(jars, row, gateway, await looked(jars, row, gateway), person="usr_1")
    assert report.rows == ROWS
    note = next(column for column in await jars.columns(row) if column.name == "note")
    assert (note.role, note.share, note.found) == ("text", round(3 / ROWS, 4), '{"PERSON": 0.01}')


async def test_a_column_that_turns_out_personal_becomes_known_and_a_persons_word_stays(jars: Jars) -> None:
    row = await made(jars, None)
    people: Any = FakeGateway(dict.fromkeys(NOTES["who"], "PERSON"))
    await decide(jars, row, [ColumnWord("notes", "code", confirm=True)], [], person="usr_1")
    assert {column for part in await parts_of(jars, row) for column in part.columns} == {"note", "who"}
    report = await take(jars, row, people, await looked(jars, row, people), person="usr_1")
    assert report.changed == ("notes.who",)
    assert report.known == ROWS
    again = await take(jars, row, people, await looked(jars, row, people), person="usr_1")
    assert (again.changed, again.known) == ((), None)


async def test_parts_and_findings_hold_no_value(jars: Jars) -> None:
    row = await made(jars, None)
    gateway: Any = FakeGateway({RARE: "PERSON"})
    found = await looked(jars, row, gateway)
    passed = pickle.dumps(found) + repr(found).encode()
    assert b"Quill" not in passed
    assert b"plain sentence" not in passed
    assert b"Lee" not in passed


async def test_a_scan_that_fails_changes_nothing_and_one_of_old_rows_does_not_count(jars: Jars) -> None:
    row = await made(jars, None)
    before = [(column.name, column.found, column.share) for column in await jars.columns(row)]
    with pytest.raises(GatewayFailed):
        await looked(jars, row, Busy())
    gateway: Any = FakeGateway({RARE: "PERSON"})
    found = await looked(jars, row, gateway)
    old = [Looked(Part(row.id, "notes", "imp_before", "x", 1, ("note",)), one.columns) for one in found]
    with pytest.raises(JarProblem, match="meanwhile"):
        await take(jars, row, gateway, old, person="usr_1")
    assert [(column.name, column.found, column.share) for column in await jars.columns(row)] == before
