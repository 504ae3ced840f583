"""Tests of what is remembered of words: the same as computed anew, and only of words that are public."""

from __future__ import annotations

import random

import numpy as np
import pytest

from proxy.detectors.names import words
from proxy.detectors.names.engine import MODEL_FILE
from proxy.detectors.names.features import spelled
from proxy.detectors.names.model import Model, load
from proxy.detectors.names.words import PADDING, Words


@pytest.fixture(scope="module")
def model() -> Model:
    return load(MODEL_FILE)


def computed(model: Model, lows: list[str]) -> np.ndarray:
    return model.shares(spelled(lows, model.vocabulary))


def test_what_is_remembered_is_what_is_computed(model: Model) -> None:
    asked = Words(model)
    lows = ["please", "call", "zxqvolo", ",", "café", "the", "please", "2010", "٣", "—"]
    for _ in range(2):
        shares, unheard = asked.look_up(lows)
        np.testing.assert_allclose(shares, computed(model, lows), atol=1e-5)
        assert [low for low, new in zip(lows, unheard, strict=True) if new] == ["zxqvolo", "٣"]


def test_a_word_brings_the_same_in_any_company_and_order(model: Model) -> None:
    lows = [*list(model.vocabulary)[:300], "zxqvolo", "415", "osterberg"]
    together = Words(model).look_up(lows)[0]
    one_by_one, mixed = Words(model), Words(model)
    mixed.look_up(random.Random(3).sample(lows, 100))
    alone = np.concatenate([one_by_one.look_up([low])[0] for low in lows])
    # Equal to the last bit on x86 with AVX2; what multiplies elsewhere may do otherwise.
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, mixed.look_up(lows)[0], atol=1e-5)


def test_many_new_words_are_computed_in_parts(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_AT_ONCE", 7)
    lows = [f"qx{number % 40}z" for number in range(100)] + list(model.vocabulary)[:30]
    shares, unheard = Words(model).look_up(lows)
    np.testing.assert_allclose(shares, computed(model, lows), atol=1e-5)
    assert unheard.tolist() == [low not in model.vocabulary for low in lows]


def test_padding_brings_nothing(model: Model) -> None:
    shares, unheard = Words(model).look_up([PADDING, "osterberg", PADDING])
    assert not shares[0].any()
    assert not shares[2].any()
    assert not unheard[0]


def test_words_of_no_vocabulary_are_not_kept(model: Model) -> None:
    asked = Words(model)
    secret = ["zxqvolo", "415555012345", "osé", "päivi"]
    asked.look_up(["please", *secret, "!"])
    assert set(asked._places) == {PADDING, "please", "!"} | {word for word in secret if word in model.vocabulary}


def test_more_words_than_there_is_room_for(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "REMEMBERED", 20)
    asked = Words(model)
    vocabulary = list(model.vocabulary)[:200]
    pick = random.Random(5)
    for _ in range(40):
        lows = pick.choices(vocabulary, k=pick.choice((1, 5, 19, 20, 21, 60)))
        np.testing.assert_allclose(asked.look_up(lows)[0], computed(model, lows), atol=1e-5)
        assert len(asked._places) <= 20
