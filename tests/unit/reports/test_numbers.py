from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.facts import ENGLISH, GERMAN, Fact, NumberFormat, Sentence, number_format, write_number
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


LOST = Fact(id="churn.lost", label="Customers who left", value=12)
LARGE = Fact(id="orders.adults", label="Orders", value=1_240_000, group="30-44")
HALF = Fact(id="orders.online", label="Orders made online", value=48.9, unit="%", digits=1)
TOLD = (LOST, LARGE, HALF)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("We lost 12 million customers.", "12"),
        ("We lost 12 billion, 12 bn or 12m.", "12"),
        ("12 % of the customers left.", "12"),
        ("12 percent left.", "12"),
        ("44 % of the orders", "44"),
        ("About .75 of them left.", ".75"),
        ("EUR12m are at stake.", "12m"),
        ("This is ca.90 of them.", "90"),
        ("¼ of them left.", "¼"),
        ("Twenty-five customers left.", "Twenty-five"),
        ("Ninety customers left.", "Ninety"),
        ("Two hundred customers left.", "Two hundred"),
        ("Hundreds of customers left.", "Hundreds"),
        ("One third of the orders", "One third"),
        ("Two-thirds of all orders", "Two-thirds"),
        ("More than half of all orders", "More than half"),
        ("Orders have doubled.", "doubled"),
    ],
)
def test_a_number_is_no_other_one_that_is_written_alike(text: str, wrong: str) -> None:
    assert [number.text for number in unborne(text, TOLD)][:1] == [wrong]


@pytest.mark.parametrize(
    "text",
    [
        "Twelve customers left, a dozen.",
        "About half of all orders were made online, or less than half of them, that is 48.9 per cent.",
        "There were 1.24 million orders, 1.24m or a million and more: millions.",
        "In the first half of the year and the third quarter, one of them left.",
        "B2B orders of people of 30 to 44",
        "A difference of 12 percentage points",
    ],
)
def test_what_facts_say_in_words(text: str) -> None:
    assert unborne(text, TOLD, ["a million"]) == []


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        (
            "de",
            "Zwölf gingen, die Hälfte kam online.",
            "Fünfundzwanzig gingen, zwei Drittel, zweihundert, 12 Mio.",
        ),
        (
            "fr",
            "Douze sont partis, la moitié en ligne.",
            "Vingt-cinq sont partis, deux tiers, deux cent, 12 millions",
        ),
        (
            "es",
            "Doce se fueron, la mitad en línea.",
            "Treinta y cinco se fueron, dos tercios, doscientos, 12 millones",
        ),
        ("it", "Dodici clienti, la metà online.", "Venticinque clienti, due terzi, duecento, 12 milioni"),
        ("nl", "Twaalf klanten, de helft online.", "Vijfentwintig klanten, twee derde, tweehonderd, 12 miljoen"),
    ],
)
def test_numbers_in_words_of_other_languages(language: str, said: str, unsaid: str) -> None:
    form = number_format(language)
    assert unborne(said, TOLD, form=form) == []
    assert len(unborne(unsaid, TOLD, form=form)) == 4


def test_per_cent_in_words_is_no_hundred() -> None:
    for language, text in [("fr", "48,9 pour cent"), ("es", "48,9 por ciento"), ("it", "48,9 per cento")]:
        assert unborne(text, TOLD, form=number_format(language)) == []
        assert len(unborne(text.replace("48,9", "12"), TOLD, form=number_format(language))) == 1


PEAK = Fact(id="orders.peak", label="Strongest month", value="November", unit="text")
SINCE = Fact(id="orders.first", label="First month", value="March 2024", unit="text")
DAY = Fact(id="orders.last", label="Last day", value="2025-11-03", unit="date")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Orders peak in November.", []),
        ("Orders peak in October.", ["October"]),
        ("There are orders since March 2024 [orders.first].", []),
        ("There are orders since March 2025.", ["March 2025"]),
        ("There are orders since May.", ["May"]),
        ("This may help; May it last.", []),
        ("The last is of 2025-11-03, in November 2025.", []),
        ("The last is of 2025-03-11.", ["2025-03-11"]),
    ],
)
def test_a_month_that_no_fact_names_is_made_up(text: str, wrong: list[str]) -> None:
    assert [number.text for number in unborne(text, [PEAK, SINCE, DAY])] == wrong


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [("de", "Im November 2025, nicht im Mai", "Mai"), ("fr", "En novembre, pas en août", "août"),
     ("es", "En noviembre, no en agosto de 2025", "agosto de 2025"), ("it", "A novembre, non a maggio", "maggio"),
     ("nl", "In november, niet in mei", "mei")],
)  # fmt: skip
def test_months_of_other_languages(language: str, text: str, wrong: str) -> None:
    assert [number.text for number in unborne(text, [DAY], form=number_format(language))] == [wrong]
