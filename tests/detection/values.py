"""Made-up values of each structured type, built from their published definitions, checksums computed here.

Nothing is taken from the recognisers: a value maker and a recogniser that share a mistake would prove nothing.
"""

# ruff: noqa: E501 - one maker a line reads better than a broken one
from __future__ import annotations

import hashlib
import string
from random import Random

LETTERS = string.ascii_uppercase
FIRST = "anna ben chloé dario elif farid greta hugo ines jonas karla liam mei nora omar paula quentin rosa sven tara".split()
LAST = "archer bianchi costa dubois eriksen fischer garcia haddad ivanova jansen kowalski lopez meyer novak okafor petit".split()
WORDS = (
    "north river cedar quartz lumen harbor violet summit pixel orchard maple cobalt willow ember falcon delta".split()
)


def digits(rng: Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def nonzero(rng: Random, count: int) -> str:
    return str(rng.randrange(1, 10)) + digits(rng, count - 1)


def grouped(rng: Random, value: str, sizes: tuple[int, ...], separators: str = " -") -> str:
    """`value` cut into groups with one separator, or left whole."""
    if rng.random() < 0.4:
        return value
    separator = rng.choice(separators)
    parts, at = [], 0
    for size in sizes:
        parts.append(value[at : at + size])
        at += size
    return separator.join(part for part in parts if part)


def email(rng: Random) -> str:
    first, last, word = rng.choice(FIRST), rng.choice(LAST), rng.choice(WORDS)
    local = rng.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{last}_{digits(rng, 2)}",
            f"{first}+{word}",
            f"{first}-{last}",
            f"{word}{digits(rng, 3)}",
        )
    )
    host = rng.choice((word, f"mail.{word}", f"{word}-{rng.choice(WORDS)}", f"{word}{digits(rng, 1)}"))
    end = rng.choice(
        ("com", "org", "net", "de", "fr", "co.uk", "io", "com.br", "it", "nl", "pl", "edu", "example", "health")
    )
    value = f"{local}@{host}.{end}"
    return value.upper() if rng.random() < 0.05 else value


