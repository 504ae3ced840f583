"""What is written as CSV comes back cell by cell, under any dialect; hostile bytes lose no line unsaid."""

from __future__ import annotations

import csv
import io
from typing import BinaryIO

from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Batch, Reading
from connectors.boundaries import Boundaries
from connectors.csv_dialect import CsvDialect, sniffed_delimiter, sniffed_encoding
from connectors.csv_file import CsvConfig, CsvFormat
from connectors.csv_records import RecordReader

CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufeff"), max_size=12)
TABLES = st.integers(2, 6).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.name, self.data, self.size = "a.csv", data, len(data)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def read(data: bytes, rows: int, **config: object) -> list[Batch]:
    form = CsvFormat(CsvConfig.model_validate({"types": "text", "empty": (), **config}), Boundaries(max_record=4_096))
    return list(form.batches(Bytes(data), "", Reading("a.csv", batch_rows=rows)))


@given(
    TABLES,
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(1, 4),
)
def test_what_is_written_is_read(table: list[list[str]], delimiter: str, end: str, encoding: str, rows: int) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    names = [f"name {n}" for n in range(len(table[0]))]
    writer.writerows([names, *table])
    batches = read(out.getvalue().encode(encoding), rows, delimiter=delimiter, heading="yes")
    held = [row for row in table if any(cell.strip() for cell in row)]  # a record without anything in it is no row
    assert [list(row) for batch in batches for row in batch.frame.rows()] == held
    assert all(batch.frame.columns == names for batch in batches)
    assert not [row for batch in batches for row in batch.set_aside]


@given(
    st.lists(st.tuples(*[st.text("abc XYZ.-é1'", min_size=1, max_size=9)] * 3), min_size=3, max_size=20),
    st.sampled_from(",;\t|"),
)
def test_the_delimiter_of_a_regular_table_is_guessed(table: list[tuple[str, ...]], delimiter: str) -> None:
    text = "".join(delimiter.join(row) + "\n" for row in table)
    assert sniffed_delimiter(text, '"') == delimiter


@given(st.text(max_size=200), st.integers(0, 3))
def test_utf_8_is_known_even_when_cut_within_a_character(text: str, cut: int) -> None:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return
    head = data[: len(data) - cut] if cut else data
    assert sniffed_encoding(head, whole=False) == "utf-8"


@given(st.lists(st.sampled_from([b'"', b",", b"\n", b"a", b"\r\n", b"\0", b"\xff", b"1,2\n", b'"x"']), max_size=60))
def test_every_line_with_something_in_it_is_in_a_row_or_set_aside(parts: list[bytes]) -> None:
    data = b"a,b\n" + b"".join(parts)
    reader = RecordReader(
        io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape", newline=""),
        CsvDialect("utf-8", ",", '"'),
        max_record=4_096,
    )
    reader.width = 2
    seen = list(reader.records())
    kept = "".join("".join(cells) for _, cells in seen) + "".join(row.raw for row in reader.broken)
    for byte, shown in ((b"a", "a"), (b"1", "1"), (b"2", "2"), (b"x", "x")):
        assert kept.count(shown) >= data.count(byte)
    lines = [line for line, _ in seen] + [row.line for row in reader.broken]
    assert len(set(lines)) == len(lines)
