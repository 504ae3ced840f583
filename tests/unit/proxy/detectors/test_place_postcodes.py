"""Postcodes that only their place tells."""

from __future__ import annotations

import pytest

from proxy.core.findings import Finding
from proxy.detectors.place_postcodes import postcodes_by_place


def postcodes(text: str, piece: str, entity_type: str) -> list[str]:
    start = text.index(piece)
    found = postcodes_by_place(text, [Finding(start, start + len(piece), entity_type, 0.9, "names")])
    return [text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("we meet in Tokoza 1426 in the morning", "1426"),
        ("we meet in Tokoza, 84024.", "84024"),
        ("from Tokoza 840 24 to us", "840 24"),
        ("he lives in Tokoza 7188", "7188"),
    ],
)
def test_a_number_behind_a_place(text: str, postcode: str) -> None:
    assert postcodes(text, "Tokoza", "LOCATION") == [postcode]


@pytest.mark.parametrize(
    "text",
    [
        "in Tokoza 1985 was a good year",
        "in Tokoza 2024.",
        "in Tokoza 5000 people live",
        "Tokoza 1234.50 and more",
        "Tokoza 45000% of it",
        "Tokoza 12345-678 is a part",
        "Tokoza has 84024",
    ],
)
def test_years_counts_and_amounts_behind_a_place_stay(text: str) -> None:
    assert postcodes(text, "Tokoza", "LOCATION") == []


def test_a_number_alone_on_a_line_below_a_street() -> None:
    block = "Ann Lee\n17 Mill Lane Suite 4\n  Tujetsch\n  53-320\nThanks"
    assert postcodes(block, "17 Mill Lane", "STREET_ADDRESS") == []
    assert postcodes(block, "17 Mill Lane Suite 4", "STREET_ADDRESS") == ["53-320"]
    assert postcodes("17 Mill Lane\nTujetsch\n7188", "17 Mill Lane", "STREET_ADDRESS") == ["7188"]


def test_a_number_in_a_line_or_far_below_a_street_stays() -> None:
    assert postcodes("17 Mill Lane\nTujetsch\n7188 items", "17 Mill Lane", "STREET_ADDRESS") == []
    assert postcodes("17 Mill Lane\na\nb\nc\n7188", "17 Mill Lane", "STREET_ADDRESS") == []
    assert postcodes("17 Mill Lane, 7188", "17 Mill Lane", "PERSON") == []
