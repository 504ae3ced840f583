"""The demo sets as tables to import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping

import polars as pl

from connectors.base import Batch
from connectors.jar_filling import IncomingTable


def demo_frames(name: str) -> dict[str, pl.DataFrame]:
    """The tables of a demo set as frames. Raises demo_data.UnknownSet."""
    from demo_data import generate  # noqa: PLC0415 - only processes that make demo data need it

    return {
        table.name: pl.DataFrame(
            {column.name: table.values(column.name) for column in table.columns}, infer_schema_length=None
        )
        for table in generate(name).tables.values()
    }


async def demo_tables(name: str, frames: Mapping[str, pl.DataFrame] | None = None) -> list[IncomingTable]:
    """The tables of a demo set, made now unless `frames` has them. Raises demo_data.UnknownSet."""
    made = frames if frames is not None else await asyncio.to_thread(demo_frames, name)
    return [IncomingTable(table, f"demo/{name}", _once(frame)) for table, frame in made.items()]


def _once(frame: pl.DataFrame) -> Callable[[], AsyncGenerator[Batch, None]]:
    async def batches() -> AsyncGenerator[Batch, None]:
        yield Batch(frame)

    return batches
