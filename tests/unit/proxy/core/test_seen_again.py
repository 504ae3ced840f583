"""A value that detectors disagree about, or that stands in a text several times, is treated alike in all its places."""

from __future__ import annotations

import pytest

from proxy.core.findings import Finding
from proxy.core.slots import Kind
from tests.property.core_cases import scrambler


def types_in(text: str, findings: list[Finding]) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.entity_type) for one in scrambler().text(text, Kind.TEXT, findings)]


@pytest.mark.parametrize("scores", [(0.9, 0.5), (0.5, 0.9), (0.9, 0.9)])
def test_a_value_that_was_found_as_two_types_gets_one(scores: tuple[float, float]) -> None:
    text = "ask Marsh, not Marsh"
    found = [Finding(4, 9, "PERSON", scores[0], "t"), Finding(15, 20, "LOCATION", scores[1], "t")]
    assert types_in(text, found) == [("Marsh", "LOCATION"), ("Marsh", "LOCATION")]


def test_a_value_that_was_found_once_is_replaced_wherever_it_stands() -> None:
    text = "Alice Marsh wrote, and Marsh called: alice marsh"
    assert types_in(text, [Finding(0, 11, "PERSON", 0.9, "t")]) == [
        ("Alice Marsh", "PERSON"),
        ("Marsh", "PERSON"),
        ("alice marsh", "PERSON"),
    ]


def test_a_value_inside_of_one_of_another_type_is_part_of_that() -> None:
    text = "Marsh lives at Marsh Road 12"
    found = [Finding(0, 5, "PERSON", 0.9, "t"), Finding(15, 28, "STREET_ADDRESS", 0.9, "t")]
    assert types_in(text, found) == [("Marsh", "PERSON"), ("Marsh Road 12", "STREET_ADDRESS")]
