"""The pack as one engine: encodings, identifiers, chosen types, tables, hostile text."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote

import pytest

from policies.entity_types import ENTITY_TYPES as VOCABULARY
from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns import ENTITY_TYPES, PatternEngine
from proxy.detectors.patterns.encoded import unescaped
from proxy.detectors.patterns.pack import RECOGNISERS
from proxy.detectors.patterns.page import Page
from tests.unit.proxy.detectors.patterns.table import ENGINE, found

NOT_YET_IN_THE_VOCABULARY = {"BIOMETRIC_ID"}


def test_every_entity_type_is_one_that_policies_know() -> None:
    assert ENTITY_TYPES - set(VOCABULARY) <= NOT_YET_IN_THE_VOCABULARY


def test_numbers_days_and_uuids_are_reported_only_when_asked_for_by_name() -> None:
    text = "on Monday 4711 rows of 123e4567-e89b-12d3-a456-426614174000"
    assert found(text) == []
    asked = found(text, profile=Profile(entity_types=("NUMBER", "DATE_PART", "UUID")))
    expected = [("DATE_PART", "Monday"), ("NUMBER", "4711"), ("UUID", "123e4567-e89b-12d3-a456-426614174000")]
    assert asked == expected


def test_every_recogniser_has_a_name_of_its_own() -> None:
    names = [one.name for one in RECOGNISERS]
    assert len(set(names)) == len(names)


SAFE_HARBOR = {
    "ACCOUNT_NUMBER", "AGE", "BIOMETRIC_ID", "DATE_OF_BIRTH", "DATE_TIME", "DEVICE_ID",
    "EMAIL_ADDRESS", "IP_ADDRESS", "MEDICAL_LICENSE", "LICENSE_PLATE", "MEDICAL_RECORD", "MEMBER_ID", "PERSON",
    "PHONE_NUMBER", "POSTCODE", "STREET_ADDRESS", "URL", "US_DRIVER_LICENSE", "US_SSN", "VIN",
}  # fmt: skip
CARDHOLDER_DATA = {"CREDIT_CARD", "CARD_EXPIRY", "CARD_SECURITY_CODE", "PERSON"}


def test_hipaa_and_pci_identifiers_all_have_a_recogniser() -> None:
    assert set() == (SAFE_HARBOR | CARDHOLDER_DATA) - ENTITY_TYPES


def test_only_the_types_that_a_profile_names_are_reported() -> None:
    text = "jane@example.com, card 4111 1111 1111 1111"
    assert found(text, profile=Profile(entity_types=("CREDIT_CARD",))) == [("CREDIT_CARD", "4111 1111 1111 1111")]


def test_names_of_tools_are_searched_for_sure_things_only() -> None:
    profile = Profile(identifiers=True)
    assert found("get_user_by_name", profile=profile) == []
    assert found("Dear Anna, order 415 555 0132", profile=profile) == []
    assert found("mail_jane.doe@example.com", profile=profile)[0][0] == "EMAIL_ADDRESS"
    assert found("notify +14155550132", profile=profile) == [("PHONE_NUMBER", "+14155550132")]


def test_a_url_escaped_address_is_covered_to_its_last_escape() -> None:
    assert found("q=jane%40example.com&x=1") == [("EMAIL_ADDRESS", "jane%40example.com")]
    assert found(f"q={quote('+49 30 901820', safe='')};") == [("PHONE_NUMBER", "%2B49%2030%20901820")]


def test_html_entities_are_looked_through() -> None:
    assert found("<p>jane&#64;example.com</p>") == [("EMAIL_ADDRESS", "jane&#64;example.com")]
    assert found("<p>J&amp;J, jane&#x40;example.com</p>") == [("EMAIL_ADDRESS", "jane&#x40;example.com")]


def test_json_escapes_are_looked_through() -> None:
    assert found(r'{"t": "hi\njane@example.com\nbye"}') == [("EMAIL_ADDRESS", "jane@example.com")]
    assert found(r'{"t": "jane\u0040example.com"}') == [("EMAIL_ADDRESS", r"jane\u0040example.com")]
    assert found(r'"{\"ssn\": \"521-44-9382\"}"') == [("US_SSN", "521-44-9382")]


def test_a_base64_run_with_personal_data_is_covered_whole() -> None:
    run = base64.b64encode(b'{"mail": "jane@example.com"}').decode()
    assert found(f"payload {run} end") == [("EMAIL_ADDRESS", run)]
    nested = base64.b64encode(run.encode()).decode()
    assert found(f"payload {nested} end") == [("EMAIL_ADDRESS", nested)]
    assert found("payload " + base64.b64encode(b"nothing personal in here at all").decode()) == []


def test_cells_of_a_headed_table_are_found_by_their_head() -> None:
    csv = "name,ssn,member id,note\nAnna Kern,521449382,AB-1234,fine\nBen Ray,521449383,,ok\n"
    pieces = [piece for _, piece in found(csv)]
    assert pieces == ["Anna Kern", "521449382", "AB-1234", "Ben Ray", "521449383"]


def test_a_quoted_cell_may_hold_the_separator() -> None:
    assert ("STREET_ADDRESS", "1 Elm Road, Anytown") in found('id,address\n1,"1 Elm Road, Anytown"\n')


def test_a_markdown_table_is_a_table() -> None:
    table = "| Patient | MRN | Stay |\n|---|---|---|\n| Anna Kern | 004711 | 3 days |\n"
    assert found(table) == [("PERSON", "Anna Kern"), ("MEDICAL_RECORD", "004711")]


def test_a_joined_number_is_looked_at_with_its_lines_only() -> None:
    rows = [f"Row {number},berth {number % 7}," for number in range(2000)]
    rows[40], rows[1900] = "wire to,4111111111111111,today", "the passport\nnumber is,987654321,x"
    text = "\n".join(rows)
    joined = list(unescaped(Page(text)))
    assert sum(len(one.text) for one in joined) < 2000
    assert all(text[one.starts[0]] == one.text[0] for one in joined)
    assert ("CREDIT_CARD", "4111111111111111") in found(text)


def test_a_telephone_number_that_was_found_behind_a_comma_is_not_looked_at_again() -> None:
    text = "Ann,+1 415-555-7468,Berlin\nBen,17,4155550132,x\n"
    plain = [Finding(4, 19, "PHONE_NUMBER", 0.7, "x")]
    assert text[4:19] == "+1 415-555-7468"
    assert [len(one.pieces) for one in unescaped(Page(text))] == [2]
    assert [len(one.pieces) for one in unescaped(Page(text), plain)] == [1]
    assert [len(one.pieces) for one in unescaped(Page(text), [Finding(4, 15, "PHONE_NUMBER", 0.7, "x")])] == [2]


def test_findings_come_per_text_in_order() -> None:
    rows = PatternEngine().find(["nothing", "a@example.com", ""], Profile())
    assert [len(row) for row in rows] == [0, 1, 0]


HOSTILE = [
    "a", "1", "1-", "@", "a@", ".", "a.", " ", "\n", "1 ", "A ", "Aa ", "%41", "\\n", "&amp;",
    "-----BEGIN PRIVATE KEY-----", "password ", "password: ", "account number ", "eyJ", "eyJhbGciOi.", "://:",
    "http://", "a:b@", "x://a:", "0", "(1)", "+1", "12 Aa ", "12 Main ", "Via Aa ", "::", "1:", "a,b\n", '"',
    "name,", "name,ssn\n", "Mr ", "Mr A. ", "Dear A ", "sk-", "AC0", "1.1.1.", "a at ", "a (at) ", "a dot ",
    "AKIA", "A1", "A1 ", "GB29 ", "GB29NWBK", "4111 1111 ", "4111111111111111 ", "a-", "a_", "1/1/", "12 May ",
    "May 12, ", "<", "é", "Straße ", "Aastraße 1 ", "lat 1.", "user ", "born ", "12.1234 ", "1°", "0x", "bc1",
    "/", "Aa", "|a", "key=", "sig=", "x", "*", "xxxx ", "4111 **** ", "O'A", "A-", "\\u0041", "%25", "a@b.",
    ".com", "@a ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_no_more_than_its_share_of_time(piece: str) -> None:
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    started = time.process_time()
    ENGINE.find([text], Profile())
    assert time.process_time() - started < 8  # 0.1 to 0.7 on an idle core; a quadratic expression takes minutes


def test_letters_that_count_as_others_stop_nothing() -> None:
    assert found("bc1q\u017far0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq") == []
    for word in ("\u017feven", "f\u0131ve", "f\u0130ve", "n\u0131ne", "S\u0130X"):
        spoken = f"four {word} one five five five oh one three three"
        assert found(f"call {spoken}") == [("PHONE_NUMBER", spoken)]
    spoken = "\u017feven four one five five five oh one three three"
    assert found(f"call {spoken}") == [("PHONE_NUMBER", spoken)]
