"""What `generalize` makes of each entity type: one table, from which the docs are generated. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from proxy.detectors.operators_dates import age_class, part_of_date, year_of
from proxy.detectors.operators_places import state_or_country, zip3

_NUMBER: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_MOST_DIGITS: Final = 9
"""A longer number counts nothing: it names somebody."""
_IPV4: Final = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3})\.(?:\d{1,3}|\*)")
_DEGREES: Final = re.compile(r"(-?\d{1,3})(?:\.\d+)?\s*,\s*(-?\d{1,3})(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Coarser:
    """How one entity type becomes coarser. `make(original, this year)` is None where nothing coarse is certain."""

    make: Callable[[str, int], str | None]
    meaning: str


def _number(original: str, _: int) -> str | None:
    """The range between two numbers of one significant digit: `48,250` is in `40,000 to 50,000`."""
    match = _NUMBER.fullmatch(original.strip())
    whole = match.group(1).replace(",", "") if match else ""
    if not whole or len(whole) > _MOST_DIGITS:
        return None
    step = 10 ** (len(str(int(whole))) - 1)
    low = int(whole) // step * step
    # Its own ends stay, so that a range which comes back in the next request does not become ranges.
    return original.strip() if str(low) == whole else f"{low:,} to {low + step:,}"


def _network(original: str, _: int) -> str | None:
    match = _IPV4.fullmatch(original.strip())
    return f"{match.group(1)}.*" if match else None


def _degrees(original: str, _: int) -> str | None:
    match = _DEGREES.fullmatch(original.strip())
    return f"{match.group(1)}, {match.group(2)}" if match else None


COARSER: Final = {
    "DATE_TIME": Coarser(year_of, "the year"),
    "DATE_OF_BIRTH": Coarser(
        lambda original, this_year: year_of(original, this_year, birth=True),
        "the year; `before` and a year when the person may be over 89",
    ),
    "DATE_PART": Coarser(part_of_date, "a year stays, a time of day becomes its hour"),
    "AGE": Coarser(lambda original, _: age_class(original), "up to 89 it stays, over 89 it becomes `90+`"),
    "POSTCODE": Coarser(
        lambda original, _: zip3(original),
        "the first three digits of five or nine; `000` for ZIP areas of 20,000 people or fewer",
    ),
    "LOCATION": Coarser(
        lambda original, _: state_or_country(original), "the country or US state that it is or ends with"
    ),
    "STREET_ADDRESS": Coarser(
        lambda original, _: state_or_country(original), "the country or US state that it ends with"
    ),
    "COORDINATES": Coarser(_degrees, "whole degrees, about 100 km"),
    "IP_ADDRESS": Coarser(_network, "the first three parts of an IPv4 address"),
    "NUMBER": Coarser(_number, "a range of one significant digit; longer than nine digits: redacted"),
}
"""Entity type -> how it becomes coarser; every other type, and what cannot be read, is redacted."""


def generalized(entity_type: str, original: str, this_year: int) -> str | None:
    """What is left of an original; None when it has to be redacted."""
    coarser = COARSER.get(entity_type)
    return coarser.make(original, this_year) if coarser else None
