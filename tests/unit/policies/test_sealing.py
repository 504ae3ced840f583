import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.sealing import SealBroken, Sealer, derive

OLD, NEW = b"\x01" * 32, b"\x02" * 32


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_with_the_same_context(plain: bytes, context: str) -> None:
    sealer = Sealer([OLD])
    assert sealer.open(sealer.seal(plain, context), context) == plain


def test_another_context_does_not_open_it() -> None:
    sealer = Sealer([OLD])
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"x", "tenant/a"), "tenant/b")


def test_any_changed_or_missing_byte_is_noticed() -> None:
    sealer = Sealer([OLD])
    sealed = sealer.seal(b"secret", "c")
    for index in range(len(sealed)):
        changed = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(SealBroken):
            sealer.open(changed, "c")
        with pytest.raises(SealBroken):
            sealer.open(sealed[:index], "c")


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key() -> None:
    sealed = Sealer([OLD]).seal(b"x", "c")
    both = Sealer([NEW, OLD])
    assert both.open(sealed, "c") == b"x"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(b"x", "c"))
    with pytest.raises(SealBroken):
        Sealer([NEW]).open(sealed, "c")


def test_the_same_value_is_never_sealed_twice_alike() -> None:
    sealer = Sealer([OLD])
    assert sealer.seal(b"x", "c") != sealer.seal(b"x", "c")


def test_no_key_is_in_the_repr() -> None:
    assert repr(Sealer([OLD, NEW])) == "Sealer(2 keys)"


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b""]])
def test_a_key_of_another_length_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(keys)


def test_deriving_follows_rfc_5869_test_case_3() -> None:
    # RFC 5869, A.3: no salt, no info, 22 bytes 0x0b
    okm = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    assert derive(b"\x0b" * 22, "", length=42).hex() == okm


def test_contexts_give_unrelated_keys() -> None:
    assert derive(OLD, "a") != derive(OLD, "b")
