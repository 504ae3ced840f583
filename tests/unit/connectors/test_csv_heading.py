"""Which first records of CSV files are names: tables with and without them, cut from the demo sets, and hard ones."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from connectors.csv_heading import is_heading
from connectors.demo_frames import demo_frames


def table(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.split("/")]


@pytest.mark.parametrize(
    "text",
    [
        "name,city/Anna,Berlin/Bob,Paris",
        "Vorname,Nachname,Ort/Anna,Schmidt,Berlin/Jürgen,Öz,Köln",
        "Prénom,Ville/Anne,Paris/Luc,Lyon",
        "cust_nm,acct_ref/Anna Marsh,ZX-B/Bob Hill,ZX-C",
        "FIRST NAME,LAST NAME/Anna,Marsh/Bob,Hill",
        "kind,colour/apple,red/lemon,yellow/pear,red/plum,yellow/fig,red/kiwi,yellow/date,red/lime,yellow",
        "email/anna@example.com/bob@example.com",
        "subject,body/Refund,I want my money back. Anna/Broken,It does not work any more!",
        "region,2024,2025/North,1200,1300/South,900,950",
        ",Q1,Q2/North,12,13/South,9,8",
        "name,name/Anna,Bob",
        "customer,amount,,note/K-1,12,,/K-2,13,,gone",
        "id,value",
        "Question,Answer/What is it?,A box./Who made it?,Anna did.",
    ],
)
def test_names_are_seen(text: str) -> None:
    first, *below = table(text)
    assert is_heading(first, below)


@pytest.mark.parametrize(
    "text",
    [
        "Anna,Berlin/Bob,Paris",
        "Anna Marsh,Berlin/Bob Hill,Paris/Cleo Stone,Rome",
        "anna,marsh/bob,hill/cleo,stone",
        "anna_marsh,bob_hill/cleo_stone,dan_wood/eve_reed,finn_lane",
        "anna@example.com,Berlin/bob@example.com,Paris",
        "Anna,unknown/Bob,32/Cleo,41",
        "Anna,-/Bob,32/Cleo,41",
        "open,Berlin/open,Paris/closed,Berlin/open,Rome",
        "North,1998/South,2001",
        "A-17,Anna/A-18,Bob/A-19,Cleo",
        "Anna,Anna/Bob,Cleo",
        "name,,city/Anna,x,Berlin",
        "Anna Marsh",
        "Dear all I am writing to you because my parcel never came and nobody answers the phone/Thanks a lot for it",
        "1,2/3,4",
        "",
    ],
)
def test_data_is_no_heading(text: str) -> None:
    first, *below = table(text)
    assert not is_heading(first, below)


@pytest.mark.long
@pytest.mark.parametrize("name", ["techcorp", "healthcare", "financial"])
def test_every_demo_table_with_and_without_its_heading(name: str) -> None:
    rng = Random(11)
    for title, frame in demo_frames(name).items():
        texts = frame.head(400).select(pl.all().cast(pl.String).fill_null(""))
        rows = [list(row) for row in texts.rows()]
        assert is_heading(frame.columns, rows), title
        for _ in range(5):
            at = rng.randrange(len(rows) - 1)
            assert not is_heading(rows[at], rows[at + 1 : at + rng.choice((2, 5, 50))]), (title, at)


@pytest.mark.long
def test_no_column_of_names_or_places_of_people_becomes_a_heading() -> None:
    """In each of them every value was taken as the first row of a file with one column or two of text."""
    frame = demo_frames("techcorp")["customers"].head(60)
    for columns in (
        ["first_name"],
        ["last_name"],
        ["city"],
        ["street"],
        ["first_name", "last_name"],
        ["email", "city"],
    ):
        rows = [["" if cell is None else str(cell) for cell in row] for row in frame.select(columns).rows()]
        wrong = [at for at in range(len(rows)) if is_heading(rows[at], rows[at + 1 : at + 21])]
        assert wrong == [], (columns, [rows[at] for at in wrong])
