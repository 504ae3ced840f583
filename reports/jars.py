"""What the report engine reads of jars: who may, which columns, and frames of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from connectors.jar_model import HoneyJar, JarReader
from reports.gate import looked_for

SAMPLE_ROWS: Final = 2_000
MOST_VALUES: Final = 300_000


class DataMissing(Exception):
    """The jar does not hold what a report needs; the message says what is missing and what to do."""


async def sample_frames(reader: JarReader, jar: HoneyJar) -> dict[str, pl.DataFrame]:
    """The first rows of each table, for the mapping of columns to roles. Columns of free text are left out."""
    samples: dict[str, pl.DataFrame] = {}
    for table in jar.tables:
        columns = [column.name for column in table.columns if column.role != "text"]
        texts = [column.name for column in table.columns if column.role == "text"]
        frame = await first_batch(reader, jar, table.name, columns) if columns else pl.DataFrame()
        missing = [pl.Series(name, [None] * frame.height, dtype=pl.String) for name in texts]
        samples[table.name] = frame.with_columns(missing) if frame.width else pl.DataFrame(missing)
    return samples


async def first_batch(
    reader: JarReader, jar: HoneyJar, table: str, columns: Sequence[str], rows: int = SAMPLE_ROWS
) -> pl.DataFrame:
    """The first rows of a table."""
    async for frame in reader.batches(jar, table, columns, rows=rows):
        return frame.head(rows)
    return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))


async def read_frames(reader: JarReader, jar: HoneyJar, wanted: Mapping[str, Sequence[str]]) -> dict[str, pl.DataFrame]:
    """Whole tables, only the wanted columns."""
    frames: dict[str, pl.DataFrame] = {}
    for table, columns in wanted.items():
        parts = [frame async for frame in reader.batches(jar, table, columns)]
        empty = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        frames[table] = pl.concat(parts, how="vertical_relaxed") if parts else empty
    return frames


async def personal_values(reader: JarReader, jar: HoneyJar) -> frozenset[str]:
    """Values of all columns that identify people, those that a text can be searched for; 300,000 at most.

    They are what samples, facts and the finished report are looked through for: a second net under the gateway's.
    """
    values: set[str] = set()
    for table in jar.tables:
        columns = [column.name for column in table.columns if column.role == "identifier"]
        if not columns:
            continue
        async for frame in reader.batches(jar, table.name, columns):
            for name in columns:
                values |= looked_for(frame[name].cast(pl.String).drop_nulls().unique())
            if len(values) > MOST_VALUES:
                return frozenset(values)
    return frozenset(values)
