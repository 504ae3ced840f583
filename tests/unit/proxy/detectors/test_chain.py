"""The chain: engines by name, what a profile wants, its own words, offsets in the original."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from proxy.core.findings import Finding
from proxy.detectors import chain
from proxy.detectors.base import Profile
from proxy.detectors.chain import Chain, UnknownEngine, load_engines


class Words:
    """Finds the words of one pattern and remembers what it was shown."""

    def __init__(self, name: str = "words", pattern: str = "[A-Z][a-z]+", entity_type: str = "PERSON") -> None:
        self.name = name
        self.seen: list[str] = []
        self._pattern = re.compile(pattern)
        self._type = entity_type

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        del profile
        self.seen.extend(texts)
        return [
            [Finding(m.start(), m.end(), self._type, 0.5, self.name) for m in self._pattern.finditer(text)]
            for text in texts
        ]


def find(text: str, *engines: Words, **options: object) -> list[tuple[str, str]]:
    chosen = engines or (Words(),)
    profile = Profile(engines=tuple(engine.name for engine in chosen), **options)  # type: ignore[arg-type] # test sugar
    (found,) = Chain({engine.name: engine for engine in chosen}).find([text], profile)
    return [(text[f.start : f.end], f.entity_type) for f in found]


def test_findings_of_several_engines_become_one_disjoint_row() -> None:
    full = Words("full", "John Smith", "PERSON")
    place = Words("place", "Smith Street", "LOCATION")
    assert find("John Smith Street", full, place) == [("John", "PERSON"), ("Smith Street", "LOCATION")]
    sign = Words("sign", "Smith -", "PERSON")
    assert find("Smith - Smith Street", sign, Words("one", "Smith Street|Smith(?= -)", "LOCATION")) == [
        ("Smith -", "PERSON"),
        ("Smith Street", "LOCATION"),
    ]


def test_an_engine_that_is_loaded_but_not_in_the_profile_stays_out() -> None:
    words, other = Words(), Words("other")
    Chain({"words": words, "other": other}).find(["Ann"], Profile(engines=("words",)))
    assert other.seen == []


def test_a_profile_with_an_engine_that_is_neither_loaded_nor_registered_is_an_error() -> None:
    with pytest.raises(UnknownEngine, match="'nonesuch' is not loaded"):
        Chain({}).find(["x"], Profile(engines=("nonesuch",)))


def test_a_registered_engine_is_loaded_when_a_profile_first_wants_it() -> None:
    chain = Chain({})
    assert chain.find(["mail jane@example.com"], Profile(engines=("patterns",)))[0]
    assert chain.names == ("patterns",)


def test_only_wanted_entity_types_are_reported() -> None:
    assert find("Ann", entity_types=("PERSON",)) == [("Ann", "PERSON")]
    assert find("Ann", entity_types=("LOCATION",)) == []


def test_allowed_words_are_not_reported_whatever_their_case() -> None:
    assert find("Ann met Will", allow=("will",)) == [("Ann", "PERSON")]


def test_denied_words_are_always_reported_as_whole_words() -> None:
    deny = (("PROJECT", "blue moon"), ("PROJECT", "x+y"), ("CODENAME", "moon"))
    options = {"deny": deny, "entity_types": ("PERSON",), "allow": ("blue moon",)}
    assert find("the BLUE MOON, moonlight, moon and x+y", Words(), **options) == [
        ("BLUE MOON", "PROJECT"),
        ("moon", "CODENAME"),
        ("x+y", "PROJECT"),
    ]


def test_empty_denied_words_match_nothing() -> None:
    assert find("a b", deny=(("X", ""), ("X", "  "))) == []


def test_hidden_words_are_found_at_their_place_in_the_original() -> None:
    text = "x J\u200bo\u00adhn \uff33\uff4d\uff49\uff54\uff48 y"
    assert find(text) == [("J\u200bo\u00adhn", "PERSON"), ("\uff33\uff4d\uff49\uff54\uff48", "PERSON")]
    assert find("the m\u200boon", deny=(("X", "moon"),)) == [("m\u200boon", "X")]


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x08", "\x1f", "\x7f", "\x84"])
def test_a_control_character_hides_no_value(control: str) -> None:
    assert find(f"see Jo{control}hn", Words(pattern="John")) == [(f"Jo{control}hn", "PERSON")]
    assert find(f"see John{control}Doe", Words(pattern="John|Doe")) == [("John", "PERSON"), ("Doe", "PERSON")]


def test_a_nul_hides_no_value_and_still_ends_a_string() -> None:
    card = Words("card", r"(?<!\d)\d{16}(?!\d)", "CREDIT_CARD")
    assert find("x 4111111111\x00111111 y", card) == [("4111111111\x00111111", "CREDIT_CARD")]
    assert find("id=4111111111111111\x0077\x00", card) == [("4111111111111111", "CREDIT_CARD")]
    assert find("J\x00o\x00hn", Words(pattern="John")) == [("J\x00o\x00hn", "PERSON")]
    assert find("the m\x00oon", deny=(("X", "moon"),)) == [("m\x00oon", "X")]


def test_engines_see_long_texts_in_pieces_and_nothing_is_lost_between() -> None:
    words = Words(pattern=r"N\d+")
    names = [f"N{number}" for number in range(20_000)]
    text = " ".join(names)
    assert [found for found, _ in find(text, words)] == names
    assert max(map(len, words.seen)) <= chain.PIECE
    assert len(words.seen) > 1


def test_an_engine_is_loaded_by_its_registered_name_or_by_module_and_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "ENGINES", {"mine": "collections:UserDict"})
    with pytest.raises(UnknownEngine, match="no detection engine is called 'yours': there are mine"):
        load_engines(["yours"])
    with pytest.raises(UnknownEngine, match=r"cannot be loaded from nowhere\.at_all:Engine"):
        load_engines(["nowhere.at_all:Engine"])
    with pytest.raises(UnknownEngine, match="cannot be loaded from collections:Nothing"):
        load_engines(["collections:Nothing"])


def test_every_registered_engine_is_inside_this_package() -> None:
    assert all(target.startswith("proxy.detectors.") and ":" in target for target in chain.ENGINES.values())
