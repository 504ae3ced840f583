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
