"""What `mask` leaves of each entity type: one table, from which the docs are generated. Pure.

An original is masked only when it is written as people write it. What is encoded (a base64 run, an escaped address)
is redacted: its last four letters are not the last four digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_KEPT: Final = 4
_LEAST: Final = 8
"""Places that a number must have: of eight, four hidden ones are left."""
_HIDDEN: Final = "*xX•"
_DIGITS: Final = re.compile(r"[\d*xX•+(][\d*xX• ()./\-–_]{6,40}")  # noqa: RUF001 - the dash that people type
_LETTERED: Final = re.compile(r"(?:[A-Z]{1,4}[ -]?)?[\d*][\d* ./\-]{5,30}|[A-Z]{2}[\d*]{2}[A-Z\d* ]{8,38}")
_MAIL: Final = re.compile(r"([\w.+'*-]+)@([\w-]+(?:\.[\w-]+)+)")
_WORD: Final = re.compile(r"[^\W\d_][\w'’.-]*")  # noqa: RUF001 - the apostrophe that people type
_HOST: Final = re.compile(r"(https?://[\w-]+(?:\.[\w-]+)+)(?::\d+)?(?:[/?#].*)?", re.IGNORECASE | re.DOTALL)
_SHORT_NAME: Final = 2


@dataclass(frozen=True, slots=True)
class Masked:
    """How one entity type is masked; `make(original)` is None for what is not written as expected."""

    make: Callable[[str], str | None]
    meaning: str


def _last_four(original: str, shape: re.Pattern[str]) -> str | None:
    """All places hidden but the last four; separators stay."""
    if not shape.fullmatch(original):
        return None
    places = [at for at, char in enumerate(original) if char.isalnum() or char in _HIDDEN]
    hidden = set(places[:-_KEPT] if len(places) >= _LEAST else places)
    return "".join("*" if at in hidden or char in _HIDDEN else char for at, char in enumerate(original))


def _of_digits(original: str) -> str | None:
    return _last_four(original, _DIGITS)


def _of_account(original: str) -> str | None:
    return _last_four(original, _LETTERED)


def _mail(original: str) -> str | None:
    match = _MAIL.fullmatch(original)
    if match is None:
        return None
    first = match.group(1)[0] if len(match.group(1)) > _SHORT_NAME else "*"
    return f"{first}***@{match.group(2)}"


def _initials(original: str) -> str | None:
    words = _WORD.findall(original)
    return " ".join(f"{word[0].upper()}." for word in words[:4]) or None


def _host(original: str) -> str | None:
    match = _HOST.fullmatch(original)
    return f"{match.group(1)}/***" if match else None


MASKS: Final = {
    "CREDIT_CARD": Masked(_of_digits, "the last four digits stay"),
    "PHONE_NUMBER": Masked(_of_digits, "the last four digits stay"),
    "ACCOUNT_NUMBER": Masked(_of_account, "the last four digits stay"),
    "US_BANK_NUMBER": Masked(_of_account, "the last four digits stay"),
    "IBAN_CODE": Masked(_of_account, "the last four characters stay"),
    "EMAIL_ADDRESS": Masked(_mail, "the first letter and the domain stay"),
    "PERSON": Masked(_initials, "the initials stay"),
    "URL": Masked(_host, "the host stays"),
}
"""Entity type -> what stays of it; every other type, and what is not written as expected, is redacted."""


def masked(entity_type: str, original: str) -> str | None:
    """The masked original; None when it has to be redacted."""
    mask = MASKS.get(entity_type)
    return mask.make(original) if mask else None
