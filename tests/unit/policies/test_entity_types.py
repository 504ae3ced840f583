import re

from policies.entity_types import ENTITY_TYPES, LITERAL, SECRETS
from policies.model import check_entity_type


def test_every_type_can_start_a_token() -> None:
    assert [check_entity_type(name) for name in ENTITY_TYPES] == list(ENTITY_TYPES)


def test_every_type_has_a_meaning_and_an_example_of_its_own() -> None:
    assert all(info.meaning and info.example.strip() == info.example for info in ENTITY_TYPES.values())
    assert len({info.example for info in ENTITY_TYPES.values()}) == len(ENTITY_TYPES)


def test_the_reserved_type_is_not_offered() -> None:
    assert LITERAL not in ENTITY_TYPES


def test_secrets_are_what_opens_something() -> None:
    assert set(SECRETS) == {"PASSWORD", "API_KEY", "SECRET", "PRIVATE_KEY"}


def test_the_example_card_has_a_right_check_digit() -> None:
    digits = [int(digit) for digit in re.sub(r"\D", "", ENTITY_TYPES["CREDIT_CARD"].example)][::-1]
    assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def test_the_example_iban_has_right_check_digits() -> None:
    iban = ENTITY_TYPES["IBAN_CODE"].example.replace(" ", "")
    assert int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def test_mail_and_address_examples_belong_to_nobody() -> None:
    assert ENTITY_TYPES["EMAIL_ADDRESS"].example.endswith("@example.com")
    assert ENTITY_TYPES["IP_ADDRESS"].example.startswith("203.0.113.")
