"""Realistic surrogates: what is scrambled comes back, none stands in the request, and only whole words restore."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.entity_types import ENTITY_TYPES
from policies.model import Policy, Rule
from policies.resolve import tightened
from proxy.core.findings import Finding, disjoint
from proxy.core.invented import Invented
from proxy.core.restorer import ChannelRestorer, Originals, PlainWriting, RestoreTally, restore
from proxy.core.scrambler import Decision, Scrambler
from proxy.core.slots import Kind
from proxy.core.surrogates import Naming
from proxy.detectors.operators_realistic import REALISTIC, Realistic
from proxy.detectors.realistic_forms import Draw, card, iban
from proxy.detectors.realistic_names import person
from tests.property.core_cases import KEY, bounded, cut, one_way, scrambled

POLICY = Policy(name="realistic", default=Rule(style="realistic"))
TYPES = frozenset({*ENTITY_TYPES, "LITERAL"})
VALUES = {
    "Maria Garcia": "PERSON",
    "GARCIA, MARIA": "PERSON",
    "Mr. John A. Smith": "PERSON",
    "Garcia": "PERSON",
    "Cher": "PERSON",
    "maria.garcia@corp.test": "EMAIL_ADDRESS",
    "x@y.zz": "EMAIL_ADDRESS",
    "+1 415 555 2671": "PHONE_NUMBER",
    "(415) 867-5309": "PHONE_NUMBER",
    "+44 7911 123456": "PHONE_NUMBER",
    "+7 912 345 67 89": "PHONE_NUMBER",
    "4539 1488 0343 6467": "CREDIT_CARD",
    "371449635398431": "CREDIT_CARD",
    "DE89 3704 0044 0532 0130 00": "IBAN_CODE",
    "NO9386011117947": "IBAN_CODE",
    "536-22-8794": "US_SSN",
    "10.20.30.40": "IP_ADDRESS",
    "fe80::1": "IP_ADDRESS",
    "https://corp.test/u/maria?x=1": "URL",
    "3 November 2025": "DATE_TIME",
}
_GLUE = (
    "",
    " ",
    "\n",
    ", ",
    "'s ",
    ".",
    "-",
    "(",
    ")",
    "@",
    "_",
    "é",
    "word",
    "Emma",
    "192.0.2.7",
    "PERSON_",
    '"',
    "+",
)
texts = st.lists(
    st.one_of(st.sampled_from(sorted(VALUES)), st.sampled_from(_GLUE), st.text(max_size=3)), max_size=9
).map("".join)


def findings(text: str) -> list[Finding]:
    pattern = "|".join(map(re.escape, sorted(VALUES, key=len, reverse=True)))
    return disjoint([Finding(m.start(), m.end(), VALUES[m.group()], 0.9, "t") for m in re.finditer(pattern, text)])


def exchange(conversation: Sequence[str], key: bytes = KEY) -> tuple[Scrambler, list[tuple[Decision, ...]]]:
    """A conversation scrambled as the gateway does: named anew until everything fits."""
    naming = Naming(key, inventor=Realistic())
    for attempt in range(8):
        made = Scrambler(POLICY, naming, one_way, TYPES)
        decisions = [made.text(text, Kind.TEXT, findings(text)) for text in conversation]
        if not made.name_anew(conversation, decisions, give_up=attempt >= 2):
            return made, decisions
    raise AssertionError("it never fits")


def originals(made: Scrambler) -> Originals:
    return Originals(made.issued, invented=made.invented)


def in_pieces(text: str, sizes: Sequence[int], known: Originals) -> str:
    channel = ChannelRestorer(known, RestoreTally(), PlainWriting())
    pieces = [piece for part in cut(text, sizes) for piece in channel.feed(part)] + channel.finish()
    assert channel.ended
    return "".join(piece.text for piece in pieces)


@bounded(60)
@given(st.lists(texts, min_size=1, max_size=4), st.lists(st.integers(1, 7), min_size=1, max_size=4))
@example(["Maria Garcia", "Garcia-Maria Garcia's Garcia"], [1])
@example(["Maria GarciaMaria Garcia"], [1])
def test_a_conversation_comes_back_to_the_letter_whole_and_in_pieces(conversation: list[str], sizes: list[int]) -> None:
    made, decisions = exchange(conversation)
    known = originals(made)
    for text, ours in zip(conversation, decisions, strict=True):
        away = scrambled(text, ours)
        assert restore(away, known, RestoreTally()) == text
        assert in_pieces(away, sizes, known) == text


@bounded(50)
@given(st.lists(texts, min_size=1, max_size=4))
def test_nothing_that_stands_in_the_request_is_invented_and_no_two_originals_share(conversation: list[str]) -> None:
    made, decisions = exchange(conversation)
    everything = "\n".join(conversation).casefold()
    by_surrogate: dict[str, set[str]] = {}
    for text, ours in zip(conversation, decisions, strict=True):
        for one in ours:
            if one.new is not None:
                by_surrogate.setdefault(one.new, set()).add(text[one.start : one.end])
    assert all(len(values) == 1 for values in by_surrogate.values())
    for value, entity_type in made.invented.items():
        assert value.casefold() not in everything
        assert value.isascii()
        assert entity_type in REALISTIC


@bounded(20)
@given(texts)
def test_the_same_key_invents_the_same_and_another_key_something_else(text: str) -> None:
    first, again, other = exchange([text])[0], exchange([text])[0], exchange([text], b"o" * 32)[0]
    assert first.issued == again.issued
    assert not first.invented.keys() & other.invented.keys()


ISSUED = {"Emma Walker": "Maria Garcia", "Walker": "Garcia", "192.0.2.7": "10.0.0.1", "e.w1@example.com": "m@corp.test"}
_AROUND = st.text(alphabet=string.ascii_letters + string.digits + " _@.-'\\n%20\u0301é,", max_size=4)


@bounded(120)
@given(st.lists(st.one_of(st.sampled_from(sorted(ISSUED)), _AROUND), max_size=7).map("".join), st.integers(1, 5))
def test_any_cutting_gives_the_same_text(text: str, size: int) -> None:
    known = Originals(ISSUED, invented=ISSUED)
    assert in_pieces(text, [size], known) == restore(text, Originals(ISSUED, invented=ISSUED), RestoreTally())


@pytest.mark.parametrize(
    ("text", "restored"),
    [
        ("Emma Walker's, (Emma Walker) **Emma Walker**.", "Maria Garcia's, (Maria Garcia) **Maria Garcia**."),
        ("Dear Ms. Walker: e.w1@example.com.", "Dear Ms. Garcia: m@corp.test."),
        (r"a\nEmma Walker\u0020Walker%20Walker", r"a\nMaria Garcia\u0020Garcia%20Garcia"),
        ("192.0.2.7:8080 mailto:e.w1@example.com", "10.0.0.1:8080 mailto:m@corp.test"),
        # none of these is the whole word as issued
        ("emma walker, EMMA WALKER, EmmaWalker, Emma  Walkers", None),
        ("Walkers Walker\u0301 Walker_1 Walker-Smith Anna-Walker O'Walker @Walker", None),
        ("192.0.2.77 1192.0.2.7 192.0.2.7.1 5.192.0.2.7", None),
        ("e.w1@example.community xe.w1@example.com e.w1@example.com.evil.test", None),
    ],
)
def test_only_whole_words_restore(text: str, restored: str | None) -> None:
    known = Originals(ISSUED, invented=ISSUED)
    assert restore(text, known, RestoreTally()) == (text if restored is None else restored)
    assert in_pieces(text, [1], known) == (text if restored is None else restored)


def test_a_value_of_an_earlier_exchange_is_shielded_where_a_client_writes_it() -> None:
    made = Scrambler(POLICY, Naming(KEY, inventor=Realistic()), one_way, TYPES, held=["Emma Walker"])
    (decision,) = made.text("Ask Emma Walker!", Kind.TEXT, [])
    assert decision.entity_type == "LITERAL"
    assert made.issued[str(decision.new)] == "Emma Walker"


@bounded(60)
@given(st.binary(min_size=32, max_size=32))
def test_numbers_are_valid_and_of_the_ranges_that_are_nobodys(digest: bytes) -> None:
    number = str(card("4539 1488 0343 6467", Draw.of(digest)))
    digits = [int(letter) for letter in number if letter.isdigit()][::-1]
    assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0
    assert re.fullmatch(r"4000 00\d\d \d{4} \d{4}", number)
    account = str(iban("DE89 3704 0044 0532 0130 00", Draw.of(digest)))
    compact = account.replace(" ", "")
    assert int("".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])) % 97 == 1
    assert re.fullmatch(r"DE\d\d 0000( \d{4}){3} \d\d", account)
    forms = {name: Realistic()(VALUES[name], name, digest, digest, None) for name in VALUES}
    assert re.fullmatch(r"(000|666)-\d\d-\d{4}", str(forms["536-22-8794"]))
    assert re.fullmatch(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}", str(forms["10.20.30.40"]))
    assert str(forms["fe80::1"]).startswith("2001:db8:")
    assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", str(forms["(415) 867-5309"]))
    assert re.fullmatch(r"https://www\.example\.(com|org|net)/\w{10}", str(forms["https://corp.test/u/maria?x=1"]))
    assert re.fullmatch(r"[a-z]+\.[a-z]+\d{4}@example\.(com|org|net)", str(forms["x@y.zz"]))
    assert forms["Cher"] is forms["3 November 2025"] is forms["+7 912 345 67 89"] is None


def test_a_name_keeps_origin_gender_title_order_and_case() -> None:
    def named(original: str, linked: str | None = None) -> str:
        return str(person(original, Draw.of(b"seed" * 8), linked))

    assert re.fullmatch(r"Mr\. [A-Z][a-z]+ [A-Z]\. [A-Z][a-z]+", named("Mr. John A. Smith"))
    assert re.fullmatch(r"[A-Z]+, [A-Z]+", named("GARCIA, MARIA"))
    full = named("Maria Garcia")
    assert named("Garcia", "maria garcia") == full.split()[1]
    assert named("Frau Schmidt", "anna schmidt").startswith("Frau ")


def test_a_range_that_is_used_up_falls_back_to_tokens() -> None:
    addresses = [f"10.0.{number // 250}.{number % 250 + 1}" for number in range(1200)]
    naming = Naming(KEY, inventor=Realistic())
    surrogates = [naming.surrogate("IP_ADDRESS", address) for address in addresses]
    assert len(set(surrogates)) == len(addresses)
    tokens = [surrogate for surrogate in surrogates if surrogate.startswith("IP_ADDRESS_")]
    assert len(addresses) - 762 <= len(tokens) < len(addresses)


def test_tokens_are_the_stricter_style() -> None:
    plain = Policy(name="plain")
    assert tightened(POLICY, plain).default.style == "token"
    assert tightened(POLICY, POLICY).default.style == "realistic"
    with pytest.raises(ValueError, match="style"):
        Rule.model_validate({"action": "redact", "style": "realistic"})


def test_an_index_tells_nothing_of_its_values() -> None:
    assert "Emma" not in repr(Originals(ISSUED, invented=ISSUED))
    assert "Emma" not in repr(Invented(ISSUED))


_PEOPLE = ("John Doe", "Jane Roe", "Peter Parker", "Mary Major", "Karl Kaiser", "Anna Amsel", "Tom Turner", "Eva Eder")


@bounded(60)
@given(st.binary(min_size=16, max_size=16), st.permutations([*_PEOPLE, "Doe", "Mr Doe", "Mary"]))
@example(bytes(16), [*_PEOPLE, "Doe", "Mr Doe", "Mary"])
def test_a_name_that_is_written_short_could_be_one_persons_only(key: bytes, mentions: list[str]) -> None:
    naming = Naming(key, inventor=Realistic())
    given: dict[str, str] = {}
    for mention in mentions:
        naming.persons.meet(mention)
        given[mention] = naming.surrogate("PERSON", mention)
    assert given == {mention: naming.surrogate("PERSON", mention) for mention in mentions}, "and it stays that"
    for short in ("Doe", "Mr Doe", "Mary"):
        alone = given[short].removeprefix("Mr ")
        others = [name for name in _PEOPLE if not set(short.removeprefix("Mr ").split()) <= set(name.split())]
        assert not [name for name in others if alone in given[name].split()]


def test_many_people_get_invented_names_all_the_same() -> None:
    naming = Naming(KEY, inventor=Realistic())
    people = [f"{first} {last}" for first in "Anna Maria Karin Doris".split() for last in string.ascii_uppercase * 8]
    people = [f"{name}{number}" for number, name in enumerate(people)]
    names = ["".join(chr(97 + int(digit)) if digit.isdigit() else digit for digit in name) for name in people]
    for name in names:
        naming.persons.meet(name)
    made = [naming.surrogate("PERSON", name) for name in names]
    assert len(set(made)) == len(made)
    assert sum(not one.startswith("PERSON_") for one in made) > 0.9 * len(made)
