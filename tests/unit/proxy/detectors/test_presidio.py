"""The engine "presidio" and what is done about its noise."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NoReturn

import pytest

from proxy.detectors.base import Profile
from proxy.detectors.chain import Chain
from proxy.detectors.presidio import PresidioEngine
from proxy.detectors.tidy import NAME_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

PROFILE = Profile(engines=("presidio",))


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain({"presidio": PresidioEngine()})


@pytest.fixture(scope="module")
def find(chain: Chain) -> Callable[[str], set[tuple[str, str]]]:
    """Entity type and words of every finding in a text."""

    def found(text: str) -> set[tuple[str, str]]:
        return {(f.entity_type, text[f.start : f.end]) for f in chain.find([text], PROFILE)[0]}

    return found


@pytest.mark.parametrize(
    ("text", "entity_type", "value"),
    [
        ("write to ann.lee@example.co.uk today", "EMAIL_ADDRESS", "ann.lee@example.co.uk"),
        ("card 4111 1111 1111 1111 please", "CREDIT_CARD", "4111 1111 1111 1111"),
        ("card 2221-0000-0000-0009 please", "CREDIT_CARD", "2221-0000-0000-0009"),
        ("card 2720992593319364 please", "CREDIT_CARD", "2720992593319364"),
        ("card 5555555555554444 please", "CREDIT_CARD", "5555555555554444"),
        ("card 3782 822463 10005 please", "CREDIT_CARD", "3782 822463 10005"),
        ("card 4111 1111 1111 1111 2030 please", "CREDIT_CARD", "4111 1111 1111 1111"),
        ("pay to DE89 3704 0044 0532 0130 00 now", "IBAN_CODE", "DE89 3704 0044 0532 0130 00"),
        ("her SSN is 536-22-8412.", "US_SSN", "536-22-8412"),
        ("ring +49 30 901820 now", "PHONE_NUMBER", "+49 30 901820"),
        ("ring (415) 555-2671 now", "PHONE_NUMBER", "(415) 555-2671"),
        ("ring 212-555-0123 now", "PHONE_NUMBER", "212-555-0123"),
        ("ring 020 7946 0018 now", "PHONE_NUMBER", "020 7946 0018"),
        ("from 192.168.17.4 at night", "IP_ADDRESS", "192.168.17.4"),
        ("from 2001:db8::8a2e:370:7334 at night", "IP_ADDRESS", "2001:db8::8a2e:370:7334"),
        ("see https://example.org/u/ann?x=1 there", "URL", "https://example.org/u/ann?x=1"),
        ("to 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 soon", "CRYPTO", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("My name is John Smith and I am ill.", "PERSON", "John Smith"),
        ("John Smith's brother called.", "PERSON", "John Smith"),
        ("She lives in Berlin with her son.", "LOCATION", "Berlin"),
        ("He works for Siemens AG in sales.", "ORGANIZATION", "Siemens AG"),
        ("He is French and likes it.", "NRP", "French"),
        ("She was born on 12 March 1984.", "DATE_TIME", "12 March 1984"),
        ("born 1984-03-12, tall", "DATE_TIME", "1984-03-12"),
        ("his passport number is 561234567, valid", "US_PASSPORT", "561234567"),
        ("bank account 12345678901 at home", "US_BANK_NUMBER", "12345678901"),
    ],
)
def test_each_type_is_found_with_its_exact_borders(
    find: Callable[[str], set[tuple[str, str]]], text: str, entity_type: str, value: str
) -> None:
    assert (entity_type, value) in find(text)


@pytest.mark.parametrize(
    "text",
    [
        "The order 12345678 of 123456789 parts is late.",
        "Call me on Monday, in two weeks, or for 30 minutes today.",
        "It rained in March, as it did in 2019.",
        "Run main.py and read notes.md of version 3.8.18.",
        "std::vector, x :: y and 1/10 of it",
        "The SSN, the IBAN and the URL are missing.",
        "card 4111 1111 1111 1112 is mistyped",
        "",
        " \n ",
    ],
)
def test_noise_is_not_reported(find: Callable[[str], set[tuple[str, str]]], text: str) -> None:
    assert find(text) == set()


def test_names_do_not_run_over_line_breaks(find: Callable[[str], set[tuple[str, str]]]) -> None:
    found = find("Regards,\nMaria Garcia\nBerlin\n")
    assert all("\n" not in value for _, value in found)
    assert ("PERSON", "Maria Garcia") in found


def test_loose_times_are_reported_when_a_profile_asks_for_them(chain: Chain) -> None:
    profile = Profile(engines=("presidio",), entity_types=("DATE_PART",))
    text = "See you on Monday."
    assert [text[f.start : f.end] for f in chain.find([text], profile)[0]] == ["Monday"]


def test_names_of_tools_are_read_by_patterns_only(chain: Chain) -> None:
    profile = Profile(engines=("presidio",), identifiers=True)
    (found,) = chain.find(["John Smith john@example.com"], profile)
    assert [f.entity_type for f in found] == ["EMAIL_ADDRESS"]


def test_regions_of_the_profile_decide_which_national_phones_count(chain: Chain) -> None:
    text = "ring 030 901820 now"
    german = Profile(engines=("presidio",), regions=("DE",))
    american = Profile(engines=("presidio",), regions=("US",))
    assert [f.entity_type for f in chain.find([text], german)[0]] == ["PHONE_NUMBER"]
    assert chain.find([text], american)[0] == []


def test_a_table_is_read_by_cell(find: Callable[[str], set[tuple[str, str]]]) -> None:
    rows = "".join(f"{n},John Smith,john{n}@example.com,Berlin\n" for n in range(50))
    found = find("id,name,email,city\n" + rows)
    assert {("PERSON", "John Smith"), ("LOCATION", "Berlin"), ("EMAIL_ADDRESS", "john7@example.com")} <= found


def test_beside_the_pattern_pack_only_the_model_looks() -> None:
    profile = Profile(engines=("patterns", "presidio"))
    (found,) = PresidioEngine().find(["John Smith john@example.com 4111 1111 1111 1111"], profile)
    assert {f.entity_type for f in found} <= NAME_TYPES
    assert any(f.entity_type == "PERSON" for f in found)


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("the engine opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    engine = PresidioEngine()
    assert engine.find(["mail a.b@example.com"], PROFILE)[0]
