"""Sealed bytes open in their own place only."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proxy.vault import sealing
from proxy.vault.base import Scope
from proxy.vault.sealing import Unsealable

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)  # lone surrogates too
SCOPES = st.builds(Scope, ANY_TEXT, ANY_TEXT, ANY_TEXT)


def place(scope: Scope) -> tuple[str, str, str]:
    return scope.tenant, scope.owner, scope.session


@given(st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=4), SCOPES)
def test_what_is_sealed_opens_in_its_place(entries: dict[str, str], scope: Scope) -> None:
    sealed = sealing.seal(entries, KEY, scope)
    assert {token: sealing.unseal(one, KEY, scope, token) for token, one in sealed.items()} == entries
    assert len({one[:12] for one in sealed.values()}) == len(entries)  # a nonce of its own each


@given(ANY_TEXT, SCOPES, ANY_TEXT, SCOPES, ANY_TEXT)
def test_it_never_opens_for_another_session_or_token(
    original: str, scope: Scope, token: str, other: Scope, other_token: str
) -> None:
    assume((place(scope), token) != (place(other), other_token))
    with pytest.raises(Unsealable):
        sealing.unseal(sealing.seal({token: original}, KEY, scope)[token], KEY, other, other_token)


@given(SCOPES, ANY_TEXT, st.integers(1, 3))
def test_it_never_opens_when_a_border_between_names_is_shifted(scope: Scope, token: str, by: int) -> None:
    assume(len(scope.owner) >= by)
    shifted = Scope(scope.tenant + scope.owner[:by], scope.owner[by:], scope.session)
    with pytest.raises(Unsealable):
        sealing.unseal(sealing.seal({token: "Ann"}, KEY, scope)[token], KEY, shifted, token)
    assert sealing.address(scope, KEY) != sealing.address(shifted, KEY)


@given(ANY_TEXT, SCOPES, st.data())
def test_it_never_opens_when_a_bit_was_changed_or_bytes_are_missing(
    original: str, scope: Scope, data: st.DataObject
) -> None:
    token = "PERSON_K7Q2M9XA"
    sealed = bytearray(sealing.seal({token: original}, KEY, scope)[token])
    position = data.draw(st.integers(0, len(sealed) - 1))
    cut = bytes(sealed[:position])
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))
    for altered in (bytes(sealed), cut):
        with pytest.raises(Unsealable):
            sealing.unseal(altered, KEY, scope, token)


@given(SCOPES, SCOPES, st.text(max_size=60), st.binary(max_size=120))
def test_a_data_key_opens_for_its_session_under_its_day_key_only(
    scope: Scope, other: Scope, key_id: str, noise: bytes
) -> None:
    data_key = sealing.new_data_key()
    wrapped = sealing.wrap(data_key, key_id, KEY, scope)
    assert sealing.key_id_of(wrapped) == key_id
    assert sealing.unwrap(wrapped, KEY, scope) == data_key
    for bytes_, key, place_ in ((wrapped, OTHER_KEY, scope), (noise, KEY, scope), (wrapped[:-1], KEY, scope)):
        with pytest.raises(Unsealable):
            sealing.unwrap(bytes_, key, place_)
    if place(other) != place(scope):
        with pytest.raises(Unsealable):
            sealing.unwrap(wrapped, KEY, other)


@given(st.lists(ANY_TEXT, max_size=5), st.lists(ANY_TEXT, max_size=5))
def test_framing_is_unambiguous(one: list[str], other: list[str]) -> None:
    assert (sealing.framed(*one) == sealing.framed(*other)) == (one == other)


@given(SCOPES, SCOPES)
def test_an_address_names_one_session_and_tells_nothing_without_the_key(one: Scope, other: Scope) -> None:
    assert (sealing.address(one, KEY) == sealing.address(other, KEY)) == (place(one) == place(other))
    assert sealing.address(one, KEY) != sealing.address(one, OTHER_KEY)


def test_an_over_long_key_id_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        sealing.wrap(KEY, "x" * 256, KEY, Scope("t", "o", "s"))
