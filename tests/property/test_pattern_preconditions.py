"""What is asked of a page before an expression is tried never keeps a match from being found."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy.detectors import runs
from proxy.detectors.patterns import card, citations, encoded, network, phone, secret_keys
from proxy.detectors.patterns.pack import RECOGNISERS
from proxy.detectors.patterns.page import Page, outlines
from proxy.detectors.patterns.recogniser import Rule, RuleRecogniser, at_starts

_ODD = st.sampled_from(["", " ", "a", "7", "-", ".", "\n", "é", "\u0663", "\xa0", "\ud800"])
_RULES = [rule for one in RECOGNISERS if isinstance(one, RuleRecogniser) for rule in one.rules]
_SETTINGS = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def _texts(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    """Texts in which the expression matches, most of them, with something odd around the match.

    What is asked ahead is left out: what is drawn would rarely fit it.
    """
    drawn = re.sub(r"\(\?=(?:\\.|[^()\\])*\)", "", pattern.pattern)
    return st.tuples(_ODD, st.from_regex(re.compile(drawn, pattern.flags)), _ODD).map("".join)


@pytest.mark.parametrize(
    "rule", [rule for rule in _RULES if rule.shows or rule.run or rule.clue], ids=lambda one: one.pattern.pattern[:40]
)
@given(st.data())
@_SETTINGS
def test_a_page_on_which_a_rule_matches_has_what_the_rule_asks_for(rule: Rule, data: st.DataObject) -> None:
    text = data.draw(_texts(rule.pattern))
    if rule.pattern.search(text):
        assert replace(rule, cues=frozenset()).may_match(Page(text))


_AT_DIGIT = [*(rule.pattern for rule in _RULES if rule.at_digit), card.CardNumber.CANDIDATE]


@pytest.mark.parametrize("pattern", _AT_DIGIT, ids=lambda one: one.pattern[:40])
@given(st.data())
@_SETTINGS
def test_what_is_tried_at_numbers_only_matches_nowhere_else(pattern: re.Pattern[str], data: st.DataObject) -> None:
    text = data.draw(_texts(pattern))
    tried = [match.span() for match in at_starts(pattern, text, Page(text).digit_starts)]
    assert tried == [match.span() for match in pattern.finditer(text)]


@given(_texts(phone.Phone.CANDIDATE))
@_SETTINGS
def test_telephone_numbers_begin_at_a_number_or_its_sign(text: str) -> None:
    tried = at_starts(phone.Phone.CANDIDATE, text, phone.Phone.starts(Page(text)))
    assert [match.span() for match in tried] == [match.span() for match in phone.Phone.CANDIDATE.finditer(text)]


_SHOWN = [
    (card.CardNumber.LISTED, card.CardNumber.LISTS),
    (network.IpAddress.V4, network.IpAddress.DOTTED),
    *((pattern, pieces) for pattern, _, pieces in encoded.JOINERS if pieces),
]


@pytest.mark.parametrize(("pattern", "pieces"), _SHOWN, ids=lambda one: getattr(one, "pattern", "")[:40])
@given(st.data())
@_SETTINGS
def test_the_outline_of_a_match_shows_what_is_looked_for(
    pattern: re.Pattern[str], pieces: tuple[bytes, ...], data: st.DataObject
) -> None:
    text = data.draw(_texts(pattern))
    if pattern.search(text):
        assert Page(text).shows(pieces)


@pytest.mark.parametrize(
    "form", [form for _, form in secret_keys.ApiKey.FORMS], ids=lambda one: getattr(one, "pattern", one)[:40]
)
@given(st.data())
@_SETTINGS
def test_every_key_has_a_run(form: re.Pattern[str], data: st.DataObject) -> None:
    text = data.draw(_texts(form))
    if form.search(text):
        assert Page(text).has_run(secret_keys.ApiKey.SHORTEST)


@given(_texts(citations.CitedAuthors.LIST))
@_SETTINGS
def test_cited_authors_have_initials(text: str) -> None:
    if citations.CitedAuthors.LIST.search(text):
        assert citations.CitedAuthors.INITIAL.search(text)


@pytest.mark.parametrize(
    ("pattern", "row"),
    [(pattern, row) for pattern, _, row in runs.KINDS],
    ids=lambda one: getattr(one, "pattern", "")[:40],
)
@given(st.data())
@_SETTINGS
def test_every_run_has_its_characters_in_a_row(pattern: re.Pattern[str], row: runs.Row, data: st.DataObject) -> None:
    text = data.draw(_texts(pattern))
    if pattern.search(text):
        assert row.stands_in(text.encode("utf-8", "surrogatepass"))


@given(st.text())
def test_an_outline_is_the_text_without_small_letters(text: str) -> None:
    expected = "".join(
        "0" if char.isdecimal() else " " if char.isspace() else "A" if "A" <= char <= "Z" else char
        for char in text
        if not "a" <= char <= "z"
    )
    assert Page(text).outline == expected.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("piece", ["0a0", "B0", "1", "\n"])
def test_what_no_outline_can_show_is_refused(piece: str) -> None:
    with pytest.raises(ValueError, match="outline"):
        outlines(piece)


@given(st.text(alphabet=st.characters(), max_size=60))
def test_words_and_numbers_of_a_page_are_those_of_the_plain_expressions(text: str) -> None:
    page = Page(text)
    words = {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}
    assert words <= page.vocabulary == page.words.keys()
    assert page.digit_starts == [match.start() for match in re.finditer(r"(?<![^\W_])\d", text)]
