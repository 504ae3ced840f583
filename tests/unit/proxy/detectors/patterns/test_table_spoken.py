"""Numbers and dates read out in words: what is found and what is left alone. All values are made up."""

# ruff: noqa: E501 - one case a line
from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

POSITIVES = [
    ("my number is four one five, five five five, oh one two three.", "PHONE_NUMBER", "four one five, five five five, oh one two three"),
    ("It's oh seven double nine one, one two three four five six", "PHONE_NUMBER", "oh seven double nine one, one two three four five six"),
    ("call one eight hundred five five five twelve thirty-four", "PHONE_NUMBER", "one eight hundred five five five twelve thirty-four"),
    ("card: four one one one, one one one one, one one one one, one one one one", "CREDIT_CARD", "four one one one, one one one one, one one one one, one one one one"),
    ("FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FOUR FOUR FOUR FOUR", "CREDIT_CARD", "FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FOUR FOUR FOUR FOUR"),
    ("my social is two one nine, oh nine, nine eight seven six", "US_SSN", "two one nine, oh nine, nine eight seven six"),
    ("the PIN is four eight two six, thanks", "PASSWORD", "four eight two six"),
    ("account number eight eight two one three four seven nine", "ACCOUNT_NUMBER", "eight eight two one three four seven nine"),
    ("I was born March twelfth, nineteen eighty-four", "DATE_OF_BIRTH", "March twelfth, nineteen eighty-four"),
    ("date of birth? the third of May 1979.", "DATE_OF_BIRTH", "third of May 1979"),
    ("birthday is may second", "DATE_OF_BIRTH", "may second"),
    ("on the twenty-first of june two thousand and four we met", "DATE_TIME", "twenty-first of june two thousand and four"),
    ("seen on April first", "DATE_TIME", "April first"),
    ("June 5th, nineteen ninety", "DATE_TIME", "June 5th, nineteen ninety"),
    ("expiring march twenty twenty seven", "CARD_EXPIRY", "march twenty twenty seven"),
    ("expiration date is oh three twenty-seven", "CARD_EXPIRY", "oh three twenty-seven"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "entity_type", "piece"), POSITIVES)
def test_what_is_read_out_is_found_whole(text: str, entity_type: str, piece: str) -> None:
    assert (entity_type, piece) in found(text)


NEGATIVES = [
    "count: one two three four five six seven eight nine",
    "nine eight seven six five four three two one, lift-off",
    "zero zero zero zero zero zero zero zero",
    "one, two or three of the four; five in six",
    "chapters one, two, three and ten of twenty",
    "You may first ask, the second may be wrong, third March hare",
    "In nineteen eighty-four and in twenty twenty one",
    "one hundred twenty five thousand",
    "the first of many, the second half of the year",
    "the offer expires in two days, it may expire soon; expires on renewal",
    "five by five, six by six",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_counting_and_ordinary_words_stay(text: str) -> None:
    assert not found(text)
