import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.principals import Principal, new_secret, owner_of, secret_digest, shown_prefix


def principal(**changed: object) -> Principal:
    values: dict[str, object] = {
        "key_id": "k",
        "key_name": "n",
        "tenant": "t",
        "owner": "key:k",
        "policy": None,
        "policies": None,
        "models": ("*",),
        "roles": frozenset({"use"}),
    }
    return Principal(**(values | changed))  # type: ignore[arg-type]  # values of mixed types


@given(st.binary(min_size=32, max_size=32))
def test_every_secret_has_the_same_form_and_no_bit_is_lost(random: bytes) -> None:
    secret = new_secret(lambda size: random[:size])
    assert re.fullmatch(r"sk-sting-[0-9A-Za-z]{43}", secret)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for letter in secret.removeprefix("sk-sting-"):
        number = number * 62 + alphabet.index(letter)
    assert number.to_bytes(32, "big") == random


def test_secrets_differ() -> None:
    assert len({new_secret() for _ in range(100)}) == 100


def test_what_is_shown_of_a_secret_is_little() -> None:
    secret = new_secret()
    assert secret.startswith(shown_prefix(secret))
    assert len(shown_prefix(secret)) == len("sk-sting-") + 4
    assert secret not in secret_digest(secret)


def test_a_vault_can_never_be_mistaken_for_a_key() -> None:
    assert owner_of("key_1", None) == "key:key_1"
    assert owner_of("key_1", "key_2") == "vault:key_2" != owner_of("key_2", None)


@pytest.mark.parametrize(
    ("models", "model", "allowed"),
    [
        (("*",), "any/thing", True),
        (("gpt-4o",), "gpt-4o", True),
        (("gpt-4o",), "gpt-4o-mini", False),
        (("claude-*", "gpt-*"), "gpt-5", True),
        (("gpt-*",), "GPT-5", False),
        ((), "gpt-5", False),
    ],
)
def test_model_patterns(models: tuple[str, ...], model: str, allowed: bool) -> None:  # noqa: FBT001 - a table's column
    assert principal(models=models).may_use_model(model) is allowed


def test_admin_includes_no_other_role() -> None:
    assert not principal(roles=frozenset({"admin"})).has_role("restore")
    assert principal(roles=frozenset({"restore"})).has_role("restore")
