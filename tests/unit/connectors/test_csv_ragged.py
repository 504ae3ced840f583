"""Texts whose delimiters nobody quoted, and tables that look like them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.csv_ragged import text_width
from tests.unit.connectors.test_csv_file import broken, rows

TEXTS = (
    "Hello, my invoice was wrong, please call me back, thanks",
    "The app crashes, since Monday, every time I log in",
    "Nobody answers",
    "Where is my parcel, it was promised for Friday",
    "I want my money back, this is the third time, I am angry, very angry",
    "Great service, thanks a lot",
)


async def test_a_file_of_texts_is_one_column_with_every_line_whole() -> None:
    data = "\n".join(["Message", *TEXTS]).encode()
    assert await rows(data) == [{"Message": text} for text in TEXTS]
    assert await broken(data) == []


async def test_texts_without_a_heading_are_one_column_too() -> None:
    data = ("\n".join(TEXTS) + "\n").encode()
    assert await rows(data) == [{"column_1": text} for text in TEXTS]


async def test_a_text_in_the_last_column_keeps_its_commas() -> None:
    lines = [f"{place},2026-01-0{place + 1},{text}" for place, text in enumerate(TEXTS)]
    data = "\n".join(["id,date,message", *lines]).encode()
    found = await rows(data)
    assert [row["message"] for row in found] == list(TEXTS)
    assert [row["id"] for row in found] == list(range(len(TEXTS)))
    assert await broken(data) == []


async def test_a_quoted_text_is_read_as_before() -> None:
    data = "\n".join(["id,message", *(f'{place},"{text}"' for place, text in enumerate(TEXTS))]).encode()
    assert [row["message"] for row in await rows(data)] == list(TEXTS)


async def test_a_title_above_a_table_stays_a_title() -> None:
    data = b"Message\n\nid,name,city\n" + b"".join(b"%d,Anna,York\n" % place for place in range(9))
    assert list((await rows(data))[0]) == ["id", "name", "city"]


async def test_some_rows_that_are_too_wide_stay_broken() -> None:
    data = b"id,city,message\n" + b"1,York,fine\n" * 30 + b"2,York,not,fine\n"
    assert await broken(data) == [(32, "it has 4 columns, not 3")]


@given(
    st.lists(st.lists(st.text("ab ,", max_size=8), min_size=1, max_size=6), min_size=1, max_size=30),
    st.sampled_from([",", ";", "\t"]),
)
def test_never_more_columns_than_the_first_record_has(records: list[list[str]], delimiter: str) -> None:
    assert 0 <= text_width(records, delimiter) <= max(1, len(records[0]))
