"""Invented names of persons: of the same origin and gender as far as the original's words tell, written alike. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from proxy.core.links import name_words
from proxy.detectors.realistic_forms import Draw

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*\.?")
_MALE: Final = frozenset("mr sir herr hr monsieur m sr señor don sig signor dhr pan".split())
_FEMALE: Final = frozenset(
    "mrs ms miss madam frau fr mme mlle madame sra srta señora doña sigra signora mevr pani".split()
)
_COMMON: Final = "english"


@dataclass(frozen=True, slots=True)
class _Origin:
    """Names of one origin, in ASCII letters."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    last: tuple[str, ...]


@cache
def _names() -> tuple[dict[str, _Origin], tuple[str, ...]]:
    data = json.loads(Path(__file__).with_name("realistic_names.json").read_text("utf-8"))
    neutral = tuple(data.pop("neutral").split())
    return {
        origin: _Origin(*(tuple(lists[part].split()) for part in ("female", "male", "last")))
        for origin, lists in data.items()
    }, neutral


@cache
def _known() -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Origin and gender by first name, origin by last name."""
    first: dict[str, tuple[str, str]] = {}
    last: dict[str, str] = {}
    for origin, names in _names()[0].items():
        for gender, given in (("female", names.female), ("male", names.male)):
            for name in given:
                first.setdefault(name.casefold(), (origin, gender))
        for name in names.last:
            last.setdefault(name.casefold(), origin)
    return first, last


def _folded(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(char))


def full_name(words: tuple[str, ...], draw: Draw, titles: frozenset[str] = frozenset()) -> tuple[str, str]:
    """First and last name for someone of this name; `titles` may tell the gender.

    `words`: as `name_words` gives them, the first name first.
    """
    first, last = _known()
    known = [_folded(word) for word in words]
    origin, gender = first.get(known[0] if known else "", (None, None))
    if origin is None:
        origin = next((last[word] for word in reversed(known) if word in last), None)
    if titles & _MALE:
        gender = "male"
    elif titles & _FEMALE:
        gender = "female"
    origins, neutral = _names()
    names = origins[origin or _COMMON]
    given = {"female": names.female, "male": names.male}.get(gender or "", neutral)
    return given[draw.below(len(given))], names.last[draw.below(len(names.last))]


def person(original: str, draw: Draw, linked: str | None) -> str | None:
    """A name that can stand for `original`; None for a single word that belongs to no full name.

    Titles and the order of `last, first` stay, words between first and last name become an initial.
    """
    places = [match.span() for match in _WORD.finditer(original)]
    named = [place for place in places if name_words(original[slice(*place)])]
    titles = frozenset(original[slice(*place)].rstrip(".").casefold() for place in places if place not in named)
    words = tuple(linked.split()) if linked else name_words(original)
    if not named or len(words) < 2:  # noqa: PLR2004 - a first and a last name
        return None
    turned = len(named) > 1 and "," in original[named[0][1] : named[1][0]]
    given, last = full_name(words[1:] + words[:1] if turned and not linked else words, draw, titles)
    if len(named) == 1:
        word = name_words(original)[0]
        new = [given if word == words[0] else last]
    else:
        between = [f"{chr(65 + draw.below(26))}." for _ in named[2:]]
        new = [last, given, *between] if turned else [given, *between, last]
    return _written(original, named, new)


def _written(original: str, places: list[tuple[int, int]], new: list[str]) -> str | None:
    parts: list[str] = []
    end = 0
    for (start, stop), word in zip(places, new, strict=True):
        old = original[start:stop]
        parts += [original[end:start], word.upper() if len(old.rstrip(".")) > 1 and old.isupper() else word]
        end = stop
    made = "".join([*parts, original[end:]])
    return made if made.isascii() and made[:1].isalpha() else None
