from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.facts import ENGLISH, GERMAN, Fact, NumberFormat, Sentence, write_number
from reports.numbers import cited, numbers_in, unborne, without_citations

CHURN = Fact(id="churn.rate", label="Churn rate", value=17.48, unit="%", digits=1)
SIZE = Fact(id="segment.loyal.size", label="Size of Loyal", value=1_104, group="Loyal")
STAGE = Fact(
    id="stage.slow",
    label="Slowest stage",
    value="specialist review",
    unit="text",
    sentence=Sentence(subject="the slowest stage in the last 30 days"),
)
FACTS = (CHURN, SIZE, STAGE)


@pytest.mark.parametrize(
    "text",
    [
        "The churn rate is 17.5 %.",
        "The churn rate is 17.48 percent, or about 17 %.",
        "Loyal has 1,104 customers, roughly 1.1 thousand or 1.1k.",
        "In the last 30 days the slowest stage was specialist review.",
        "PERSON_K7Q2M9XA wrote to EMAIL_ADDRESS_7Q2M9XAB [segment.loyal.size].",
        "There is one thing to do first.",
        "Churn fell by -17.5 %.",
    ],
)
def test_numbers_that_facts_bear_out(text: str) -> None:
    assert unborne(text, FACTS) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The churn rate is 18 %.", ["18"]),
        ("The churn rate is 17.6 %.", ["17.6"]),
        ("Loyal has 1,105 customers.", ["1,105"]),
        ("There are seven segments.", ["seven"]),
        ("It takes 3.5 days and costs $12,000.", ["3.5", "12,000"]),
        ("Version 1.2.3 of 2025-11-03", ["1.2.3", "2025", "11", "03"]),
        ("About 10 to 20 % leave in Q3", ["10", "20", "3"]),
        ("1104000 of them", ["1104000"]),
    ],
)
def test_numbers_that_no_fact_bears_out(text: str, wrong: list[str]) -> None:
    assert [number.text for number in unborne(text, FACTS)] == wrong


def test_german_numbers_are_read_as_such() -> None:
    assert unborne("Es sind 1.104 Kunden, 17,5 % gehen.", FACTS, form=GERMAN) == []
    assert [n.text for n in unborne("Es sind 1.105 Kunden.", FACTS, form=GERMAN)] == ["1.105"]


@given(
    value=st.floats(-1e9, 1e9, allow_nan=False),
    digits=st.integers(0, 4),
    form=st.sampled_from([ENGLISH, GERMAN]),
)
def test_what_a_fact_writes_it_bears_out(value: float, digits: int, form: NumberFormat) -> None:
    fact = Fact(id="a", label="A", value=value, digits=digits)
    assert unborne(f"The value is {fact.written(form)}.", [fact], form=form) == []


@given(value=st.integers(100, 10**7), off=st.integers(1, 10**6))
def test_another_whole_number_is_never_borne_out(value: int, off: int) -> None:
    fact = Fact(id="a", label="A", value=value)
    text = f"The value is {write_number(value + off, 0)}."
    assert len(unborne(text, [fact])) == 1


def test_citations_are_read_and_taken_out() -> None:
    text = "Churn is 17.5 % [churn.rate]. Loyal is large [segment.loyal.size, churn.rate]."
    assert cited(text) == ["churn.rate", "segment.loyal.size"]
    assert without_citations(text) == "Churn is 17.5 %. Loyal is large."
    assert len(list(numbers_in(text))) == 1
