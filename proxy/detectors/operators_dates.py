"""Dates cut to the year, times of day to the hour, ages over 89 to 90+: 45 CFR 164.514(b)(2)(i)(C). Pure."""

from __future__ import annotations

import re
from typing import Final

OLDEST: Final = 89
"""Ages over this, and years that tell of one, are put together in one class."""

_LONGEST: Final = 80
_YEAR: Final = re.compile(
    r"(?<!\d)(?:(1[89]\d\d|20\d\d)(?!\d)|((?:19|20)\d\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d))"
)
_SHORT_YEAR: Final = re.compile(
    r"(?:\d{1,2}([/.-])\d{1,2}\1|\d{1,2}[\s-]?[^\W\d_]{3,}\.?[\s-]|['’])(\d\d)(?![\d:.,/-]|\w)"  # noqa: RUF001 - as people type it
)
_CLOCK: Final = re.compile(r"([0-2]?\d):[0-5]\d(?::[0-5]\d)?(\s?[ap]\.?m\.?)?", re.IGNORECASE)
_DECADE: Final = re.compile(r"(?:the\s)?(1[89]\d0|20\d0)['’]?s")  # noqa: RUF001 - as people type it
_BARE_YEAR: Final = re.compile(r"(?:(?:in|since|the year)\s)?(?:1[89]|20)\d\d", re.IGNORECASE)
_DURATION: Final = re.compile(
    r"(?:(?:about|around|almost|nearly|over|under|at least|up to|the (?:last|past|next|first)|another|every)\s)*"
    r"(\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"sixty|several|(?:a\s)?few|half an?|couple of)[\s-]"
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?)(?:[\s-]old|\s(?:ago|later|earlier|before|after))?",
    re.IGNORECASE,
)
_AGE: Final = re.compile(r"(\d{1,3})(\+|(?:[\s-]*(?:years?|yrs?|yo|y/o)(?:[\s-]*(?:old|of\sage))?)?)", re.IGNORECASE)


def year_of(original: str, this_year: int, *, birth: bool = False) -> str | None:
    """The year, or the years, that stand in a date; None when there is none to be sure of.

    A year of which somebody born in it may be over 89 by now becomes `before` the first year of which nobody is. A
    year of two digits is read as the last one that it can be; of a birth date that could be a hundred years earlier as
    well it is not read at all.
    """
    if len(original) > _LONGEST:
        return None
    years = list(dict.fromkeys(int(one or compact) for one, compact in _YEAR.findall(original)))
    if not years:
        years = _of_two_digits(original, this_year, birth=birth)
    shown = dict.fromkeys(_young_enough(year, this_year) for year in years)
    return " to ".join(shown) or None


def _of_two_digits(original: str, this_year: int, *, birth: bool) -> list[int]:
    match = _SHORT_YEAR.search(original)
    if match is None:
        return []
    year = this_year - (this_year - int(match.group(2))) % 100
    return [] if birth and year - 100 >= this_year - 120 else [year]


def _young_enough(year: int, this_year: int) -> str:
    first = this_year - OLDEST
    return str(year) if year >= first else f"before {first}"


def part_of_date(original: str, this_year: int) -> str | None:
    """A bare year, decade or duration as it is, a time of day as its hour; None for weekdays, months and the rest.

    "Six months" is no element of a date; "94 years" tells of an age over 89 and becomes "90+ years".
    """
    plain = original.strip()
    clock, decade, duration = (pattern.fullmatch(plain) for pattern in (_CLOCK, _DECADE, _DURATION))
    if clock is not None:
        return f"{clock.group(1)}:00{clock.group(2) or ''}"
    if decade is not None:
        year = int(decade.group(1))
        return plain if _young_enough(year, this_year) == str(year) else _young_enough(year, this_year)
    if duration is not None:
        number = duration.group(1)
        too_old = number.isdigit() and int(number) > OLDEST and "year" in plain.casefold()
        return plain.replace(number, "90+", 1) if too_old else plain
    if _BARE_YEAR.fullmatch(plain):
        return year_of(plain, this_year)
    return None if plain.isdigit() else age_class(plain)


def age_class(original: str) -> str | None:
    """An age up to 89 as it stands, any higher one as `90+`; None for what is not written in digits."""
    match = _AGE.fullmatch(original.strip())
    if match is None:
        return None
    return "90+" if int(match.group(1)) > OLDEST else original.strip()
