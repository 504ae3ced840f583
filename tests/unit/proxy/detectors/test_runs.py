"""Values that stand coded as a whole: found by all engines, also names; digests and random bytes are none."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import json
import random
from collections.abc import Callable, Sequence

import pytest

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.chain import Chain
from proxy.detectors.patterns import PatternEngine
from proxy.detectors.runs import runs_of

NAME = "Margaret Okafor"
CODES: dict[str, Callable[[bytes], str]] = {
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64 for URLs": lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
    "base64 of gzip": lambda raw: base64.b64encode(gzip.compress(raw, mtime=0)).decode(),
    "base64 of UTF-16": lambda raw: base64.b64encode(raw.decode().encode("utf-16-le")).decode(),
    "base32": lambda raw: base64.b32encode(raw).decode(),
    "hex": lambda raw: raw.hex(),
    "HEX": lambda raw: raw.hex().upper(),
    "hex in C": lambda raw: "0x" + raw.hex(),
    "hex apart": lambda raw: raw.hex(" "),
    "hex by colons": lambda raw: raw.hex(":"),
    "hex bytes in C": lambda raw: ", ".join(f"0x{byte:02x}" for byte in raw),
    "decimal": lambda raw: json.dumps(list(raw)),
    "binary": lambda raw: " ".join(f"{byte:08b}" for byte in raw),
    "code points": lambda raw: " ".join(f"U+{byte:04X}" for byte in raw),
    "URL": lambda raw: "".join(f"%{byte:02x}" for byte in raw),
    "quoted-printable": lambda raw: "".join(f"={byte:02X}" for byte in raw),
    "HTML": lambda raw: "".join(f"&#{byte};" for byte in raw),
    "HTML, hex": lambda raw: "".join(f"&#x{byte:x};" for byte in raw),
    "escapes": lambda raw: "".join(f"\\x{byte:02x}" for byte in raw),
    "escapes of JavaScript": lambda raw: "".join(f"\\u{{{byte:x}}}" for byte in raw),
    "octal escapes": lambda raw: "".join(f"\\{byte:03o}" for byte in raw),
}


class Names:
    """An engine that knows one name."""

    name = "names"

    def find(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        del profile
        at = [text.find(NAME) for text in texts]
        return [[Finding(start, start + len(NAME), "PERSON", 0.9, "names")] if start >= 0 else [] for start in at]


@pytest.mark.parametrize("code", CODES)
def test_what_is_coded_is_one_finding(code: str) -> None:
    coded = CODES[code](NAME.encode())
    text = f"Decode this: {coded}, please."
    (found,) = Chain({"names": Names()}).find([text], Profile(engines=("names",)))[0]
    assert found.entity_type == "PERSON"
    assert set(coded) - set("[]") <= set(text[found.start : found.end])
    assert text[found.start : found.end].strip("[]") == coded.strip("[]")


def test_codes_in_codes_and_lines_of_base64() -> None:
    chain = Chain({"names": Names()})
    twice = base64.b64encode(base64.b64encode(NAME.encode())).decode()
    letter = base64.encodebytes(f"{'x ' * 60}{NAME}{' y' * 60}".encode()).decode()
    for text in (twice, f"Begin\n{letter}end", NAME.encode().hex().encode().hex()):
        assert chain.find([text], Profile(engines=("names",)))[0], text[:20]


def test_digests_keys_and_numbers_say_nothing() -> None:
    dice = random.Random(5)
    said = 0
    for _ in range(300):
        raw = dice.randbytes(24)
        for text in (
            hashlib.sha256(raw).hexdigest(),
            base64.b64encode(raw).decode(),
            ", ".join(str(dice.randrange(300)) for _ in range(12)),
            "The quick brown fox, 12, 14, 15, and 7 others; deadbeef.",
        ):
            said += len(list(runs_of(text)))
    assert said <= 3


@pytest.mark.parametrize(
    ("text", "entity_type"),
    [
        ("**536-**22-1849", "US_SSN"),
        ("4111<b></b> 1111 1111 1111", "CREDIT_CARD"),
        ("4111\t1111\t1111\t1111", "CREDIT_CARD"),
        ("pay\r\n4111\r\n1111\r\n1111\r\n1111\r\n", "CREDIT_CARD"),
        ("5 3 6 - 2 2 - 1 8 4 9", "US_SSN"),
        ("4 1 1 1   1 1 1 1   1 1 1 1   1 1 1 1", "CREDIT_CARD"),
        ("hi" + "".join(chr(0xE0000 + ord(letter)) for letter in " 536-22-1849"), "US_SSN"),
    ],
)
def test_numbers_that_are_drawn_apart_are_found_whole(text: str, entity_type: str) -> None:
    (found,) = Chain({"patterns": PatternEngine()}).find([text], Profile(engines=("patterns",)))[0]
    assert found.entity_type == entity_type
    left = text[: found.start] + text[found.end :]
    assert not any(letter.isdigit() for letter in left)
    assert not any(0xE0020 < ord(letter) < 0xE007F for letter in left)


@pytest.mark.parametrize("number", ["4.111111111111111e15", "4.111111111111111E+15", "41111111111111110e-1"])
def test_a_card_with_an_exponent_is_found_whole(number: str) -> None:
    (found,) = Chain({"patterns": PatternEngine()}).find([f"n = {number};"], Profile(engines=("patterns",)))[0]
    assert (found.entity_type, found.start, found.end) == ("CREDIT_CARD", 4, 4 + len(number))


def test_other_numbers_with_an_exponent_are_none() -> None:
    text = "1e9 2.5e6 1.60217663e-19 6.02214076e23 2.99792458e8 3.14159265e0 12e99 v4.111111111111111e15 0.00000012e5"
    assert Chain({"patterns": PatternEngine()}).find([text], Profile(engines=("patterns",)))[0] == []


@pytest.mark.parametrize("text", ["1111\t2222\t3333\t4444\t5555", "4111\n1111\n1111\n1111\n2222", "2**31 - 10**8"])
def test_columns_of_numbers_and_formulas_are_none(text: str) -> None:
    assert Chain({"patterns": PatternEngine()}).find([text], Profile(engines=("patterns",)))[0] == []


@pytest.mark.parametrize(
    ("value", "entity_type"),
    [
        ("4111111111111111", "CREDIT_CARD"),
        ("4111 1111 1111 1111", "CREDIT_CARD"),
        ("536-22-1849", "US_SSN"),
        ("415-555-0132", "PHONE_NUMBER"),
        ("(415) 555-0132", "PHONE_NUMBER"),
        ("203.0.113.7", "IP_ADDRESS"),
        ("12/04/1985", "DATE_TIME"),
    ],
)
@pytest.mark.parametrize(
    "row",
    [
        "x,{},y",
        "17,{},y",
        "17;{};y",
        "{},12/27",
        "#{} ",
        "={}",
        "_{}_",
        "no.{} x",
        "**{}**",
        "@{} x",
        "data:text/plain,{}",
    ],
)
def test_a_value_right_beside_a_sign_is_found(row: str, value: str, entity_type: str) -> None:
    text = row.format(value)
    found = Chain({"patterns": PatternEngine()}).find([text], Profile(engines=("patterns",)))[0]
    at = text.index(value)
    assert any(
        one.entity_type == entity_type and one.start <= at + 1 and one.end >= at + len(value) for one in found
    ), found


@pytest.mark.parametrize(
    "text",
    [
        "It costs 1,234,567.89 or 12,345,678 a year",
        "pi is 3,141592653589793",
        "0,4111111111111111",
        "x=10_000_000",
        "#1024",
    ],
)
def test_amounts_and_decimals_are_none(text: str) -> None:
    found = Chain({"patterns": PatternEngine()}).find([text], Profile(engines=("patterns",)))[0]
    assert not {"PHONE_NUMBER", "CREDIT_CARD", "US_SSN"} & {one.entity_type for one in found}


@pytest.mark.parametrize(
    "text",
    [
        "Пожалуйста, позвоните Ивану Петрову по поводу счёта",
        "请打电话给张伟先生关于发票的事情，谢谢",
        "कृपया श्री राम कुमार को बुलाओ",
        "<p>Karen Whitfield</p><br/><b>x</b>",
        '{"a":[{"b":{"c":"Karen Whitfield"}}],"d":"{}{}[[]]"}',
        "\ufeffKaren Whitfield",
    ],
)
def test_words_of_every_alphabet_and_markup_are_read(text: str) -> None:
    for code in ("base64", "base64 for URLs", "base64 of gzip", "hex", "decimal"):
        assert [run.text for run in runs_of(f"see {CODES[code](text.encode())} there")][:1] == [text.lstrip("\ufeff")]


def test_words_of_other_alphabets_in_utf_16() -> None:
    coded = CODES["base64 of UTF-16"]("Позвоните Ивану Петрову по поводу счёта".encode())
    assert [run.text for run in runs_of(coded)] == ["Позвоните Ивану Петрову по поводу счёта"]


def test_random_bytes_are_no_text_of_any_alphabet() -> None:
    dice = random.Random(7)
    raws = [dice.randbytes(dice.choice((12, 16, 20, 24, 32, 64))) for _ in range(3_000)]
    assert sum(1 for raw in raws for code in ("base64", "hex") if list(runs_of(CODES[code](raw)))) <= 3


@pytest.mark.parametrize("before", range(5))
@pytest.mark.parametrize("code", ["base64", "base64 for URLs", "base32", "hex"])
def test_a_code_of_many_pieces_is_read_in_all_of_them(code: str, before: int) -> None:
    """However long it is, and wherever in the text it begins."""
    filler = "Съешь же ещё этих мягких французских булок. " * 20
    said = "".join(f"{filler}{NAME} {number}. " for number in range(40))
    coded = CODES[code](said.encode())
    text = f"{'x' * before} {coded}."
    found = Chain({"names": Names()}).find([text], Profile(engines=("names",)))[0]
    left = "".join(text[one.end : other.start] for one, other in itertools.pairwise(found))
    assert found[0].start == before + 1
    assert found[-1].end >= len(text) - 3
    assert left.strip("=") == ""


@pytest.mark.parametrize(
    "text", ["1x00 11 22 33 44 55 66 77", "ax0011223344556677", "\u0661 \u0662 \u0663 \u0664 \u0665 \u0666 \u0667"]
)
def test_what_only_looks_coded_stops_nothing(text: str) -> None:
    assert list(runs_of(text)) == []
