"""Mock external services with made-up data: a CRM, a help desk and a billing system that can be slow and can fail.

For demonstrations and tests. The data is TechCorp's of `demo_data`: the same on every machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from functools import cache
from typing import Annotated, ClassVar, Literal

import polars as pl
from pydantic import Field

from connectors.base import (
    Batch,
    BrokenRow,
    ConnectorConfig,
    ConnectorProblem,
    Reached,
    Reading,
    SourceColumn,
    SourceTable,
    chosen,
)
from connectors.boundaries import Boundaries
from demo_data.model import Table

Service = Literal["crm", "helpdesk", "billing"]
_TABLES: dict[Service, tuple[str, ...]] = {
    "crm": ("customers", "campaigns", "campaign_responses"),
    "helpdesk": ("support_tickets", "ticket_stage_events", "agents", "shifts"),
    "billing": ("transactions", "products", "costs"),
}
_DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "real": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}


class SampleConfig(ConnectorConfig):
    """A mock service; everything in it is made up."""

    service: Annotated[Service, Field(title="Service")] = "crm"
    latency_ms: Annotated[int, Field(title="Milliseconds before each answer", ge=0, le=60_000)] = 0
    fault: Annotated[
        Literal["none", "refused", "timeout", "dropped", "broken_rows"],
        Field(
            title="Fault",
            description="`refused`: the login fails; `timeout`: no answer comes; `dropped`: the connection breaks "
            "after some batches; `broken_rows`: every hundredth row is set aside.",
        ),
    ] = "none"
    fault_after: Annotated[int, Field(title="Batches before the connection breaks", ge=0)] = 1
    timeout_s: Annotated[float, Field(title="Time for one answer, in seconds", gt=0, le=600)] = 30


@cache
def _data() -> dict[str, Table]:
    """Generated once per process: it takes seconds."""
    import demo_data  # noqa: PLC0415 - not before it is asked for

    return dict(demo_data.generate("techcorp").tables)


class Sample:
    """The connector of the mock services."""

    title: ClassVar[str] = "Sample data"
    about: ClassVar[str] = "A made-up CRM, help desk or billing system, to try things out; it can be slow and fail."
    Config = SampleConfig

    def __init__(self, config: SampleConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries

    async def ping(self) -> Reached:
        """Answer, unless a fault is switched on."""
        await self._answered()
        return Reached(f"The mock {self._config.service} answers; its data is made up.", "sample")

    async def describe(self) -> Sequence[SourceTable]:
        """The tables of the service."""
        await self._answered()
        return [_shown(table) for table in (await self._tables()).values()]

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The rows in order, slowly or with a fault as configured."""
        if reading.since is not None:
            raise ConnectorProblem("The sample data has no watermark.", "Leave the watermark out.", code="config")
        await self._answered()
        table = (await self._tables()).get(reading.table)
        if table is None:
            raise ConnectorProblem(
                f"There is no table {reading.table!r}.", "Look at the source again.", code="not_found"
            )
        names = chosen([column.name for column in table.columns], reading.columns, table.name)
        for number, start in enumerate(range(0, max(1, len(table.rows)), reading.batch_rows)):
            if self._config.fault == "dropped" and number >= self._config.fault_after:
                raise ConnectorProblem(
                    "The connection was lost (a fault that is switched on).",
                    "Start the reading again, or switch the fault off.",
                    code="unreachable",
                    retryable=True,
                )
            yield self._batch(table, names, start, reading.batch_rows)
            await self._answered()

    async def close(self) -> None:
        """Nothing is held."""

    async def _tables(self) -> dict[str, Table]:
        data = await asyncio.to_thread(_data)
        return {name: data[name] for name in _TABLES[self._config.service]}

    def _batch(self, table: Table, names: Sequence[str], start: int, count: int) -> Batch:
        rows = table.rows[start : start + count]
        broken: tuple[BrokenRow, ...] = ()
        if self._config.fault == "broken_rows":
            lines = range(start + 1, start + 1 + len(rows))
            broken = tuple(
                BrokenRow(line, "a fault that is switched on", repr(row))
                for line, row in zip(lines, rows, strict=True)
                if line % 100 == 0
            )
            rows = [row for line, row in zip(lines, rows, strict=True) if line % 100]
        series = [
            pl.Series(
                name, [row[table.index(name)] for row in rows], dtype=_DTYPES[table.columns[table.index(name)].type]
            )
            for name in names
        ]
        return Batch(pl.DataFrame(series), broken)

    async def _answered(self) -> None:
        """Wait as long as the service is set to, and fail as it is set to. Raises ConnectorProblem."""
        if self._config.fault == "refused":
            raise ConnectorProblem("The service refuses the login.", "Switch the fault off.", code="refused")
        if self._config.fault == "timeout" or self._config.latency_ms / 1000 > self._config.timeout_s:
            await asyncio.sleep(self._config.timeout_s)
            raise ConnectorProblem(
                "The service did not answer in time.", "Switch the fault off.", code="timeout", retryable=True
            )
        await asyncio.sleep(self._config.latency_ms / 1000)


def _shown(table: Table) -> SourceTable:
    columns = tuple(SourceColumn(column.name, str(_DTYPES[column.type])) for column in table.columns)
    key = tuple(column.name for column in table.columns if column.key)
    return SourceTable(table.name, columns, rows=len(table.rows), key=key)
