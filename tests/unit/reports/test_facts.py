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


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (
            Fact(id="a", label="Median hours", value=28.46, unit="h", digits=1, group="Review"),
            "For 'Review', the median hours come to 28.5 h.",
        ),
        (Fact(id="a", label="Customers who bought", value=5000), "The number of customers who bought is 5,000."),
        (
            Fact(id="a", label="Orders: strongest month", value="May", unit="text"),
            "For orders, the strongest month is May.",
        ),
        (
            Fact(id="a", label="Log-ins at night: people concerned", value=3),
            "For log-ins at night, the number of people concerned is 3.",
        ),
        (Fact(id="a", label="Odds ratio of lead days", value=1.04, digits=2), "The odds ratio of lead days is 1.04."),
        (Fact(id="a", label="Orders per customer", value=5.0, digits=1), "The orders per customer come to 5.0."),
        (Fact(id="a", label="Urgent messages", value=8.0, unit="%"), "The share of urgent messages is 8 %."),
        (
            Fact(id="a", label="Messages in a bad mood", value=8.0, unit="%"),
            "The share of messages in a bad mood is 8 %.",
        ),
        (Fact(id="a", label="AUC of the model", value=0.81, digits=2), "The AUC of the model is 0.81."),
        (
            Fact(id="a", label="Load", value=97, unit="%", group="PERSON_K7Q2M9XA"),
            "For 'PERSON_K7Q2M9XA', the load is 97 %.",
        ),
    ],
)
def test_a_fact_without_sentence_parts_makes_a_plain_one(fact: Fact, told: str) -> None:
    assert fact.told() == told


def test_a_computed_text_is_written_as_it_is() -> None:
    assert Fact(id="a.b", label="Slowest stage", value="specialist review", unit="text").written() == (
        "specialist review"
    )


def test_a_prompt_writes_headings_of_the_data_small_and_their_values_as_they_are() -> None:
    fact = Fact(
        id="overview.order.zahlart.klarna",
        label="Share of order rows with Zahlart Klarna",
        value=15.3,
        unit="%",
        digits=1,
        columns=("export.Zahlart",),
    )
    assert fact.told(small=True) == "The share of order rows with zahlart Klarna is 15.3 %."
    assert fact.told() == "The share of order rows with Zahlart Klarna is 15.3 %."
    total = Fact(id="a", label="Median of Order Total", value=3, columns=("export.Order_Total",))
    assert total.told(small=True) == "The median of order total is 3."
