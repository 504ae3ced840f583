"""Numbers in texts: finding them, and telling whether facts bear them out. Pure.

Tokens (`PERSON_K7Q2M9XA`) and citations (`[churn.rate]`) are no numbers. A number in a text is borne out when a fact's
value, rounded to as many decimals as are written, is that number and rounding has moved it by 5 % at most, or when it
stands as it is in the words of a fact (`the last 30 days`). Number words from two to twelve count as numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reports.facts import ENGLISH, Fact, NumberFormat

CITATION: Final = re.compile(r"\s?\[((?:[a-z0-9][a-z0-9._-]*)(?:\s*[,;]\s*[a-z0-9][a-z0-9._-]*)*)\]")
TOKEN: Final = re.compile(r"\b[A-Z][A-Z0-9_]{1,39}_[0-9A-HJKMNP-TV-Z]{8}\b")
_COUNTED: Final = {
    "en": "two three four five six seven eight nine ten eleven twelve",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
}
_SPOKEN: Final = {
    language: {word: number for number, word in enumerate(words.split(), start=2)}
    for language, words in _COUNTED.items()
}
# English and German read each other's: models mix them. The others would take `once` and `due` for numbers.
_WORDS: Final = _SPOKEN | dict.fromkeys(("en", "de"), _SPOKEN["en"] | _SPOKEN["de"])
_WORD: Final = {
    language: re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) for language, words in _WORDS.items()
}
_DIGITS: Final = re.compile(r"(?<![\w.,])[-\u2212+]?\d[\d.,\u00a0\u202f']*(?:[kKM](?=\b))?|(?<=[^\W\d_])\d+(?![\w])")
_SIGNS: Final = "+-\u2212"
_RELATIVE: Final = 0.05
_MULTIPLES: Final = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "Mio": 1e6, "Tsd": 1e3}
_SCALES: Final = {"k": 1e3, "K": 1e3, "M": 1e6}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: where it stands, its value, and half a unit of its last written place."""

    start: int
    end: int
    text: str
    value: float
    half: float


def blank(text: str) -> str:
    """`text` with tokens and citations replaced by blanks of the same length."""
    for pattern in (TOKEN, CITATION):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def numbers_in(text: str, form: NumberFormat = ENGLISH) -> Iterator[Number]:
    """All numbers of a text in order."""
    clear = blank(text)
    found = [number for match in _DIGITS.finditer(clear) if (number := _read(match, clear, form)) is not None]
    words = _WORDS[form.language]
    found += [
        Number(match.start(), match.end(), match[0], float(words[match[0].lower()]), 0.0)
        for match in _WORD[form.language].finditer(clear)
    ]
    yield from sorted(found, key=lambda number: number.start)


def _read(match: re.Match[str], text: str, form: NumberFormat) -> Number | None:
    written = match[0].rstrip(".,'")
    scale = _SCALES.get(written[-1:], 1.0)
    plain = re.sub(r"[\u00a0\u202f']", "", written.rstrip("kKM")).replace("\u2212", "-").replace(form.thousands, "")
    plain = plain.replace(form.decimal, ".")
    try:
        value = float(plain)
    except ValueError:
        # 2025.11.03 or 1.2.3: digits that are no number are looked for as they are written
        return Number(match.start(), match.start() + len(written), written, float("nan"), 0.0)
    behind = re.match(r"\s?(thousand|million|billion|Mio|Tsd)\b", text[match.start() + len(written) :])
    scale *= _MULTIPLES[behind[1]] if behind else 1.0
    decimals = len(plain.partition(".")[2])
    half = 0.5 * 10.0**-decimals * scale
    return Number(match.start(), match.start() + len(written), written, value * scale, half)


def unborne(text: str, facts: Iterable[Fact], words: Iterable[str] = (), form: NumberFormat = ENGLISH) -> list[Number]:
    """The numbers of `text` that neither a fact's value nor the words of a fact, or `words`, bear out."""
    known = list(facts)
    values = [float(fact.value) for fact in known if isinstance(fact.value, int | float)]
    literal: set[float] = set()
    written: set[str] = set()
    for source in (*words, *(_words_of(fact, form) for fact in known)):
        for number in numbers_in(source, form):
            written.add(number.text.lstrip(_SIGNS))
            if not math.isnan(number.value):
                literal.add(abs(number.value))
    return [
        number
        for number in numbers_in(text, form)
        if number.text.lstrip(_SIGNS) not in written
        and abs(number.value) not in literal
        and not any(bears_out(value, number) for value in values)
    ]


def bears_out(value: float, number: Number) -> bool:
    """Whether `number` is `value` as one writes it: rounded, and the sign may be in the words (`fell by 3 %`)."""
    if math.isnan(number.value):
        return False
    distance = abs(abs(value) - abs(number.value))
    if distance > number.half * (1 + 1e-9) + 1e-9 * abs(value):
        return False
    return distance <= max(_RELATIVE * abs(value), 1e-9) or number.half <= 0.05  # noqa: PLR2004 - one decimal or more


def _words_of(fact: Fact, form: NumberFormat) -> str:
    return f"{fact.told(form)} {fact.label} {fact.group or ''} {fact.unit}"


def cited(text: str) -> list[str]:
    """Ids of the facts that a text cites, in order, each once."""
    found = (part.strip() for match in CITATION.finditer(text) for part in re.split("[,;]", match[1]))
    return list(dict.fromkeys(found))


def without_citations(text: str) -> str:
    """The text as a reader gets it."""
    return CITATION.sub("", text)
