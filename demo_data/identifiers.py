"""Numbers that look real and can belong to nobody: each is well formed (check digits too) and from a reserved range.

Sources: phone numbers set aside for fiction by NANPA (555-0100 to 555-0199), Ofcom, the Bundesnetzagentur, Arcep,
ComReg, ACMA and PTS; IP addresses of RFC 5737 and RFC 3849; domains of RFC 2606; cards from the prefixes that payment
processors document for tests; social security numbers of areas 900 to 999 with groups 01 to 49, which neither the SSA
(areas end at 899) nor the IRS (its numbers use groups from 50) has issued; IBANs whose bank code no bank holds.
"""

from __future__ import annotations

import string
from itertools import pairwise

from demo_data.seeding import Stream

CARD_PREFIXES = {
    "visa": ("424242", "400000", "401288", "400005"),
    "mastercard": ("555555", "510510", "520082", "222300"),
    "amex": ("378282", "371449"),
    "discover": ("601111",),
}
_IBAN_BANKS = {
    "DE": "00000000##########",
    "GB": "TEST000000########",
    "FR": "99999#####00#########00",
    "NL": "TEST##########",
    "AT": "99999###########",
    "IE": "TEST990000########",
}
_VIN_LETTERS = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PLATES = {"US": "@@@-####", "CA": "@@@@ ###", "GB": "@@## @@@", "DE": "B-@@ ####", "FR": "@@-###-@@"}
_US_AREAS = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 225 228 229 231 234 239 240 248 251 252 253 "
    "254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 "
    "323 325 330 334 336 337 339 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419"
).split()


def luhn_digit(number: str) -> str:
    """The check digit that makes `number` + digit pass the Luhn test (ISO/IEC 7812-1)."""
    total = 0
    for position, character in enumerate(reversed(number)):
        digit = int(character) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit  # noqa: PLR2004 - two-digit products count by their digit sum
    return str(-total % 10)


def card_number(stream: Stream) -> str:
    """A card number of a test prefix with a valid check digit, digits only."""
    brand = stream.weighted({"visa": 50, "mastercard": 35, "amex": 9, "discover": 6})
    prefix = stream.choose(CARD_PREFIXES[brand])
    body = stream.digits(prefix + "#" * ((15 if brand == "amex" else 16) - 1 - len(prefix)))
    return body + luhn_digit(body)


def grouped_card(number: str, separator: str) -> str:
    """A card number as it is embossed: groups of four, or 4-6-5 with fifteen digits."""
    cuts = (0, 4, 10, 15) if len(number) == 15 else (0, 4, 8, 12, 16)  # noqa: PLR2004 - American Express
    return separator.join(number[start:end] for start, end in pairwise(cuts))


def iban(stream: Stream, country: str) -> str:
    """An IBAN with valid check digits (ISO 13616) and a bank code that no bank holds; German where none is listed."""
    country = country if country in _IBAN_BANKS else "DE"
    account = stream.digits(_IBAN_BANKS[country])
    if country == "FR":
        account = account[:-2] + _french_key(account[:-2])
    spelled = "".join(str(int(character, 36)) for character in account + country + "00")
    return f"{country}{98 - int(spelled) % 97:02d}{account}"


def _french_key(account: str) -> str:
    bank, branch, number = int(account[:5]), int(account[5:10]), int(account[10:])
    return f"{97 - (89 * bank + 15 * branch + 3 * number) % 97:02d}"


def grouped_iban(value: str) -> str:
    """An IBAN in groups of four, as on paper."""
    return " ".join(value[start : start + 4] for start in range(0, len(value), 4))


def us_ssn(stream: Stream) -> str:
    """A social security number that was never issued."""
    return f"9{stream.between(10, 99)}-{stream.between(1, 49):02d}-{stream.between(1, 9999):04d}"


def phone(stream: Stream, country: str, local: str) -> str:
    """A fictional phone number in international form; `local` is the area's beginning from the places list."""
    if country in {"US", "CA"}:
        area = local if stream.chance(0.3) else stream.choose(_US_AREAS)
        return f"+1 {area}-555-01{stream.between(0, 99):02d}"
    patterns = {"GB": "+44 {} 0###", "DE": "+49 {}###", "FR": "+33 {} ## ##", "IE": "+353 {}# ####"}
    patterns |= {"AU": "+61 {} ####", "SE": "+46 {} ##" if len(local.replace(" ", "")) < 7 else "+46 {}##"}  # noqa: PLR2004 - short areas have longer numbers
    return stream.digits(patterns[country].format(local))


def spoken_phone(stream: Stream, number: str) -> str:
    """The same phone number as people write it in a hurry."""
    if number.startswith("+1 "):
        area, rest = number[3:6], number[7:]
        forms = (f"({area}) {rest}", f"{area}-{rest}", f"{area}.{rest.replace('-', '.')}", number, f"{area} {rest}")
        return stream.choose(forms)
    country, rest = number.split(" ", 1)
    return stream.choose((number, f"0{rest}", f"{country} (0){rest}", number))


def ipv4(stream: Stream) -> str:
    """An address of the documentation networks."""
    return f"{stream.choose(('192.0.2', '198.51.100', '203.0.113'))}.{stream.between(1, 254)}"


def ipv6(stream: Stream) -> str:
    """An address of the documentation prefix 2001:db8::/32."""
    return f"2001:db8:{stream.between(1, 65535):x}:{stream.between(1, 65535):x}::{stream.between(1, 65535):x}"


def mac(stream: Stream) -> str:
    """A hardware address of the documentation range (RFC 7042)."""
    return f"00:00:5e:00:53:{stream.between(0, 255):02x}"


def vin(stream: Stream) -> str:
    """A vehicle identification number with a valid check digit (49 CFR 565) and a maker code that nobody holds."""
    letters = string.digits + "".join(_VIN_LETTERS)
    body = [
        "1",
        "Z",
        "9",
        *(stream.choose(letters) for _ in range(5)),
        "0",
        *(stream.choose(letters) for _ in range(3)),
    ]
    body += list(stream.digits("#####"))
    total = sum(
        weight * (int(character) if character.isdigit() else _VIN_LETTERS[character])
        for weight, character in zip(_VIN_WEIGHTS, body, strict=True)
    )
    body[8] = "X" if total % 11 == 10 else str(total % 11)  # noqa: PLR2004 - the rule's own modulus
    return "".join(body)


def plate(stream: Stream, country: str) -> str:
    """A licence plate in the form of the country; never one that reads like a card's security code."""
    while True:
        candidate = stream.digits(_PLATES.get(country, "@@@ ###"))
        if not candidate.startswith(("CVV", "CVC")):
            return candidate


class Distinct:
    """Draws values until one is new, so that no two people share a number."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def accept(self, value: str) -> bool:
        """True (once) for a value that was not accepted before."""
        if value in self._seen:
            return False
        self._seen.add(value)
        return True
