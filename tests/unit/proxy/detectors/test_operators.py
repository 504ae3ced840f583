"""One-way actions: what each makes of an original, and what none may do."""

from __future__ import annotations

import pytest

from policies.entity_types import ENTITY_TYPES
from policies.model import Action
from proxy.core.surrogates import naming_key_of_session
from proxy.core.tokens import LITERAL, look_alikes, mint
from proxy.detectors.base import Profile
from proxy.detectors.operators import OPERATORS, OneWay, StingHash
from proxy.detectors.operators_places import SMALL_ZIP3
from proxy.detectors.patterns import PatternEngine

KEY = bytes(range(32))
YEAR = 2026
ONE_WAY = OneWay(KEY, YEAR)
TYPES = frozenset(ENTITY_TYPES) | {LITERAL}
ACTIONS = sorted(OPERATORS)


def mask(entity_type: str, original: str) -> str:
    return ONE_WAY(Action.MASK, entity_type, original)


def generalize(entity_type: str, original: str) -> str:
    return ONE_WAY(Action.GENERALIZE, entity_type, original)


@pytest.mark.parametrize(
    ("entity_type", "original", "expected"),
    [
        ("CREDIT_CARD", "4111 1111 1111 1111", "**** **** **** 1111"),
        ("CREDIT_CARD", "378282246310005", "***********0005"),
        ("CREDIT_CARD", "XXXX-XXXX-XXXX-1111", "****-****-****-1111"),
        ("CREDIT_CARD", "1234567", "*******"),
        ("PHONE_NUMBER", "+1 415 555 0132", "+* *** *** 0132"),
        ("PHONE_NUMBER", "(415) 555-0132", "(***) ***-0132"),
        ("PHONE_NUMBER", "%2B1%20415%20555%200132", "REDACTED_PHONE_NUMBER"),
        ("ACCOUNT_NUMBER", "7731-204985", "****-**4985"),
        ("ACCOUNT_NUMBER", "KD 7731-204985", "** ****-**4985"),
        ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32", "**** **** **** **** **54 32"),
        ("EMAIL_ADDRESS", "m.okafor@example.com", "m***@example.com"),
        ("EMAIL_ADDRESS", "mo@example.com", "****@example.com"),
        ("EMAIL_ADDRESS", "m.okafor%40example.com", "REDACTED_EMAIL_ADDRESS"),
        ("EMAIL_ADDRESS", "bS5va2Fmb3JAZXhhbXBsZS5jb20=", "REDACTED_EMAIL_ADDRESS"),
        ("PERSON", "Margaret Okafor", "M. O."),
        ("URL", "https://example.com/u/mokafor76?a=1", "https://example.com/***"),
        ("URL", "https://mokafor:secret@example.com/u", "REDACTED_URL"),
        ("US_SSN", "536-22-8794", "REDACTED_US_SSN"),
        ("PASSWORD", "correct-Horse7-battery", "REDACTED_PASSWORD"),
    ],
)
def test_a_mask_keeps_what_the_table_says(entity_type: str, original: str, expected: str) -> None:
    assert mask(entity_type, original) == expected


@pytest.mark.parametrize(
    ("entity_type", "original", "expected"),
    [
        ("DATE_TIME", "3 November 2025", "2025"),
        ("DATE_TIME", "11/03/2025 14:35", "2025"),
        ("DATE_TIME", "2025-11-03T10:00:00", "2025"),
        ("DATE_TIME", "03/14/25", "2025"),
        ("DATE_TIME", "14 Mar '25", "2025"),
        ("DATE_TIME", "from 3 May 2024 to 4 June 2025", "2024 to 2025"),
        ("DATE_TIME", "Jan 31", "REDACTED_DATE_TIME"),
        ("DATE_TIME", "14 March 1931", "before 1937"),
        ("DATE_OF_BIRTH", "14 March 1976", "1976"),
        ("DATE_OF_BIRTH", "19760314", "1976"),
        ("DATE_OF_BIRTH", "3/14/76", "1976"),
        ("DATE_OF_BIRTH", "3/14/31", "before 1937"),
        ("DATE_OF_BIRTH", "3/14/20", "REDACTED_DATE_OF_BIRTH"),
        ("DATE_OF_BIRTH", "1 January 1937", "1937"),
        ("DATE_OF_BIRTH", "31 December 1936", "before 1937"),
        ("DATE_PART", "Tuesday", "REDACTED_DATE_PART"),
        ("DATE_PART", "March", "REDACTED_DATE_PART"),
        ("DATE_PART", "2025", "2025"),
        ("DATE_PART", "14:35", "14:00"),
        ("DATE_PART", "2:35 pm", "2:00 pm"),
        ("AGE", "47", "47"),
        ("AGE", "89", "89"),
        ("AGE", "90", "90+"),
        ("AGE", "104", "90+"),
        ("AGE", "95 years old", "90+"),
        ("AGE", "ninety-four", "REDACTED_AGE"),
        ("POSTCODE", "94107-1532", "941"),
        ("POSTCODE", "83702", "837"),
        ("POSTCODE", "05901", "000"),
        ("POSTCODE", "SW1A 1AA", "REDACTED_POSTCODE"),
        ("LOCATION", "Rotterdam", "REDACTED_LOCATION"),
        ("LOCATION", "Rotterdam, the Netherlands", "Netherlands"),
        ("LOCATION", "Boise, ID", "Idaho"),
        ("LOCATION", "Colorado", "Colorado"),
        ("LOCATION", "New York", "REDACTED_LOCATION"),
        ("LOCATION", "Buffalo, New York", "New York"),
        ("STREET_ADDRESS", "12 Elm Street, Boise, ID 83702", "Idaho"),
        ("STREET_ADDRESS", "1428 Elm Street", "REDACTED_STREET_ADDRESS"),
        ("COORDINATES", "51.92250, 4.47917", "51, 4"),
        ("IP_ADDRESS", "203.0.113.77", "203.0.113.*"),
        ("IP_ADDRESS", "2001:db8::1", "REDACTED_IP_ADDRESS"),
        ("NUMBER", "48,250", "40,000 to 50,000"),
        ("NUMBER", "950", "900 to 1,000"),
        ("NUMBER", "0", "0"),
        ("NUMBER", "1234567890", "REDACTED_NUMBER"),
        ("PERSON", "Margaret Okafor", "REDACTED_PERSON"),
    ],
)
def test_generalizing_makes_coarser_or_redacts(entity_type: str, original: str, expected: str) -> None:
    assert generalize(entity_type, original) == expected


