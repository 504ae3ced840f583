"""Other digits of the same phone number: with and without country code, trunk zero and exit code. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NO_DIGIT: Final = re.compile(r"\D+")
_LONG_CODES: Final = frozenset(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 "
    "91 92 93 94 95 98".split()
)
"""Country codes of two digits (ITU-T E.164, list of assigned codes); 1 and 7 have one, all others three."""
_NATIONAL_DIGITS: Final = 7
_NANP_DIGITS: Final = 10


def spellings(number: str) -> Iterator[str]:
    """Digits of the other forms of `number`, each at least seven digits long; the form itself is not among them."""
    digits = _NO_DIGIT.sub("", number)
    if digits.startswith("00"):
        digits = digits[2:]
        yield from _international(digits)
        yield digits
    elif number.lstrip(" (").startswith("+"):
        yield from _international(digits)
    elif digits.startswith("0") and len(digits) > _NATIONAL_DIGITS:
        yield digits[1:]
    elif len(digits) == _NANP_DIGITS:
        yield "1" + digits
    elif len(digits) == _NANP_DIGITS + 1 and digits[0] == "1":
        yield digits[1:]


def _international(digits: str) -> Iterator[str]:
    """Forms of a number given with its country code."""
    length = 1 if digits[:1] in {"1", "7"} else 2 if digits[:2] in _LONG_CODES else 3
    national = digits[length:]
    if len(national) < _NATIONAL_DIGITS:
        return
    yield national
    yield f"00{digits}"
    if length > 1:
        yield f"0{national}"
        yield f"{digits[:length]}0{national}"
