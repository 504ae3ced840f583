"""Known values are found wherever they stand by themselves, and nowhere else."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.detectors.known_index import KnownIndex, rows_of
from proxy.detectors.known_match import find
from proxy.detectors.known_words import Codebook

BOOK = Codebook(b"a key of a test.")
LETTERS = "abcdefghjkmnprstvwxyzABCDEFGHäöüßéçñłøабвгджΩλ王小明かなกข"
WORD = st.text(LETTERS + "0123456789", min_size=2, max_size=9).filter(lambda word: any(map(str.isalpha, word)))
SEPARATOR = st.sampled_from([" ", "-", ".", "@", ", ", "  ", "/", "_", "'"])
EDGE = st.sampled_from(["", "", "", "+", "(", "#", "!!", "$", "?)"])


@st.composite
def values(draw: st.DrawFn) -> str:
    words = draw(st.lists(WORD, min_size=1, max_size=6))
    joined = words[0] + "".join(draw(SEPARATOR) + word for word in words[1:])
    return draw(EDGE) + joined + draw(EDGE)


FILLER = st.text("qQ \n,;:", max_size=30)
"""Text around a value: its letter is in no value."""


def index_of(listed: list[str], entity_type: str = "MEMBER_ID") -> KnownIndex:
    return KnownIndex(rows_of(listed, entity_type, 0, BOOK), (entity_type,), BOOK)


def spans(text: str, index: KnownIndex) -> list[tuple[int, int]]:
    return [(finding.start, finding.end) for finding in find(text, index)]


@given(listed=st.lists(values(), min_size=1, max_size=20), before=FILLER, behind=FILLER, data=st.data())
def test_every_value_is_found_at_its_place_between_any_words(
    listed: list[str], before: str, behind: str, data: st.DataObject
) -> None:
    value = data.draw(st.sampled_from(listed))
    left, right = data.draw(st.sampled_from(["", " ", "\n", "q "])), data.draw(st.sampled_from(["", " ", "\n", ". "]))
    before = before.rstrip("qQ") if not left else before
    behind = behind.lstrip("qQ") if not right else behind
    text = before + left + value + right + behind
    start = len(before) + len(left)
    wanted = set(range(start, start + len(value)))
    found = {place for first, last in spans(text, index_of(listed)) for place in range(first, last)}
    missed = {place for place in wanted - found if text[place].isalnum()}
    assert not missed
    if listed == [value]:
        assert spans(text, index_of(listed)) == [(start, start + len(value))]


@given(value=values(), glue=st.text(string.ascii_letters + string.digits, min_size=1, max_size=5), at_end=st.booleans())
def test_nothing_is_found_inside_other_words(value: str, glue: str, *, at_end: bool) -> None:
    value = value.strip("+(#!$?)")
    text = f"q {value}{glue} q" if at_end else f"q {glue}{value} q"
    border = value[-1] if at_end else value[0]
    if border in "王小明かなกข":  # scripts without spaces: every character is a word
        return
    assert not [span for span in spans(text, index_of([value])) if span[1] - span[0] >= len(value)]


VARIANTS = {
    "full-width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "zero-width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "wide spaces": lambda text: text.replace(" ", " \n   "),
    "upper": str.upper,
    "lower": str.lower,
}


@pytest.mark.parametrize("variant", VARIANTS)
@given(
    words=st.lists(st.text("abcdefghkmnprstvwxyz", min_size=4, max_size=9), min_size=2, max_size=4),
    before=FILLER,
    behind=FILLER,
)
def test_hidden_and_respelled_values_are_found_at_their_original_places(
    variant: str, words: list[str], before: str, behind: str
) -> None:
    value = " ".join(words).title()
    written = VARIANTS[variant](value)
    text = f"{before} {written} {behind}"
    assert (len(before) + 1, len(before) + 1 + len(written)) in spans(text, index_of([value], "PERSON"))


@given(digits=st.text(string.digits, min_size=8, max_size=19), data=st.data())
def test_long_numbers_are_found_however_they_are_grouped(digits: str, data: st.DataObject) -> None:
    cuts = data.draw(st.sets(st.integers(1, len(digits) - 1), max_size=5))
    sign = data.draw(st.sampled_from([" ", "-", ".", "/"]))
    written = "".join((sign if place in cuts else "") + digit for place, digit in enumerate(digits))
    assert spans(f"q {written}, q", index_of([digits])) == [(2, 2 + len(written))]


@settings(max_examples=20)
@given(place=st.integers(0, 130_000), length=st.integers(100_000, 140_000))
def test_the_pieces_of_a_long_text_lose_nothing(place: int, length: int) -> None:
    text = ("q" * 7 + " ") * (length // 8)
    place = min(place, len(text)) // 8 * 8
    text = text[:place] + "Gesa Brandt-Mortensen " + text[place:]
    assert spans(text, index_of(["Gesa Brandt-Mortensen"], "PERSON")) == [(place, place + 21)]
