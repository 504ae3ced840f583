"""CSV and TSV files: their look is guessed or set; broken rows are set aside with their line numbers."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import Annotated, BinaryIO, ClassVar, Literal, cast

import polars as pl
from pydantic import Field

from connectors.base import Batch, BrokenRow, ConnectorProblem, Reading, SourceColumn, SourceTable, chosen
from connectors.boundaries import MIB, Boundaries
from connectors.csv_dialect import (
    CsvDialect,
    distinct_names,
    guessed_types,
    head_records,
    sniffed_delimiter,
    sniffed_encoding,
)
from connectors.csv_margins import ABOVE, TAIL, UNITS, Margins, below, is_blank, margins, named
from connectors.csv_ragged import text_width
from connectors.csv_records import MAX_RAW, Record, RecordReader, text_of
from connectors.file_connector import FileConfig, FileConnector, place_of
from connectors.files import FilePlace, SourceFile

HEAD = MIB
COUNTED = 64 * MIB
"""Files up to this size are counted; of larger ones the number of rows is estimated from their beginning."""
TYPE_ROWS = 1_000
BATCH_CHARS = 64 * MIB
"""A batch of very long rows ends early."""


class CsvConfig(FileConfig):
    """How a CSV or TSV file is read; what is left on `auto` is guessed from the file's beginning."""

    encoding: Annotated[
        str,
        Field(title="Encoding", description="`auto`, or a Python codec.", examples=["utf-8", "cp1252"], max_length=40),
    ] = "auto"
    delimiter: Annotated[
        str,
        Field(
            title="Delimiter", description="`auto`, or one character.", examples=[",", ";"], pattern=r"^(auto|.|\t)$"
        ),
    ] = "auto"
    quote: Annotated[Literal['"', "'"], Field(title="Quote character", description="Around cells with delimiters.")] = (
        '"'
    )
    heading: Annotated[
        Literal["auto", "yes", "no"],
        Field(title="First row holds names", description="`auto` looks at it; in doubt it is data, never names."),
    ] = "auto"
    types: Annotated[
        Literal["guess", "text"],
        Field(
            title="Types",
            description="`guess` makes numbers and dates of columns whose first rows all are; long numbers, such as "
            "card and phone numbers, stay text. A later row that does not fit is set aside. `text` keeps every cell.",
        ),
    ] = "guess"
    empty: Annotated[
        tuple[str, ...], Field(title="Empty values", description="Cells that mean: no value.", examples=[["", "NULL"]])
    ] = ("",)


class CsvFile(FileConnector):
    """The connector of CSV and TSV files."""

    title: ClassVar[str] = "CSV or TSV file"
    about: ClassVar[str] = "Text files with one row per line, also as .gz or .zip."
    Config = CsvConfig

    def __init__(self, config: CsvConfig, boundaries: Boundaries, place: FilePlace | None = None) -> None:
        super().__init__(place_of(config, boundaries, place), CsvFormat(config, boundaries), boundaries)


