"""National identifiers by their published check-digit rules, made up, computed here without any library."""

# ruff: noqa: E501 - one maker a line reads better than a broken one
from __future__ import annotations

from random import Random

from tests.detection.values import LETTERS, digits, luhn_digit, nonzero


def _weighted(body: str, weights: tuple[int, ...]) -> int:
    return sum(int(char) * weight for char, weight in zip(body, weights, strict=True))


def de_tax(rng: Random) -> str:
    """Ten digits of which exactly one occurs twice, then ISO 7064 mod 11,10."""
    order = list("0123456789")
    rng.shuffle(order)
    if order[0] == "0":
        order[0], order[1] = order[1], order[0]
    body = order[:10]
    body[9] = body[rng.randrange(0, 8)]
    rest = 10
    for char in body:
        total = (int(char) + rest) % 10 or 10
        rest = total * 2 % 11
    return "".join(body) + str((11 - rest) % 10)


def fr_nir(rng: Random) -> str:
    body = f"{rng.choice('12')}{digits(rng, 2)}{rng.randrange(1, 13):02d}{rng.randrange(1, 96):02d}{rng.randrange(1, 900):03d}{rng.randrange(1, 999):03d}"
    while body[5:7] == "20":
        return fr_nir(rng)
    key = f"{97 - int(body) % 97:02d}"
    if rng.random() < 0.5:
        return body + key
    return " ".join((body[0], body[1:3], body[3:5], body[5:7], body[7:10], body[10:13], key))


def es_nif(rng: Random) -> str:
    number = rng.randrange(1_000_000, 99_999_999)
    return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def it_fiscal(rng: Random) -> str:
    consonants = "BCDFGLMNPRSTV"
    name = "".join(rng.choice(consonants) for _ in range(6))
    body = f"{name}{rng.randrange(30, 99):02d}{rng.choice('ABCDEHLMPRST')}{rng.randrange(1, 29):02d}{rng.choice('ABCDEFGHIL')}{rng.randrange(100, 999)}"
    odd = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))
    odd |= dict(
        zip(
            LETTERS,
            (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
            strict=True,
        )
    )
    even = {char: int(char) if char.isdigit() else LETTERS.index(char) for char in "0123456789" + LETTERS}
    total = sum(odd[char] if at % 2 == 0 else even[char] for at, char in enumerate(body))
    return body + LETTERS[total % 26]


def nl_bsn(rng: Random) -> str:
    while True:
        body = nonzero(rng, 8)
        check = _weighted(body, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
        if check < 10:
            return body + str(check)


def pl_pesel(rng: Random) -> str:
    year, month, day = rng.randrange(40, 100), rng.randrange(1, 13), rng.randrange(1, 29)
    body = f"{year:02d}{month:02d}{day:02d}{digits(rng, 4)}"
    return body + str(-_weighted(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10)


def in_aadhaar(rng: Random) -> str:
    """Verhoeff's check digit from the dihedral group D5."""
    body = rng.choice("23456789") + digits(rng, 10)
    check = 0
    for at, char in enumerate(reversed(body)):
        value = int(char)
        for _ in range((at + 1) % 8):
            value = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[value]
        check = _dihedral(check, value)
    inverse = next(number for number in range(10) if _dihedral(check, number) == 0)
    number = body + str(inverse)
    return f"{number[:4]} {number[4:8]} {number[8:]}" if number != number[::-1] else in_aadhaar(rng)


def _dihedral(left: int, right: int) -> int:
    if left < 5:
        return (left + right) % 5 if right < 5 else 5 + (left + right) % 5
    return 5 + (left - right) % 5 if right < 5 else (left - right) % 5


def in_pan(rng: Random) -> str:
    letters = "".join(rng.choice(LETTERS) for _ in range(3))
    return f"{letters}{rng.choice('PCHFAT')}{rng.choice(LETTERS)}{rng.randrange(1, 10000):04d}{rng.choice(LETTERS)}"


def br_cpf(rng: Random) -> str:
    body = digits(rng, 9)
    for size in (10, 11):
        rest = _weighted(body, tuple(range(size, 1, -1))) * 10 % 11 % 10
        body += str(rest)
    if len(set(body)) == 1:
        return br_cpf(rng)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def ca_sin(rng: Random) -> str:
    body = rng.choice("1234567") + digits(rng, 7)
    number = body + luhn_digit(body)
    separator = rng.choice(" -")
    return separator.join((number[:3], number[3:6], number[6:]))


def au_tfn(rng: Random) -> str:
    while True:
        body = nonzero(rng, 8)
        partial = _weighted(body, (1, 4, 3, 7, 5, 8, 6, 9))
        for last in range(10):
            if (partial + last * 10) % 11 == 0:
                number = body + str(last)
                return f"{number[:3]} {number[3:6]} {number[6:]}"


def uk_nhs(rng: Random) -> str:
    while True:
        body = nonzero(rng, 9)
        check = 11 - _weighted(body, tuple(range(10, 1, -1))) % 11
        if check != 10:
            number = body + str(check % 11)
            return f"{number[:3]} {number[3:6]} {number[6:]}"


def uk_nino(rng: Random) -> str:
    first = rng.choice("ABCEHJLMPRSTWXY") + rng.choice("ABCEHJLMPRSTWXYZ")
    if first in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
        return uk_nino(rng)
    return f"{first} {digits(rng, 2)} {digits(rng, 2)} {digits(rng, 2)} {rng.choice('ABCD')}"


NATIONAL = {
    "Steuer-ID": de_tax,
    "numéro de sécurité sociale": fr_nir,
    "DNI": es_nif,
    "codice fiscale": it_fiscal,
    "BSN": nl_bsn,
    "PESEL": pl_pesel,
    "Aadhaar": in_aadhaar,
    "PAN": in_pan,
    "CPF": br_cpf,
    "SIN": ca_sin,
    "TFN": au_tfn,
    "NHS number": uk_nhs,
    "National Insurance number": uk_nino,
}
"""Label as people write it -> maker."""
