"""Months in texts, by name or as in ISO dates: a month that no fact names is as made up as a number. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple


class Month(NamedTuple):
    """A month that a text names, with its year where one stands beside it."""

    start: int
    end: int
    month: int
    year: int | None


_NAMES: Final = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_CAPITALS: Final = frozenset({"en", "de"})
"""Languages that write months with a capital: `may` and `march` are verbs."""
_BEFORE: Final = "in of since until till by from to and or between during before after last late early"
_MAY: Final = re.compile(rf"\b(?:{_BEFORE.replace(' ', '|')})\s+$")
_YEAR: Final = re.compile(r"(?:,|\s+(?:de|del|di|of))?\s+((?:19|20)\d\d)\b")
_ISO: Final = re.compile(r"(?<![\d.-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?:-\d\d)?(?![\d-])")


def _pattern(language: str) -> tuple[re.Pattern[str], dict[str, int]]:
    spoken = (language, "en") if language in _CAPITALS else (language,)
    numbers = {name.lower(): number for code in spoken for number, name in enumerate(_NAMES[code].split(), start=1)}
    names = [name for code in spoken for name in _NAMES[code].split()]
    flags = re.NOFLAG if language in _CAPITALS else re.IGNORECASE
    return re.compile(rf"\b(?:{'|'.join(sorted(set(names), key=len, reverse=True))})\b", flags), numbers


_PATTERNS: Final = {language: _pattern(language) for language in _NAMES}


def months_in(text: str, language: str) -> list[Month]:
    """The months that a text of this language names, in order."""
    pattern, numbers = _PATTERNS.get(language, _PATTERNS["en"])
    found = [Month(match.start(), match.end(), int(match[2]), int(match[1])) for match in _ISO.finditer(text)]
    for match in pattern.finditer(text):
        year = _YEAR.match(text, match.end())
        if match[0] == "May" and year is None and not _MAY.search(text, max(0, match.start() - 12), match.start()):
            continue
        end = match.end() if year is None else year.end()
        found.append(Month(match.start(), end, numbers[match[0].lower()], int(year[1]) if year else None))
    return sorted(found)


def unnamed(text: str, sources: Iterable[str], language: str) -> list[Month]:
    """The months of `text` that no source names; with a year, that none names with this year or without any."""
    known = {(one.month, one.year) for source in sources for one in months_in(source, language)}
    months = {month for month, _ in known}
    return [
        one
        for one in months_in(text, language)
        if one.month not in months or (one.year is not None and not {(one.month, one.year), (one.month, None)} & known)
    ]
