"""Parquet files, read by row groups; nested columns come as JSON text."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from typing import Any, ClassVar, cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.base import Batch, ConnectorProblem, Reading, SourceColumn, SourceTable, chosen
from connectors.boundaries import MIB, Boundaries
from connectors.file_connector import FileConfig, FileConnector, place_of
from connectors.files import FilePlace, SourceFile
from connectors.shape import as_text

BATCH_BYTES = 64 * MIB


class ParquetConfig(FileConfig):
    """Parquet files say themselves what they hold."""


class ParquetFile(FileConnector):
    """The connector of Parquet files."""

    title: ClassVar[str] = "Parquet file"
    about: ClassVar[str] = "Columnar files with their own types."
    Config = ParquetConfig

    def __init__(self, config: ParquetConfig, boundaries: Boundaries, place: FilePlace | None = None) -> None:
        super().__init__(place_of(config, boundaries, place), ParquetFormat(boundaries), boundaries)


class ParquetFormat:
    """How a Parquet file is read."""

    packed = False

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries

    def tables(self, file: SourceFile) -> Sequence[SourceTable]:
        """The file as its one table; the number of rows stands in its footer."""
        with file.open() as stream:
            opened = self._opened(stream)
            empty = flattened(cast("pl.DataFrame", pl.from_arrow(opened.schema_arrow.empty_table())))
            columns = tuple(SourceColumn(name, str(dtype)) for name, dtype in empty.schema.items())
            return [SourceTable("", columns, rows=opened.metadata.num_rows)]

    def batches(self, file: SourceFile, inner: str, reading: Reading) -> Generator[Batch, None, None]:
        """The file's rows; at least one batch."""
        del inner
        with file.open() as stream:
            opened = self._opened(stream)
            names = chosen(opened.schema_arrow.names, reading.columns, file.name)
            size = max(1, min(reading.batch_rows, _rows_at_once(opened)))
            first = True
            try:
                for part in opened.iter_batches(size, columns=names):
                    first = False
                    yield Batch(flattened(cast("pl.DataFrame", pl.from_arrow(part))).select(names))
            except (pa.ArrowException, OSError) as error:
                raise _damaged(error) from None
            if first:
                empty = cast("pl.DataFrame", pl.from_arrow(opened.schema_arrow.empty_table()))
                yield Batch(flattened(empty).select(names))

    def _opened(self, stream: Any) -> pq.ParquetFile:  # noqa: ANN401 - any binary file
        try:
            opened = pq.ParquetFile(stream, pre_buffer=False, buffer_size=MIB)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(error) from None
        groups = [opened.metadata.row_group(index) for index in range(opened.metadata.num_row_groups)]
        total = sum(group.total_byte_size for group in groups)
        if total > self._boundaries.max_unpacked or opened.metadata.num_columns > self._boundaries.max_columns:
            raise ConnectorProblem(
                "The file unpacks to more bytes or columns than allowed.",
                "Split it into several files.",
                code="too_large",
            )
        return opened


def _rows_at_once(opened: pq.ParquetFile) -> int:
    """Rows of a batch by the size that the footer states."""
    rows = opened.metadata.num_rows
    size = sum(opened.metadata.row_group(index).total_byte_size for index in range(opened.metadata.num_row_groups))
    return max(1, BATCH_BYTES * int(rows) // int(size)) if size else max(1, int(rows))


def _damaged(error: Exception) -> ConnectorProblem:
    return ConnectorProblem(
        f"This is no Parquet file, or it is damaged ({type(error).__name__}).", "Copy it again, or write it anew."
    )


def flattened(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of plain types only: nested ones as JSON text, bytes as hexadecimal, categories and times as text."""
    return frame.with_columns(_plain(frame[name]) for name in frame.columns)


def _plain(column: pl.Series) -> pl.Series:
    dtype = column.dtype
    if dtype.is_nested():
        cells = [None if v is None else json.dumps(v, ensure_ascii=False, default=as_text) for v in column.to_list()]
        return pl.Series(column.name, cells, dtype=pl.String)
    if dtype == pl.Binary:
        return column.bin.encode("hex")
    if dtype in (pl.Categorical, pl.Enum, pl.Time, pl.Null):
        return column.cast(pl.String)
    if dtype == pl.Duration:
        return column.dt.to_string("iso")
    return column
