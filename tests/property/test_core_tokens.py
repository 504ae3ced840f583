"""Tokens: the check letter, the grammar and what never counts as a token."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.model import CORE_ALPHABET, Policy
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.tokens import _WEIGHTS, LITERAL, check_letter, core_is_valid, grammar, look_alikes, mint
from proxy.services import token_types
from tests.property.core_cases import KEY, VOCABULARY, bounded, token_of

cores = st.text(CORE_ALPHABET, min_size=7, max_size=7)


def _weights() -> list[dict[str, int]]:
    return [*_WEIGHTS, {letter: value for value, letter in enumerate(CORE_ALPHABET)}]


def test_the_check_catches_every_single_substitution() -> None:
    for weight in _weights():
        assert len(set(weight.values())) == len(CORE_ALPHABET), "two letters at one place weigh the same"


def test_the_check_catches_every_swap_of_two_letters() -> None:
    for first, second in combinations(_weights(), 2):
        for one, other in combinations(CORE_ALPHABET, 2):
            assert first[one] ^ second[other] != first[other] ^ second[one]


@bounded(100)
@given(cores, st.integers(0, 7), st.sampled_from(CORE_ALPHABET), st.integers(0, 7), st.integers(0, 7))
def test_a_changed_or_swapped_core_is_never_valid(data: str, place: int, letter: str, one: int, other: int) -> None:
    core = data + check_letter(data)
    assert core_is_valid(core)
    changed = core[:place] + letter + core[place + 1 :]
    letters = list(core)
    letters[one], letters[other] = letters[other], letters[one]
    assert core_is_valid(changed) == (changed == core)
    assert core_is_valid("".join(letters)) == ("".join(letters) == core)


@bounded(50)
@given(st.text(), st.text(), st.sampled_from(sorted(VOCABULARY)))
def test_minting_is_deterministic_and_well_formed(value: str, spelling: str, entity_type: str) -> None:
    token = mint(KEY, entity_type, value, spelling)
    assert token == mint(KEY, entity_type, value, spelling)
    assert token.startswith(f"{entity_type}_")
    assert core_is_valid(token[-8:])
    assert mint(b"o" * 32, entity_type, value, spelling) != token
    assert mint(KEY, entity_type, value, spelling, attempt=1) != token


def test_spellings_of_one_value_share_five_letters() -> None:
    one, other = mint(KEY, "PERSON", "PERSON\x1fjane", "Jane"), mint(KEY, "PERSON", "PERSON\x1fjane", "JANE")
    assert one[:12] == other[:12]
    assert one != other


SPELLINGS: dict[str, Callable[[str], str]] = {
    "exact": lambda token: token,
    "lower": str.lower,
    "title": str.title,
    "markdown escape": lambda token: token.replace("_", r"\_"),
    "escaped twice": lambda token: token.replace("_", r"\\_"),
    "space": lambda token: token.replace("_", " "),
    "no-break space": lambda token: token.replace("_", "\u00a0"),
    "hyphen": lambda token: token.replace("_", "-"),
    "full-width": lambda token: "".join(chr(0xFEE0 + ord(letter)) for letter in token),
    "html": lambda token: token.replace("_", "&#95;"),
    "html, hexadecimal": lambda token: token.replace("_", "&#x5f;"),
    "html, named": lambda token: token.replace("_", "&lowbar;"),
    "url": lambda token: token.replace("_", "%5F"),
    "json": lambda token: token.replace("_", r"\u005f"),
    "json, first letter": lambda token: f"\\u{ord(token[0]):04x}{token[1:]}",
    "json, all letters": lambda token: "".join(f"\\u{ord(letter):04X}" for letter in token),
    "json in json": lambda token: f"{token[:3]}\\\\u{ord(token[3]):04x}{token[4:-1]}\\\\u{ord(token[-1]):04x}",
}
AROUND = {
    "nothing": "{}",
    "possessive": "{}'s",
    "bold": "**{}**",
    "code": "`{}`",
    "brackets": "[{}]",
    "braces": "{{{}}}",
    "angles": "<{}>",
    "quotes": '"{}"',
    "underscores": "_{}_",
    "sentence": "Dear {}, hello.",
    "letters behind": "{}is",
    "camel before": "Dear{}",
    "newline escape": r"\n{}",
    "url escape": "%20{}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("around", AROUND)
def test_tolerated_spellings_are_restored_and_their_surroundings_stay(spelling: str, around: str) -> None:
    if (spelling, around) == ("lower", "camel before"):
        pytest.skip("without a capital it is a part of the word before it")
    for entity_type in ("PERSON", "US_SSN"):
        token = token_of("K7Q2M9X", entity_type)
        written = AROUND[around].format(SPELLINGS[spelling](token))
        tally = RestoreTally()
        assert restore(written, Originals({token: "Jane"}), tally) == AROUND[around].format("Jane")
        assert (tally.restored, tally.tolerated) == (1, int(spelling != "exact"))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_client_s_look_alike_is_shielded_in_every_tolerated_spelling(spelling: str) -> None:
    token = token_of("K7Q2M9X")
    written = f"see {SPELLINGS[spelling](token)}."
    assert look_alikes(written, VOCABULARY) == [(4, len(written) - 1, token)]


def test_glued_tokens_are_all_restored() -> None:
    one, other = token_of("K7Q2M9X"), token_of("ABCDEFG", "US_SSN")
    assert restore(one + other + one, Originals({one: "Jane", other: "1"}), RestoreTally()) == "Jane1Jane"


@bounded(50)
@given(cores, st.sampled_from(sorted(VOCABULARY)), st.integers(1, 31))
def test_a_wrong_check_letter_is_never_restored(data: str, entity_type: str, off: int) -> None:
    token = token_of(data, entity_type)
    wrong = token[:-1] + CORE_ALPHABET[(CORE_ALPHABET.index(token[-1]) + off) % 32]
    tally = RestoreTally()
    assert restore(wrong, Originals({token: "Jane", wrong: "never"}), tally) == wrong
    assert (tally.restored, tally.mangled) == (0, 1)


def test_an_unknown_token_stays_and_is_counted() -> None:
    tally = RestoreTally()
    text = f"{token_of('ABCDEFG')} {token_of('K7Q2M9X').lower()}"
    assert restore(text, Originals({token_of("K7Q2M9Y"): "Jane"}), tally) == text
    assert tally.unknown == 2


def test_a_token_whose_type_ends_in_another_type_is_counted_once() -> None:
    tally = RestoreTally()
    text = token_of("ABCDEFG", "PHONE_NUMBER")
    wrong = text[:-1] + ("A" if text[-1] != "A" else "B")
    issued = Originals({token_of("K7Q2M9X", "PHONE_NUMBER"): "1", token_of("K7Q2M9X", "NUMBER"): "2"})
    assert restore(f"{text} {wrong}", issued, tally) == f"{text} {wrong}"
    assert (tally.unknown, tally.mangled) == (1, 1)


@pytest.mark.parametrize("word", ["XPERSON", "1PERSON", "subPERSON".lower()])
def test_a_token_inside_a_word_is_none(word: str) -> None:
    written = f"{word}_{token_of('K7Q2M9X')[-8:]}"
    assert restore(written, Originals({token_of("K7Q2M9X"): "Jane"}), RestoreTally()) == written


def test_no_token_of_the_vocabulary_is_the_beginning_of_another() -> None:
    types = token_types(Policy(name="test"))
    assert LITERAL in types
    for one, other in product(types, repeat=2):
        behind = other.removeprefix(f"{one}_")
        if behind != other:
            assert not set(behind[:8]) <= set(CORE_ALPHABET) or len(behind) < 8, f"{one} and {other}"


def test_tokens_of_any_type_are_shielded_when_written_exactly() -> None:
    token = token_of("K7Q2M9X", "SOME_OTHER_TYPE")
    assert look_alikes(f"a {token} b", VOCABULARY) == [(2, 2 + len(token), token)]
    assert look_alikes(f"a {token.lower()} b", VOCABULARY) == []


@bounded(100)
@given(
    st.lists(
        st.sampled_from(["PERSON", "_", " ", "US_SSN", token_of("K7Q2M9X"), token_of("ABCDEFG", "US_SSN"), "x", "9"]),
        max_size=12,
    )
)
def test_looking_ahead_finds_whatever_a_search_can_find(parts: list[str]) -> None:
    text = "".join(parts)
    known = grammar(VOCABULARY)
    ahead = known.anywhere(text, 0)
    for position in range(len(text)):
        for after_token in (False, True):
            match = known.search(text, position, after_token=after_token)
            if match is not None and match.token is not None and core_is_valid(match.token[-8:]):
                assert match.token in ahead
