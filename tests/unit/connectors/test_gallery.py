"""The starter gallery: ready-made jars, whose classes are right and whose people are nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connectors.boundaries import Boundaries
from connectors.gallery import add_starter, role_of, shown_starters
from connectors.jar_sources import Reach
from connectors.jars import JarProblem, Jars
from connectors.upkeep import refresh
from demo_data.model import as_text
from demo_data.starters import starter, starters
from policies.loader import load_policies
from policies.settings import Settings
from tests.jar_fixture import FakeGateway, bytes_below

NAMES = [one.name for one in starters()]


def reach(gateway: Any) -> Reach:
    return Reach(Boundaries(), gateway, "usr_1")


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_is_the_same_on_every_call_and_its_labels_are_where_they_say(name: str) -> None:
    made = starter(name).dataset()
    assert made == starter(name).dataset()
    assert starter(name).policy in load_policies()
    assert all(column.free_text == ((table.name, column.name) in made.labels) for table in made.tables.values()
               for column in table.columns)  # fmt: skip
    for (table, column), labels in made.labels.items():
        texts = made.tables[table].values(column)
        assert sum(map(len, labels)) > len(texts)
        for text, own in zip(texts, labels, strict=True):
            assert all(str(text)[start:end] == value for start, end, _, value in own)


def test_nobody_in_the_gallery_can_be_written_to() -> None:
    cells = [span.label[3] for one in starters() for span in one.dataset().spans()]
    hosts = {cell.rpartition("@")[2] for cell in cells if "@" in cell}
    assert all(re.fullmatch(r"(\w+\.)?example(\.com|\.org|\.net)?", host) for host in hosts), hosts
    assert all(cell.startswith("9") for cell in cells if re.fullmatch(r"\d{3}-\d\d-\d{4}", cell))


@pytest.mark.parametrize("name", NAMES)
async def test_a_starter_becomes_a_private_jar_with_its_classes(jars: Jars, jar_settings: Settings, name: str) -> None:
    gateway: Any = FakeGateway()
    row, filled = await add_starter(jars, name, reach(gateway), name="mine")
    stated = starter(name).dataset()
    assert (row.kind, row.owner, row.policy) == ("private", "usr_1", starter(name).policy)
    assert filled.tables == {table.name: len(table.rows) for table in stated.tables.values()}
    classes = {
        (column.table_name, column.name): (column.entity_type, column.role, column.decided_at)
        for column in await jars.columns(row)
    }
    assert classes == {
        (table.name, column.name): (column.personal, role_of(column), None)
        for table in stated.tables.values()
        for column in table.columns
    }
    assert filled.known == len(gateway.values[f"jar-{row.id}"]) > 40
    stored = bytes_below(jar_settings.data_dir)
    mail = next(table for table in stated.tables.values() if any("email" in c.name for c in table.columns))
    column = next(column.name for column in mail.columns if "email" in column.name)
    assert not [value for value in mail.values(column) if as_text(value).encode() in stored]
    assert await refresh(jars, row, reach(gateway)) == []


async def test_a_name_that_is_taken_and_a_starter_that_is_none_are_told(jars: Jars) -> None:
    await add_starter(jars, "leads", reach(FakeGateway()))
    with pytest.raises(JarProblem, match="another name"):
        await add_starter(jars, "leads", reach(FakeGateway()))
    with pytest.raises(LookupError):
        await add_starter(jars, "nothing", reach(FakeGateway()))
    assert [row.name for row in await jars.rows()] == ["leads"]


def test_the_gallery_shows_tables_and_classes_but_no_rows() -> None:
    shown = shown_starters()
    assert [one["name"] for one in shown] == NAMES
    for one in shown:
        assert not [span.label[3] for span in starter(one["name"]).dataset().spans() if span.label[3] in str(one)
                    and len(span.label[3]) > 5]  # fmt: skip
