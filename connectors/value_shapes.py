"""What values look like: patterns with check digits, as shares of a sample. Pure; finds no names and reads no text."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence

_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]{2,}")
_URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+\.\S+", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_PHONE = re.compile(r"\+?[\d(][\d\s().\-/x]{6,22}\d")
_PHONE_SIGNS = re.compile(r"^\+|[\s().\-/]")
_DATE = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}(?:[ T].*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_EXPIRY = re.compile(r"(?:0[1-9]|1[0-2])\s?/\s?(?:\d{2}|20\d{2})")
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_FIRM = re.compile(
    r".*\w.*[\s,](?:gmbh(?: & co\.? kg)?|mbh|ag|kg|kgaa|ohg|ug|e\. ?k\.?|inc|llc|llp|ltd|limited|plc|corp|co|"
    r"corporation|pty|s\.?a\.?s?|s\.?a\.?r\.?l|sarl|s\.?p\.?a|s\.?r\.?l|s\.?l|b\.?v|n\.?v|oyj?|(?-i:AB)|a/s|aps|"
    r"sp\. z o\.o|holding)\.?",
    re.IGNORECASE,
)
_MAX_AGE = 130
_LONGEST_NAME = 80


def is_card(value: str) -> bool:
    """A payment card number: 13 to 19 digits, grouped or not, right by Luhn (ISO/IEC 7812-1)."""
    digits = re.sub(r"[ -]", "", value)
    if not re.fullmatch(r"[2-6]\d{12,18}", digits):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def is_iban(value: str) -> bool:
    """An IBAN by its check digits (ISO 13616, mod 97)."""
    packed = value.replace(" ", "").upper()
    if not _IBAN.fullmatch(packed):
        return False
    turned = packed[4:] + packed[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def is_firm(value: str) -> bool:
    """A firm's name that ends with its legal form."""
    return bool(_FIRM.fullmatch(value.strip()))


def is_vin(value: str) -> bool:
    """A vehicle identification number with its check digit (49 CFR 565.15)."""
    packed = value.upper()
    if not _VIN.fullmatch(packed):
        return False
    total = sum(
        (int(sign) if sign.isdigit() else _VIN_VALUES[sign]) * weight
        for sign, weight in zip(packed, _VIN_WEIGHTS, strict=True)
    )
    return packed[8] == "0123456789X"[total % 11]


def is_ip(value: str) -> bool:
    """An IPv4 or IPv6 address."""
    if not re.fullmatch(r"[0-9A-Fa-f:.]{3,45}", value) or ("." not in value and value.count(":") < 2):  # noqa: PLR2004 - `::`
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def is_phone(value: str) -> bool:
    """Digits with the signs that phone numbers are written with; a bare run of digits is none."""
    digits = sum(sign.isdigit() for sign in value)
    written = bool(_PHONE.fullmatch(value) and _PHONE_SIGNS.search(value))
    return written and 7 <= digits <= 16 and not _DATE.fullmatch(value) and not is_ip(value)  # noqa: PLR2004 - E.164


def _is_wordy(value: str) -> bool:
    """Mostly letters, short, without the signs of addresses and codes: what a name is, in any script."""
    letters = sum(sign.isalpha() or sign in " .'-" for sign in value)
    return 1 <= len(value) <= _LONGEST_NAME and 2 * letters > len(value) and not set(value) & set("@/\\:;!?{}<>=")


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: bool(pattern.fullmatch(value))


ALONE: dict[str, Callable[[str], bool]] = {
    "EMAIL_ADDRESS": _matches(_EMAIL),
    "URL": _matches(_URL),
    "UUID": _matches(_UUID),
    "MAC_ADDRESS": _matches(_MAC),
    "IP_ADDRESS": is_ip,
    "IBAN_CODE": is_iban,
    "CREDIT_CARD": is_card,
    "VIN": is_vin,
    "US_SSN": _matches(_SSN),
    "PHONE_NUMBER": is_phone,
}
"""Shapes that need no name beside them, the surest first."""

_WITH_NAME: dict[str, Callable[[str], bool]] = {
    **ALONE,
    "US_SSN": _matches(re.compile(r"\d{3}-?\d{2}-?\d{4}|\D*\d{4}")),
    "IBAN_CODE": _matches(
        re.compile(rf"(?:{_IBAN.pattern})|[A-Z]{{2}}\d\d(?: ?[A-Z0-9]{{1,4}}){{3,8}}", re.IGNORECASE)
    ),
    "PHONE_NUMBER": lambda value: 5 <= sum(sign.isdigit() for sign in value) <= 16,  # noqa: PLR2004 - E.164
    "CREDIT_CARD": _matches(re.compile(r"[2-6](?:[ -]?\d){12,18}")),
    "CARD_EXPIRY": _matches(re.compile(rf"{_EXPIRY.pattern}|\d{{4}}-\d\d(?:-\d\d)?|\d{{1,4}}")),
    "CARD_SECURITY_CODE": _matches(re.compile(r"\d{3,4}")),
    "URL": _matches(re.compile(rf"(?:{_URL.pattern})|/\S*|\S+\.\S+", re.IGNORECASE)),
    "VIN": _matches(re.compile(r"[A-HJ-NPR-Z0-9]{11,17}", re.IGNORECASE)),
    "PERSON": _is_wordy,
    "LOCATION": _is_wordy,
    "AGE": lambda value: value.isdecimal() and int(value) <= _MAX_AGE,
    "DATE_OF_BIRTH": lambda value: any(sign.isdigit() for sign in value),
    "IP_ADDRESS": lambda value: is_ip(value) or bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+", value)),
    "POSTCODE": lambda value: 3 <= len(value) <= 10 and any(sign.isdigit() for sign in value),  # noqa: PLR2004
}
"""What a column whose name says the type may look like; types that are not here may look like anything."""


def share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    """The share of `values` that fit, 0 to 1; 0 for none."""
    return sum(fits(value) for value in values) / len(values) if values else 0.0


def shape_of(values: Sequence[str], least: float = 0.8) -> tuple[str, float] | None:
    """The entity type that at least `least` of the values have the shape of, and their share."""
    for entity_type, fits in ALONE.items():
        found = share(values, fits)
        if found >= least:
            return entity_type, found
    return None


def fits_name(values: Sequence[str], entity_type: str) -> float:
    """The share of values that a column named like `entity_type` may hold; 1 where anything may be."""
    fits = _WITH_NAME.get(entity_type)
    return 1.0 if fits is None else share(values, fits)