def luhn_digit(body: str) -> str:
    total = 0
    for at, char in enumerate(reversed(body)):
        number = int(char) * (2 if at % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


CARD_PREFIXES = (("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("2345", 16), ("34", 15), ("37", 15), ("6011", 16), ("65", 16), ("3530", 16), ("36", 14))  # fmt: skip


def card(rng: Random) -> str:
    prefix, length = rng.choice(CARD_PREFIXES)
    body = prefix + digits(rng, length - len(prefix) - 1)
    number = body + luhn_digit(body)
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[length]
    return grouped(rng, number, sizes)


IBAN_SHAPES = {"DE": "18n", "FR": "23n", "GB": "4a14n", "ES": "20n", "IT": "1a22n", "NL": "4a10n", "PL": "24n", "BE": "12n", "AT": "16n", "CH": "17n", "PT": "21n", "SE": "20n", "IE": "4a14n", "NO": "11n", "FI": "14n", "DK": "14n"}  # fmt: skip


def iban(rng: Random) -> str:
    country, shape = rng.choice(sorted(IBAN_SHAPES.items()))
    letters, _, rest = shape.rpartition("a") if "a" in shape else ("0", "", shape)
    body = "".join(rng.choice(LETTERS) for _ in range(int(letters or 0))) + digits(rng, int(rest[:-1]))
    check = 98 - int("".join(str(int(char, 36)) for char in body + country + "00")) % 97
    value = f"{country}{check:02d}{body}"
    return grouped(rng, value, (4,) * 9, " ")


def ssn(rng: Random) -> str:
    area = rng.choice([number for number in range(1, 900) if number != 666])
    return f"{area:03d}-{rng.randrange(1, 100):02d}-{rng.randrange(1, 10000):04d}"


def phone(rng: Random) -> str:
    north = f"{rng.choice('23456789')}{rng.choice('012345678')}{rng.choice('23456789')}"
    exchange, line = f"{rng.choice('23456789')}{digits(rng, 2)}", digits(rng, 4)
    forms = (
        lambda: f"({rng.choice(AREAS)}) {exchange}-{line}",
        lambda: f"{rng.choice(AREAS)}-{exchange}-{line}",
        lambda: f"{rng.choice(AREAS)}.{exchange}.{line}",
        lambda: f"+1 {rng.choice(AREAS)} {exchange} {line}",
        lambda: f"+1-{rng.choice(AREAS)}-{exchange}-{line} x{digits(rng, 3)}",
        lambda: f"+44 7{rng.choice('4578')}{digits(rng, 2)} {digits(rng, 6)}".replace("+44 75", "+44 74"),
        lambda: f"020 7{digits(rng, 3)} {digits(rng, 4)}",
        lambda: f"+49 30 {nonzero(rng, 8)}",
        lambda: f"0171 {nonzero(rng, 7)}",
        lambda: f"+33 6 {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)}",
        lambda: f"06 {rng.choice('1234567')}{digits(rng, 1)} {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)}",
        lambda: f"+34 6{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 3)}",
        lambda: f"+39 347 {digits(rng, 7)}",
        lambda: f"+31 6 {nonzero(rng, 8)}",
        lambda: f"+48 60{digits(rng, 1)} {digits(rng, 3)} {digits(rng, 3)}",
        lambda: f"+91 98{digits(rng, 3)} {digits(rng, 5)}",
        lambda: f"+55 11 9{rng.choice('6789')}{digits(rng, 3)}-{digits(rng, 4)}",
        lambda: f"+61 4{digits(rng, 2)} {digits(rng, 3)} {digits(rng, 3)}",
    )
    assert north  # drawn for a stable stream of numbers
    return rng.choice(forms)()


AREAS = "202 212 213 303 305 312 404 415 503 512 602 617 702 713 718 808 916".split()


def ip(rng: Random) -> str:
    if rng.random() < 0.3:
        groups = [f"{rng.randrange(1, 65536):x}" for _ in range(8)]
        return rng.choice((":".join(groups), f"2001:db8:{groups[0]}::{groups[1]}", f"fe80::{groups[2]}:{groups[3]}"))
    return ".".join(str(rng.randrange(low, 256)) for low in (11, 0, 0, 1)).replace("127.", "128.", 1)


def mac(rng: Random) -> str:
    separator = rng.choice(":-")
    pairs = [f"{rng.randrange(256):02x}" for _ in range(5)] + [f"{rng.randrange(16, 256):02x}"]
    value = separator.join(pairs)
    return value.upper() if rng.random() < 0.5 else value


def url(rng: Random) -> str:
    host = f"{rng.choice(WORDS)}{rng.choice(WORDS)}.{rng.choice(('com', 'org', 'net', 'de', 'io', 'co.uk', 'health', 'fr'))}"
    path = rng.choice(
        (
            "",
            f"/{rng.choice(WORDS)}",
            f"/u/{rng.choice(FIRST).replace('é', 'e')}?tab={rng.choice(WORDS)}",
            f"/{rng.choice(WORDS)}/{digits(rng, 4)}.html",
            f"/#{rng.choice(WORDS)}",
        )
    )
    return f"{rng.choice(('https://', 'http://', 'https://www.'))}{host}{path}"


def api_key(rng: Random) -> str:
    mixed = string.ascii_letters + string.digits

    def text(count: int, letters: str = mixed) -> str:
        return "".join(rng.choice(letters) for _ in range(count - 2)) + rng.choice(string.digits) + rng.choice("abcdef")

    return rng.choice(
        (
            lambda: f"sk-{text(40)}",
            lambda: f"sk-proj-{text(44)}",
            lambda: f"ghp_{text(36)}",
            lambda: f"xoxb-{digits(rng, 12)}-{text(24)}",
            lambda: "AKIA" + "".join(rng.choice(LETTERS + "234567") for _ in range(16)),
            lambda: f"AIza{text(35)}",
            lambda: f"glpat-{text(20)}",
            lambda: f"sk_live_{text(24)}",
            lambda: f"hf_{text(34)}",
            lambda: f"eyJ{text(30)}.eyJ{text(60)}.{text(43)}",
        )
    )()


def password(rng: Random) -> str:
    word = rng.choice(WORDS)
    return rng.choice(
        (
            f"{word.title()}{rng.choice('!#$%*')}{digits(rng, 3)}",
            f"{word[:4]}{rng.choice('@!#')}{digits(rng, 2)}{rng.choice(LETTERS)}x",
            f"{digits(rng, 2)}{word.upper()}{rng.choice('!?$&')}z",
            f"{word}{digits(rng, 4)}",
        )
    )


def identifier(rng: Random) -> str:
    pair = rng.choice(LETTERS) + rng.choice(LETTERS)
    return rng.choice(
        (
            nonzero(rng, 7),
            nonzero(rng, 9),
            f"{pair}-{digits(rng, 6)}",
            f"{pair}{digits(rng, 8)}",
            f"{digits(rng, 4)}-{digits(rng, 4)}-{pair}",
            f"{digits(rng, 3)}/{digits(rng, 5)}",
        )
    )


def birth_date(rng: Random) -> str:
    year, month, day = rng.randrange(1931, 2015), rng.randrange(1, 13), rng.randrange(1, 29)
    english = ("January", "Feb", "March", "Apr", "May", "June", "July", "Aug", "September", "Oct", "November", "Dec")[
        month - 1
    ]
    return rng.choice(
        (
            f"{year}-{month:02d}-{day:02d}",
            f"{month}/{day}/{year}",
            f"{day:02d}.{month:02d}.{year}",
            f"{day} {english} {year}",
            f"{english} {day}, {year}",
            f"{day:02d}/{month:02d}/{year % 100:02d}",
            f"{day:02d}-{english[:3]}-{year}",
        )
    )


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def wallet(rng: Random) -> str:
    if rng.random() < 0.4:
        return "0x" + "".join(rng.choice("0123456789abcdef") for _ in range(40))
    data = bytes([rng.choice((0, 5))]) + bytes(rng.randrange(256) for _ in range(20))
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = BASE58[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def vin(rng: Random) -> str:
    place = [rng.choice(VIN_LETTERS) for _ in range(16)]
    place[15] = rng.choice(string.digits)
    place[0] = rng.choice("1245JKWS")
    place.insert(8, "0")
    value = {
        char: number
        for number, group in enumerate(("", "AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ"))
        for char in group
    }
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    total = sum(
        (int(char) if char.isdigit() else value[char]) * weight for char, weight in zip(place, weights, strict=True)
    )
    place[8] = "X" if total % 11 == 10 else str(total % 11)
    return "".join(place)


def imei(rng: Random) -> str:
    body = rng.choice(("35", "86")) + digits(rng, 12)
    return body + luhn_digit(body)