class CsvFormat:
    """How a CSV file is read."""

    packed = True

    def __init__(self, config: CsvConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries

    def tables(self, file: SourceFile) -> Sequence[SourceTable]:
        """The file as its one table; large files are not counted but estimated."""
        with closing(_Opened(file, self._config, self._boundaries)) as opened:
            columns = tuple(SourceColumn(*pair) for pair in zip(opened.names, opened.types, strict=True))
            note = f"{opened.dialect.encoding}, delimiter {opened.dialect.delimiter!r}"
            note += ", texts with delimiters in the last column" if opened.dialect.text_width else ""
            note += "" if opened.has_names else ", no names in the first row"
            note += f", names in line {opened.heading_line:,}" if opened.margins.above and opened.has_names else ""
            exact = file.size <= COUNTED
            rows = sum(1 for _ in opened.records()) if exact else opened.estimated_rows(file.size)
            broken = len(opened.reader.broken)
            note += f", {broken:,} broken rows" if broken and exact else ""
            return [SourceTable("", columns, rows=rows, exact=exact, note=note)]

    def batches(self, file: SourceFile, inner: str, reading: Reading) -> Generator[Batch, None, None]:
        """The file's rows; at least one batch."""
        del inner
        with closing(_Opened(file, self._config, self._boundaries)) as opened:
            wanted = chosen(opened.names, reading.columns, file.name)
            records = opened.records()
            yield opened.batch(opened.take(records, reading.batch_rows), wanted)
            while (taken := opened.take(records, reading.batch_rows)) or opened.reader.broken:
                yield opened.batch(taken, wanted)


class _Opened:
    """A file under way: its dialect, columns and types are known, and its records come one by one."""

    def __init__(self, file: SourceFile, config: CsvConfig, boundaries: Boundaries) -> None:
        self._config, self._max_record = config, boundaries.max_record
        self._stream = cast("io.BufferedIOBase", file.open())
        try:
            self._start(boundaries)
        except BaseException:
            self._stream.close()
            raise

    def _start(self, boundaries: Boundaries) -> None:
        head = _read_up_to(self._stream, HEAD)
        self.dialect = self._dialect(head)
        self._head_bytes = len(head)
        joined = cast("BinaryIO", io.BufferedReader(_Rejoined(head, self._stream), MIB))
        self.reader = RecordReader(
            text_of(joined, self.dialect.encoding), self.dialect, max_record=boundaries.max_record
        )
        self._records = self.reader.records()
        self._held: list[Record] = list(islice(self._records, TYPE_ROWS + 1))
        whole = len(self._held) <= TYPE_ROWS
        self._find_table(boundaries)
        self._settle_width()
        if whole:
            self._held = list(self._rows(iter(self._held)))
        cells = [cell for _, cell in self._held]
        empty = set(self._config.empty)
        columns = [["" if c in empty else c for c in column] for column in zip(*cells, strict=True)]
        guess = self._config.types == "guess" and columns
        self.types = guessed_types(columns) if guess else ["String"] * len(self.names)

    def _find_table(self, boundaries: Boundaries) -> None:
        """Which record names the columns; those above it, and one of units, are set aside."""
        self.margins = Margins(has_names=self._config.heading == "yes")
        if self._config.heading == "auto":
            self.margins = margins([cells for _, cells in self._held])
        above, self.has_names = self.margins.above, self.margins.has_names
        self._set_aside([record for record in self._held[:above] if not is_blank(record[1])], ABOVE)
        self._held = self._held[above:]
        self.heading_line, first = self._held[0] if self._held else (0, [])
        names = named(self.margins, first) if self.has_names else [""] * len(first)
        self.names = distinct_names(names, boundaries.max_columns)
        self._held = self._held[1:] if self.has_names else self._held
        if self.margins.has_units:
            place = next(place for place, (_, cells) in enumerate(self._held) if not is_blank(cells))
            self._set_aside([self._held.pop(place)], UNITS)

    def _set_aside(self, records: Iterable[Record], reason: str) -> None:
        for line, cells in records:
            self.reader.broken.append(BrokenRow(line, reason, self.dialect.delimiter.join(cells)[:MAX_RAW]))

    def _dialect(self, head: bytes) -> CsvDialect:
        encoding = self._config.encoding
        try:
            if encoding == "auto":
                encoding = sniffed_encoding(head, whole=len(head) < HEAD)
            text = head.decode(encoding, errors="replace")
        except LookupError:
            raise ConnectorProblem(
                "The encoding is not known.", "Take a name such as utf-8, cp1252 or utf-16, or `auto`.", code="config"
            ) from None
        delimiter = self._config.delimiter
        if delimiter == "auto":
            delimiter = sniffed_delimiter(text, self._config.quote)
        width = 0
        if self._config.heading == "auto":
            width = text_width(head_records(text, delimiter, self._config.quote), delimiter)
        guessed = self._config.encoding == "auto"
        return CsvDialect(encoding, delimiter, self._config.quote, guessed=guessed, text_width=width)

    def _settle_width(self) -> None:
        """From here on every record has the heading's width; those held already are checked now."""
        self.reader.width = width = len(self.names)
        fitting = [record for record in self._held if len(record[1]) == width]
        for record in self._held:
            if len(record[1]) != width:
                self._set_aside([record], f"it has {len(record[1]):,} columns, not {width:,}")
        self._held = fitting

    def records(self) -> Iterable[Record]:
        """The records after the heading that are rows of the table."""
        return self._rows(chain(self._held, self._records))

    def _rows(self, records: Iterator[Record]) -> Iterator[Record]:
        """Records without blank ones and without totals and lines below the table; the last ones are held back."""
        tail: deque[Record] = deque()
        for record in records:
            if not is_blank(record[1]):
                tail.append(record)
                if len(tail) > TAIL:
                    yield tail.popleft()
        reasons = [] if self._config.heading != "auto" else below([r[1] for r in tail], dense=self.margins.dense)
        for reason in reasons[::-1]:
            self._set_aside([tail.pop()], reason)
        yield from tail

    def take(self, records: Iterable[Record], most: int) -> list[Record]:
        """Up to `most` of the next records, fewer when they are long. Raises ConnectorProblem."""
        taken: list[Record] = []
        stop = self.reader.read + BATCH_CHARS
        for record in records:
            taken.append(record)
            if len(taken) >= most or self.reader.read > stop:
                break
        return taken

    def batch(self, taken: Sequence[Record], wanted: Sequence[str]) -> Batch:
        """Records as a frame of the guessed types; those with a cell that does not fit are set aside."""
        text = self._frame(taken)
        typed = text.with_columns(
            _cast(name, dtype) for name, dtype in zip(self.names, self.types, strict=True) if dtype != "String"
        )
        typed = self._fitting(taken, text, typed)
        broken, self.reader.broken = tuple(self.reader.broken), []
        return Batch(typed.select(wanted), tuple(sorted(broken, key=lambda row: row.line)))

    def _frame(self, taken: Sequence[Record]) -> pl.DataFrame:
        cells = zip(*(record[1] for record in taken), strict=True) if taken else ([] for _ in self.names)
        series = [pl.Series(name, column, dtype=pl.String) for name, column in zip(self.names, cells, strict=True)]
        empty = list(self._config.empty)
        return pl.DataFrame(series).with_columns(
            pl.when(pl.all().is_in(empty)).then(None).otherwise(pl.all()).name.keep()
        )

    def _fitting(self, taken: Sequence[Record], text: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
        """The rows whose every cell is of its column's type; the others are set aside."""
        guessed = [name for name, dtype in zip(self.names, self.types, strict=True) if dtype != "String"]
        lost = {name: text[name].is_not_null() & typed[name].is_null() for name in guessed}
        lost = {name: mask for name, mask in lost.items() if mask.any()}
        if not lost:
            return typed
        misfit = pl.Series([False] * len(typed))
        for name, mask in lost.items():
            reason = (
                f"the cell in column {name!r} is no {self.types[self.names.index(name)]}; `types: text` would keep it"
            )
            for index in (mask & ~misfit).arg_true():
                line, cells = taken[index]
                self.reader.broken.append(BrokenRow(line, reason, self.dialect.delimiter.join(cells)[:MAX_RAW]))
            misfit |= mask
        return typed.filter(~misfit)

    def estimated_rows(self, size: int) -> int:
        """Rows of a file of `size` bytes, from the length of those held."""
        shown = sum(len(self.dialect.delimiter.join(cells)) + 1 for _, cells in self._held) or 1
        return max(len(self._held), round(size * len(self._held) / shown))

    def close(self) -> None:
        """Close the file."""
        self._records.close()
        self._stream.close()


def _cast(name: str, dtype: str) -> pl.Expr:
    """The column as its type; null where a cell is not written as numbers and dates are, such as 007."""
    cell = pl.col(name)
    if dtype == "Date":
        return cell.str.to_date("%Y-%m-%d", strict=False)
    plain = r"^-?(0|[1-9][0-9]{0,17})$" if dtype == "Int64" else r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?$"
    numbers = pl.when(cell.str.contains(plain)).then(cell)
    return numbers.cast(pl.Int64 if dtype == "Int64" else pl.Float64, strict=False).alias(name)


class _Rejoined(io.RawIOBase):
    """The head that was looked at, then the rest of its stream."""

    def __init__(self, head: bytes, rest: io.BufferedIOBase) -> None:
        super().__init__()
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed allows any buffer
        size = len(buffer)
        if self._head:
            chunk, self._head = self._head[:size], self._head[size:]
        else:
            chunk = self._rest.read(size)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _read_up_to(stream: io.BufferedIOBase, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