def test_the_seventeen_small_zip_areas_become_zeros() -> None:
    assert len(SMALL_ZIP3) == 17
    assert {generalize("POSTCODE", f"{area}01") for area in SMALL_ZIP3} == {"000"}
    stay = [f"{area:03d}" for area in range(1000) if f"{area:03d}" not in SMALL_ZIP3]
    assert [generalize("POSTCODE", f"{area}42") for area in stay] == stay


def test_a_hash_is_the_same_for_the_same_value_only() -> None:
    first = ONE_WAY(Action.HASH, "PERSON", "Margaret Okafor")
    assert first == ONE_WAY(Action.HASH, "PERSON", "margaret  OKAFOR")
    assert first != ONE_WAY(Action.HASH, "PERSON", "Margaret Okafors")
    assert first.removeprefix("HASHED_PERSON/") != ONE_WAY(Action.HASH, "US_SSN", "Margaret Okafor")[-23:]


def test_hashes_of_two_keys_and_of_two_sessions_have_nothing_in_common() -> None:
    keys = (KEY, bytes(32), naming_key_of_session(KEY, "a"), naming_key_of_session(KEY, "b"))
    assert len({OneWay(key, YEAR)(Action.HASH, "US_SSN", "536-22-8794") for key in keys}) == len(keys)


def test_a_hash_tells_nothing_of_the_token_of_the_same_value() -> None:
    token = mint(KEY, "PERSON", "PERSON\x1fmargaret okafor", "Margaret Okafor")
    letters = ONE_WAY(Action.HASH, "PERSON", "Margaret Okafor").removeprefix("HASHED_PERSON/")
    assert token.removeprefix("PERSON_")[:5] != letters[:5]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("entity_type", sorted(ENTITY_TYPES))
def test_no_result_can_be_taken_for_a_token(action: Action, entity_type: str) -> None:
    result = ONE_WAY(action, entity_type, ENTITY_TYPES[entity_type].example)
    assert result
    assert not look_alikes(result, TYPES)
    assert not look_alikes(f"{entity_type} {result} {entity_type}", TYPES)


def test_a_mask_that_would_leave_a_token_standing_redacts() -> None:
    token = mint(KEY, "PERSON", "x", "x")
    assert mask("URL", f"https://{token.replace('_', '-')}.com/u") == "REDACTED_URL"


@pytest.mark.parametrize("action", [Action.MASK, Action.GENERALIZE, Action.REDACT])
@pytest.mark.parametrize("entity_type", sorted(ENTITY_TYPES))
def test_what_comes_back_in_the_next_request_stays_as_it_is(action: Action, entity_type: str) -> None:
    once = ONE_WAY(action, entity_type, ENTITY_TYPES[entity_type].example)
    again = ONE_WAY(action, entity_type, once)
    assert again in (once, f"REDACTED_{entity_type}")
    if entity_type not in ("LOCATION", "STREET_ADDRESS"):
        ends = [ONE_WAY(action, entity_type, end) for end in once.split(" to ")]
        assert " to ".join(ends) == once or again == f"REDACTED_{entity_type}"


@pytest.mark.parametrize("entity_type", sorted(ENTITY_TYPES))
def test_the_pattern_pack_sees_no_value_in_a_redaction_or_a_hash(entity_type: str) -> None:
    engine = PatternEngine()
    for action in (Action.REDACT, Action.HASH):
        result = ONE_WAY(action, entity_type, ENTITY_TYPES[entity_type].example)
        assert engine.find([f"It is {result}, he said."], Profile()) == [[]]


@pytest.mark.parametrize("entity_type", sorted(set(ENTITY_TYPES) - {"AGE"}))
def test_no_example_survives_any_one_way_action(entity_type: str) -> None:
    original = ENTITY_TYPES[entity_type].example
    for action in ACTIONS:
        assert original not in ONE_WAY(action, entity_type, original)


def test_an_action_that_is_not_one_way_has_no_operator() -> None:
    for action in set(Action) - set(OPERATORS):
        with pytest.raises(KeyError):
            ONE_WAY(action, "PERSON", "Margaret Okafor")


def test_a_hash_without_a_key_is_refused_and_the_message_holds_no_value() -> None:
    with pytest.raises(ValueError, match="'key' is missing") as caught:
        StingHash().validate({"entity_type": "PERSON", "key": b""})
    assert "PERSON" not in str(caught.value)


def test_the_key_is_not_shown() -> None:
    assert "key" not in repr(ONE_WAY)
