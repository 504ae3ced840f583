"""Tests of what the tagger looks at."""

from __future__ import annotations

import numpy as np
import pytest

from proxy.detectors.names.features import SETTINGS, SHAPES, SPELLING_ROWS, Features, describe
from proxy.detectors.names.tokens import tokenise

VOCABULARY = {"anna": 1, "jose": 2}


def look(text: str) -> Features:
    return describe(tokenise(text), VOCABULARY)


def test_a_word_is_found_in_any_case_and_without_its_accents() -> None:
    assert look("Anna ANNA José zebra").words.tolist() == [1, 1, 2, 0]


def test_every_token_has_spelling_pieces_of_its_own() -> None:
    seen = look("a bc .")
    assert seen.spelling_starts.tolist() == [0, 1, 4]  # "<a>" has one piece, "<bc>" two of three and one of four
    assert len(seen.spelling) == 5


def test_the_same_word_is_spelled_the_same_anywhere() -> None:
    seen = look("Rome is rome")
    size = int(seen.spelling_starts[1])
    assert seen.spelling[:size].tolist() == seen.spelling[-size:].tolist()


@pytest.mark.parametrize(
    ("one", "other"), [("anna", "Anna"), ("ANNA", "Anna"), ("12", "123"), ("a.", "a ."), ("McKay", "Mckay")]
)
def test_shapes_tell_apart(one: str, other: str) -> None:
    assert look(one).shapes.tolist() != look(other).shapes.tolist()


def test_a_line_without_capitals_in_a_text_with_them_has_a_setting_of_its_own() -> None:
    seen = look("Hello Anna\nhow are you")
    assert seen.settings[0] != seen.settings[-1]


def test_codes_stay_within_their_tables() -> None:
    seen = look("Ünï çödé — ١٢٣ 東京 \n\n\t x_y ABC a1B2 ´` ß ﬁ İ")
    assert seen.shapes.max() < SHAPES
    assert seen.settings.max() < SETTINGS
    assert 0 < seen.spelling.min() <= seen.spelling.max() < SPELLING_ROWS
    assert np.all(np.diff(seen.spelling_starts) > 0)
