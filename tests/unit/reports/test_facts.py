from __future__ import annotations

import pytest

from reports.facts import GERMAN, Fact, Sentence, write_number


@pytest.mark.parametrize(
    ("value", "digits", "english", "german"),
    [(1234567.891, 2, "1,234,567.89", "1.234.567,89"), (0, 0, "0", "0"), (-0.04, 1, "0.0", "0,0"), (-5, 0, "-5", "-5")],
)
def test_numbers_are_written_in_both_ways(value: float, digits: int, english: str, german: str) -> None:
    assert write_number(value, digits) == english
    assert write_number(value, digits, GERMAN) == german


def test_a_fact_tells_itself() -> None:
    fact = Fact(
        id="churn.rate",
        label="Churn rate",
        value=17.5,
        unit="%",
        digits=1,
        sentence=Sentence(subject="the churn rate", rest="of all customers"),
    )
    assert fact.told() == "The churn rate is 17.5 % of all customers."


def test_a_fact_without_sentence_parts_names_its_group() -> None:
    assert Fact(id="a.b", label="Median hours", value=28.46, unit="h", digits=1, group="review").told() == (
        "Median hours (review): 28.5 h."
    )


def test_a_computed_text_is_written_as_it_is() -> None:
    assert Fact(id="a.b", label="Slowest stage", value="specialist review", unit="text").written() == (
        "specialist review"
    )
