"""The demo sets as tables to import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING

import polars as pl

from connectors.base import Batch
from connectors.jar_filling import IncomingTable

if TYPE_CHECKING:
    from demo_data import DataSet


def demo_frames(name: str) -> dict[str, pl.DataFrame]:
    """The tables of a demo set as frames. Raises demo_data.UnknownSet."""
    from demo_data import generate  # noqa: PLC0415 - only processes that make demo data need it

    return frames_of(generate(name))


def frames_of(dataset: DataSet) -> dict[str, pl.DataFrame]:
    """The tables of a set as frames."""
    return {
        table.name: pl.DataFrame(
            {column.name: table.values(column.name) for column in table.columns}, infer_schema_length=None
        )
        for table in dataset.tables.values()
    }


async def demo_tables(name: str, frames: Mapping[str, pl.DataFrame] | None = None) -> list[IncomingTable]:
    """The tables of a demo set, made now unless `frames` has them. Raises demo_data.UnknownSet."""
    made = frames if frames is not None else await asyncio.to_thread(demo_frames, name)
    return incoming(f"demo/{name}", made)


def incoming(fingerprint: str, frames: Mapping[str, pl.DataFrame]) -> list[IncomingTable]:
    """Frames as tables to import."""
    return [IncomingTable(table, fingerprint, _once(frame)) for table, frame in frames.items()]


def _once(frame: pl.DataFrame) -> Callable[[], AsyncGenerator[Batch, None]]:
    async def batches() -> AsyncGenerator[Batch, None]:
        yield Batch(frame)

    return batches
