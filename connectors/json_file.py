"""JSON files with an array of objects, and JSONL files with one object per line."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import ClassVar

from connectors.base import Batch, ConnectorProblem, Reading, SourceTable
from connectors.boundaries import MIB, Boundaries
from connectors.csv_dialect import sniffed_encoding
from connectors.csv_records import text_of
from connectors.file_connector import FileConfig, FileConnector, place_of
from connectors.files import FilePlace, SourceFile
from connectors.json_records import JsonArray, JsonLines
from connectors.shape import LEARNT, Numbered, Shape

LOOKED_AT = 64 * MIB
"""Of files up to this size every record is looked at for the columns; of larger ones the first."""
BATCH_BYTES = 64 * MIB


class JsonConfig(FileConfig):
    """How JSON files are read: whether it is an array or lines is seen at the first character."""


class JsonFile(FileConnector):
    """The connector of JSON and JSONL files."""

    title: ClassVar[str] = "JSON or JSONL file"
    about: ClassVar[str] = "An array of objects, or one object per line, also as .gz or .zip."
    Config = JsonConfig

    def __init__(self, config: JsonConfig, boundaries: Boundaries, place: FilePlace | None = None) -> None:
        super().__init__(place_of(config, boundaries, place), JsonFormat(boundaries), boundaries)


class JsonFormat:
    """How a JSON file is read."""

    packed = True

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries

    def tables(self, file: SourceFile) -> Sequence[SourceTable]:
        """The file as its one table."""
        shape, rows = self._shape(file)
        return [SourceTable("", shape.columns, rows=rows)]

    def batches(self, file: SourceFile, inner: str, reading: Reading) -> Generator[Batch, None, None]:
        """The file's objects; at least one batch."""
        del inner
        shape, _ = self._shape(file)
        with self._opened(file) as reader:
            records = reader.records()
            taken = list(islice(records, 1))
            size = _rows_at_once(taken, reading.batch_rows)
            taken += islice(records, size - 1)
            first = True
            while taken or reader.broken or first:
                first = False
                frame, misfits = shape.frame(taken, reading.columns, file.name)
                broken, reader.broken = (*reader.broken, *misfits), []
                yield Batch(frame, tuple(sorted(broken, key=lambda row: row.line)))
                size = _rows_at_once(taken, reading.batch_rows)
                taken = list(islice(records, size))

    def _shape(self, file: SourceFile) -> tuple[Shape, int | None]:
        """The columns, and the number of objects when all were looked at."""
        counted = 0
        with self._opened(file) as reader:

            def looked_at() -> Generator[Numbered, None, None]:
                nonlocal counted
                for record in reader.records():
                    counted += 1
                    yield record

            whole = file.size <= LOOKED_AT
            records = looked_at() if whole else islice(looked_at(), LEARNT)
            shape = Shape.learnt(record for _, record in records)
        if len(shape.dtypes) > self._boundaries.max_columns:
            raise ConnectorProblem(
                f"The records have more than {self._boundaries.max_columns:,} fields.",
                "Names of fields that are values themselves should become values.",
                code="too_large",
            )
        return shape, counted if whole else None

    @contextmanager
    def _opened(self, file: SourceFile) -> Generator[JsonLines | JsonArray, None, None]:
        with file.open() as stream:
            head = stream.read(1 << 16)
        encoding = sniffed_encoding(head, whole=False)
        is_array = head.decode(encoding, "replace").lstrip(" \t\r\n\ufeff").startswith("[")
        with text_of(file.open(), encoding) as text:
            reader = JsonArray if is_array else JsonLines
            yield reader(text, self._boundaries.max_record)


def _rows_at_once(records: Sequence[Numbered], most: int) -> int:
    """How many records like these fit into the memory of a batch."""
    size = sum(len(str(value)) for _, record in records[:100] for value in record.values()) or 1
    return max(1, min(most, BATCH_BYTES * min(100, len(records)) // size)) if records else most
