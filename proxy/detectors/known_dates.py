"""The usual ways to write a date that is given as ISO 8601 has it (1962-01-09). Pure."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Final

_MONTHS: Final = (
    "January February March April May June July August September October November December".split(),
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split(),
    "januari februari maart april mei juni juli augustus september oktober november december".split(),
)
_ISO_LENGTH: Final = 10


def date_spellings(date: str) -> Iterator[str]:
    """Other spellings of `date`, in figures (day or month first) and in words; none when it is not an ISO date.

    What differs in signs and capitals only is not told apart by the index, so one of each is enough.
    """
    try:
        day = dt.date.fromisoformat(date[:_ISO_LENGTH])
    except ValueError:
        return iter(())
    return iter(_spelled(day))


@functools.lru_cache(maxsize=65_536)
def _spelled(day: dt.date) -> tuple[str, ...]:
    year, month, number = str(day.year), str(day.month), str(day.day)
    years = (year, year[2:])
    months, numbers = {month, month.zfill(2)}, {number, number.zfill(2)}
    spelled = {f"{a}/{b}/{y}" for y in years for m in months for n in numbers for a, b in ((m, n), (n, m))}
    spelled |= {f"{year}-{m}-{n}" for m in months for n in numbers}
    english, *others = (names[day.month - 1] for names in _MONTHS)
    for word in (english, english[:3]):
        spelled |= {
            form for n in (*numbers, _ordinal(day.day)) for form in (f"{n} {word} {year}", f"{word} {n} {year}")
        }
    spelled |= {f"{n} {word} {year}" for word in others for n in numbers}
    spelled.add(f"{number} de {others[2]} de {year}")
    return tuple(sorted(spelled))


def _ordinal(number: int) -> str:
    suffix = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")  # noqa: PLR2004 - 11th to 13th
    return f"{number}{suffix}"
