"""What is asked of every connector, whatever it reads: one class, run for each kind against the real thing."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import aclosing
from random import Random
from typing import Any

import polars as pl
import pytest

from connectors.base import Batch, Connector, ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.refresh import Changes, with_changes
from connectors.registry import checked_config, open_connector, schema_of
from connectors.sampling import sampled
from connectors.secrets import joined, split

NAMES = ("Zoë O'Hara", 'Jürgen "Jay" Müß', "李小龍", "line\nbreak, comma", "  spaced ", "=SUM(A1)", "back\\slash\ttab")
ROWS = 1_234


def people(rows: int = ROWS) -> list[dict[str, Any]]:
    """The rows that every source of the contract holds; each kind may bring them in its own types."""
    return [
        {
            "id": number,
            "name": f"{NAMES[number % len(NAMES)]} {number}",
            "amount": number / 4,
            "day": dt.date(2026, 1, 1) + dt.timedelta(days=number % 365),
            "note": None if number % 3 else f"note {number}",
        }
        for number in range(1, rows + 1)
    ]


async def now_in(connector: Connector, name: str, stored: Batch) -> tuple[int, int, list[int]]:
    """A table refreshed from what was read of it: rows read, rows gone, the ids that it holds then."""
    [table] = [table for table in await connector.describe() if table.name == name]
    changes = Changes()

    async def before() -> AsyncIterator[pl.DataFrame]:
        yield stored.frame

    reading = with_changes(connector, table, str(stored.watermark), before, changes)
    ids = [number async for batch in reading for number in batch.frame["id"].to_list()]
    return changes.read, changes.gone, ids


class ConnectorContract:
    """Subclasses bring `config` (reaches a source with the table and an empty one), `kind` and the names of both."""

    kind: str
    table = "people"
    empty_table: str | None = "nobody"
    boundaries = Boundaries()

    @pytest.fixture
    async def connector(self, config: dict[str, Any]) -> AsyncIterator[Connector]:
        opened = open_connector(self.kind, config, self.boundaries)
        yield opened
        await opened.close()

    async def all_batches(self, connector: Connector, **how: Any) -> list[Batch]:
        return [batch async for batch in connector.read(Reading(**{"table": self.table, "batch_rows": 500, **how}))]

    async def test_it_says_that_it_is_reached(self, connector: Connector) -> None:
        assert (await connector.ping()).message
        await connector.close()
        await connector.close()

    async def test_it_describes_its_tables(self, connector: Connector) -> None:
        [table] = [table for table in await connector.describe() if table.name == self.table]
        assert [column.name for column in table.columns] == ["id", "name", "amount", "day", "note"]
        assert table.rows == ROWS
        [first, *_] = await self.all_batches(connector)
        assert [str(dtype) for dtype in first.frame.dtypes] == [column.dtype for column in table.columns]

    async def test_every_row_comes_once_in_batches_no_larger_than_asked(self, connector: Connector) -> None:
        batches = await self.all_batches(connector)
        assert all(len(batch.frame) <= 500 for batch in batches)
        assert not [row for batch in batches for row in batch.set_aside]
        frame = pl.concat([batch.frame for batch in batches]).sort("id")
        wanted = people()
        assert frame["id"].to_list() == [row["id"] for row in wanted]
        assert frame["name"].to_list() == [row["name"] for row in wanted]
        assert frame["note"].to_list() == [row["note"] for row in wanted]
        assert frame["amount"].cast(pl.Float64).to_list() == [row["amount"] for row in wanted]
        assert [str(day)[:10] for day in frame["day"].to_list()] == [str(row["day"]) for row in wanted]

    async def test_two_readings_are_alike_and_so_are_two_samples(self, connector: Connector) -> None:
        first, second = [pl.concat([b.frame for b in await self.all_batches(connector)]) for _ in range(2)]
        assert first.equals(second)
        samples = [await sampled(connector, self.table, rows=20, random=Random(7)) for _ in range(2)]
        assert samples[0].equals(samples[1])
        assert len(samples[0]) == 20
        assert samples[0].columns == first.columns
        assert max(samples[0]["id"].to_list()) > 500

    async def test_columns_can_be_chosen_in_any_order(self, connector: Connector) -> None:
        batches = await self.all_batches(connector, columns=("note", "id"))
        assert all(batch.frame.columns == ["note", "id"] for batch in batches)
        assert sum(len(batch.frame) for batch in batches) == ROWS
        with pytest.raises(ConnectorProblem, match="no column") as caught:
            await self.all_batches(connector, columns=("id", "gone"))
        assert caught.value.code == "changed"

    async def test_an_unknown_table_is_named(self, connector: Connector) -> None:
        with pytest.raises(ConnectorProblem) as caught:
            await self.all_batches(connector, table="no_such_table")
        assert caught.value.code == "not_found"

    async def test_an_empty_table_still_has_its_columns(self, connector: Connector) -> None:
        if self.empty_table is None:
            pytest.skip("this kind of source has no columns without rows")
        [batch] = await self.all_batches(connector, table=self.empty_table)
        assert batch.frame.columns == ["id", "name", "amount", "day", "note"]
        assert len(batch.frame) == 0

    async def test_a_reading_can_be_left_and_begun_again(self, connector: Connector) -> None:
        async with aclosing(connector.read(Reading(self.table, batch_rows=10))) as batches:
            async for batch in batches:
                assert 1 <= len(batch.frame) <= 10
                break
        assert sum(len(batch.frame) for batch in await self.all_batches(connector)) == ROWS

    def test_its_configuration_makes_a_form_and_keeps_its_secrets(self, config: dict[str, Any]) -> None:
        schema = schema_of(self.kind)
        assert schema["title"]
        assert schema["description"]
        untitled = [name for name, field in schema["properties"].items() if name != "kind" and "title" not in field]
        assert not untitled
        model = checked_config(self.kind, config)
        plain, secrets = split(model)
        assert checked_config(self.kind, joined(plain, secrets)) == model
        for secret in secrets.values():
            assert secret not in f"{plain} {model!r} {model.model_dump_json()}"

    async def test_a_wrong_field_is_named_and_not_repeated(self, config: dict[str, Any]) -> None:
        with pytest.raises(ConnectorProblem) as caught:
            open_connector(self.kind, {**config, "no_such_field": "s3cret-typed-here"}, self.boundaries)
        assert caught.value.code == "config"
        assert "s3cret" not in str(caught.value)
