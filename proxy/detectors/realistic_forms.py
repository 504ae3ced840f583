"""Numbers and addresses of the same form as an original, from ranges that are nobody's. Pure.

Each function takes an original and a `Draw`, and gives None for what is not written as expected: a token stands for it
then. Results are ASCII without quotes and escapes, so that they look the same in JSON, HTML and Markdown.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

_BASE32: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_CARDS: Final = {"34": "378282", "37": "378282", "2": "555555", "4": "400000", "5": "555555", "6": "601111"}
"""By how a card number begins: the beginning of the test cards of its brand."""
_CARD: Final = re.compile(r"\d(?:[ -]?\d){12,18}")
_SSN: Final = re.compile(r"\d{3}[- ]?\d{2}[- ]?\d{4}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,40}")
_PHONE: Final = re.compile(r"\+?[\d() .\-]{7,24}")
_URL: Final = re.compile(r"(https?)://[^\s<>\"']+", re.IGNORECASE)
_AREAS: Final = (
    "202 206 212 213 214 215 216 217 301 303 305 310 312 313 314 315 317 319 402 404 406 408 410 412 414 415 501 502 "
    "503 504 505 507 512 513 515 601 602 603 605 608 612 614 615 617 619 701 702 703 704 713 716 717 718 801 802 803 "
    "804 808 812 816 901 904 907 912 916 918"
).split()
"""Area codes: in each of them 555-0100 to 555-0199 are kept for fiction."""
_FICTION: Final = {
    "44": (("7700900", 3), ("2079460", 3), ("1134960", 3), ("1214960", 3)),
    "49": (("3023125", 3), ("6990009", 3), ("4066969", 3), ("8999998", 3)),
    "33": (("19900", 4), ("26191", 4), ("35301", 4), ("63998", 4)),
    "61": (("25550", 4), ("35550", 4), ("75550", 4), ("85550", 4)),
}
"""Numbers that regulators keep for fiction, by country: how the national number begins, and how many digits follow."""
_NETWORKS: Final = ("192.0.2.", "198.51.100.", "203.0.113.")


@dataclass(slots=True)
class Draw:
    """Numbers from a digest, one after another."""

    number: int

    @classmethod
    def of(cls, digest: bytes) -> Draw:
        """Numbers from this digest; 32 bytes are enough for every form."""
        return cls(int.from_bytes(digest, "big"))

    def below(self, limit: int) -> int:
        """The next number from 0 to `limit` - 1."""
        self.number, drawn = divmod(self.number, limit)
        return drawn

    def digits(self, count: int) -> str:
        """That many digits."""
        return f"{self.below(10**count):0{count}d}"


def card(original: str, draw: Draw) -> str | None:
    """A number that passes Luhn's check in the range of test cards of the same brand, as long and grouped alike."""
    if not _CARD.fullmatch(original):
        return None
    digits = re.sub(r"\D", "", original)
    start = _CARDS.get(digits[:2]) or _CARDS.get(digits[0], "400000")
    body = start + draw.digits(len(digits) - len(start) - 1)
    return _in_form(original, body + _luhn(body))


def _luhn(body: str) -> str:
    total = 0
    for place, letter in enumerate(reversed(body)):
        doubled = int(letter) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of its digits
    return str(-total % 10)


def iban(original: str, draw: Draw) -> str | None:
    """A number with the right check digits, of the same country and length, of a bank code of zeros or X."""
    compact = original.replace(" ", "")
    if not _IBAN.fullmatch(original) or not 15 <= len(compact) <= 34:  # noqa: PLR2004 - the standard's lengths
        return None
    bank = "".join("0" if letter.isdigit() else "X" for letter in compact[4:8])
    rest = "".join(draw.digits(1) if letter.isdigit() else chr(65 + draw.below(26)) for letter in compact[8:])
    number = "".join(str(int(letter, 36)) for letter in f"{bank}{rest}{compact[:2]}00")
    return _in_form(original, f"{compact[:2]}{98 - int(number) % 97:02d}{bank}{rest}")


def ssn(original: str, draw: Draw) -> str | None:
    """A number of the areas 000 and 666, which are never given to anybody."""
    if not _SSN.fullmatch(original):
        return None
    area = ("000", "666")[draw.below(2)]
    return _in_form(original, f"{area}{1 + draw.below(99):02d}{1 + draw.below(9999):04d}")


def phone(original: str, draw: Draw) -> str | None:
    """A number that its country's regulator keeps for fiction; None for countries of which none is known here."""
    if not _PHONE.fullmatch(original):
        return None
    digits = re.sub(r"\D", "", original)
    if not original.startswith("+") or digits.startswith("1"):
        bare = digits.removeprefix("1") if len(digits) == 11 else digits  # noqa: PLR2004 - with the country
        if len(bare) != 10:  # noqa: PLR2004 - of the North American plan
            return None
        made = f"{_AREAS[draw.below(len(_AREAS))]}55501{draw.digits(2)}"
        return _in_form(original, digits[: len(digits) - 10] + made)
    country = digits[:2]
    if country not in _FICTION:
        return None
    start, count = _FICTION[country][draw.below(4)]
    made = country + start + draw.digits(count)
    return _in_form(original, made) if len(made) == len(digits) else f"+{country} {made[2:]}"


def ip(original: str, draw: Draw) -> str | None:
    """An address of the networks for documentation."""
    try:
        version = ipaddress.ip_address(original).version
    except ValueError:
        return None
    if version == 4:  # noqa: PLR2004 - IPv4
        return _NETWORKS[draw.below(3)] + str(1 + draw.below(254))
    return "2001:db8:" + ":".join(f"{4096 + draw.below(61440):x}" for _ in range(6))


def url(original: str, draw: Draw) -> str | None:
    """An address of example.com, .org or .net with a path of its own."""
    match = _URL.fullmatch(original)
    if match is None:
        return None
    path = "".join(_BASE32[draw.below(len(_BASE32))] for _ in range(10))
    return f"{match.group(1).lower()}://www.example.{('com', 'org', 'net')[draw.below(3)]}/{path}"


def _in_form(original: str, letters: str) -> str:
    """`letters` in the places of the original's letters and digits; what separates them stays."""
    left = iter(letters)
    return "".join(next(left) if char.isalnum() else char for char in original)
