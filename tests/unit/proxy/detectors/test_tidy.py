"""Trimming what a names model found."""

from __future__ import annotations

import pytest

from proxy.core.findings import Finding
from proxy.detectors.tidy import names_give_way, tidy


def kept(value: str, entity_type: str = "PERSON", *, loose_times: bool = False) -> list[tuple[str, str]]:
    text = f"<{value}>"
    finding = Finding(1, 1 + len(value), entity_type, 0.85, "t")
    return [(f.entity_type, text[f.start : f.end]) for f in tidy(text, [finding], loose_times=loose_times)]


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("John Smith", ["John Smith"]),
        (" John Smith, ", ["John Smith"]),
        ("John Smith's", ["John Smith"]),
        ("John Smith\u2019s.", ["John Smith"]),
        ("**John**", ["John"]),
        ("John\nSmith", ["John", "Smith"]),
        ("Ann\r\n\r\nRegards", ["Ann", "Regards"]),
        ("J", []),
        ("123 456", []),
        ("--", []),
        ("J7", []),
        ("SSN", []),
        ("Li", ["Li"]),
        ("李明", ["李明"]),
    ],
)
def test_names_are_cut_to_their_words(value: str, names: list[str]) -> None:
    assert kept(value) == [("PERSON", name) for name in names]


@pytest.mark.parametrize(
    "value",
    [
        "12 March 1984",
        "March 12",
        "March 12th, 1984",
        "the 3rd of May",
        "1984-03-12",
        "12/03/84",
        "12.3.1984",
        "Sept. 9",
    ],
)
def test_full_dates_are_reported(value: str) -> None:
    assert kept(value, "DATE_TIME") == [("DATE_TIME", value)]


@pytest.mark.parametrize("value", ["Monday", "March", "1984", "two weeks", "today", "30 minutes", "10:30 am", "3.8.18"])
def test_loose_times_are_dropped_or_reported_under_their_own_name(value: str) -> None:
    assert kept(value, "DATE_TIME") == []
    assert kept(value, "DATE_TIME", loose_times=True) == [("DATE_PART", value)]


def test_other_types_pass_as_they_are() -> None:
    assert kept(" 4111 ", "CREDIT_CARD") == [("CREDIT_CARD", " 4111 ")]


def test_a_name_gives_way_to_what_has_a_fixed_form() -> None:
    text = "John Smith <js@example.com> and x@example.com"
    mails = [Finding(12, 26, "EMAIL_ADDRESS", 1.0, "t"), Finding(32, 45, "EMAIL_ADDRESS", 1.0, "t")]
    names = [Finding(0, 27, "PERSON", 0.85, "t"), Finding(32, 45, "PERSON", 0.85, "t")]
    left = [f for f in names_give_way(text, [*mails, *names]) if f.entity_type == "PERSON"]
    assert left == [Finding(0, 10, "PERSON", 0.85, "t")]


def test_names_and_dates_that_touch_nothing_stay() -> None:
    findings = [
        Finding(0, 4, "PERSON", 0.85, "t"),
        Finding(5, 9, "DATE_TIME", 0.85, "t"),
        Finding(9, 12, "URL", 1, "t"),
    ]
    assert list(names_give_way("John 1984abc", findings)) == findings


def test_an_address_of_the_tagger_gives_way_to_a_card_inside_of_it() -> None:
    text = "charged twice on card 5105 1051 0510 5100 for order TCK"
    address = Finding(17, len(text), "STREET_ADDRESS", 0.87, "names")
    card = Finding(22, 41, "CREDIT_CARD", 0.98, "patterns.card")
    assert list(names_give_way(text, [address, card])) == [card]


def test_an_address_of_the_tagger_keeps_its_postcode_and_what_a_phone_leaves_of_it() -> None:
    text = "12 Elm Street, 94107, +1 415 555 0132"
    address = Finding(0, len(text), "STREET_ADDRESS", 0.9, "names")
    postcode = Finding(15, 20, "POSTCODE", 0.8, "patterns.postcode")
    phone = Finding(22, len(text), "PHONE_NUMBER", 0.95, "patterns.phone")
    kept = list(names_give_way(text, [address, postcode, phone]))
    assert Finding(0, 20, "STREET_ADDRESS", 0.9, "names") in kept
    assert phone in kept


def test_what_is_left_of_an_address_does_not_touch_what_took_its_end() -> None:
    text = "Call me at 10:30, code 4471, m.okafor@example.com"
    address = Finding(18, len(text), "STREET_ADDRESS", 0.6, "names")
    mail = Finding(29, len(text), "EMAIL_ADDRESS", 0.95, "patterns.mail")
    left = [text[one.start : one.end] for one in names_give_way(text, [address, mail])]
    assert left == ["code 4471", "m.okafor@example.com"]
