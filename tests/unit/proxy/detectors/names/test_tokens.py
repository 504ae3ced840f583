"""Tests of the tokeniser that training and the gateway share."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from proxy.detectors.names.tokens import LONGEST, tokenise


def test_words_numbers_marks_and_line_ends_are_tokens() -> None:
    assert tokenise("Dr. O'Neil\npaid 20 EUR").words == ["Dr", ".", "O", "'", "Neil", "\n", "paid", "20", "EUR"]


def test_a_run_of_one_mark_is_one_token() -> None:
    assert tokenise("wait... what?!").words == ["wait", "...", "what", "?", "!"]


def test_an_underscore_parts_words() -> None:
    assert tokenise("first_name").words == ["first", "_", "name"]


def test_han_and_kana_are_cut_by_character() -> None:
    assert tokenise("東京タ").words == ["東", "京", "タ"]


def test_a_long_word_keeps_its_offsets_but_not_its_letters() -> None:
    tokens = tokenise("x" * 1000)
    assert (tokens.starts, tokens.ends) == ([0], [1000])
    assert len(tokens.words[0]) == LONGEST


@given(st.text())
def test_tokens_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    tokens = tokenise(text)
    place = 0
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert not text[place:start].strip()
        assert start < end
        place = end
    assert not text[place:].strip()
