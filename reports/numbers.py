"""Numbers in texts: finding them, and telling whether facts bear them out. Pure.

Tokens (`PERSON_K7Q2M9XA`) and citations (`[churn.rate]`) are no numbers. A number in a text is borne out when a fact's
value, rounded to as many decimals as are written, is that number and rounding has moved it by 5 % at most, or when it
stands as it is in the words of a fact (`the last 30 days`). What is called a percentage is borne out by a share only,
and `12 million` not by twelve. Numbers in words count as numbers (`number_words`), and so do months (`months_said`).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reports.facts import ENGLISH, Fact, NumberFormat
from reports.months_said import unnamed
from reports.number_words import Kind, said_in

CITATION: Final = re.compile(r"\s?\[((?:[a-z0-9][a-z0-9._-]*)(?:\s*[,;]\s*[a-z0-9][a-z0-9._-]*)*)\]")
TOKEN: Final = re.compile(r"\b[A-Z][A-Z0-9_]{1,39}_[0-9A-HJKMNP-TV-Z]{8}\b")
_DIGITS: Final = re.compile(
    r"(?<![^\W_])(?<!\d[.,'])(?:EUR|USD|GBP|CHF)?(?P<first>[-\u2212+]?[.,]?\d[\d.,\u00a0\u202f']*"
    r"(?:(?:bn|mn|tn|[kKmMbB])(?![^\W_]))?)|(?<=[^\W\d_])(?P<joined>\d+)(?!\w)|(?P<part>[\u00bc-\u00be\u2150-\u215e])"
)
"""`1,204`, `.75`, `EUR12m`; the 3 of `Q3`, but not the 2 of `B2B`; and `½`."""
_SIGNS: Final = "+-\u2212"
_RELATIVE: Final = 0.05
_MULTIPLES: Final = {
    1e3: "thousands? tausend tsd mille mila mil miles duizend",
    1e6: "millions? millionen mio mln millón millon millones milioni milione miljoen",
    1e9: "billions? bn mrd mld milliarden? milliards? miliardi miliardo miljard",
    1e12: "trillions? billionen",
}
_BEHIND: Final = [
    (re.compile(rf"\s?(?:{words.replace(' ', '|')})\b", re.IGNORECASE), scale) for scale, words in _MULTIPLES.items()
]
_SCALES: Final = {"k": 1e3, "K": 1e3, "m": 1e6, "M": 1e6, "mn": 1e6, "b": 1e9, "B": 1e9, "bn": 1e9, "tn": 1e12}
_SCALE: Final = re.compile(r"[a-zA-Z]+$")
_PERCENT: Final = re.compile(
    r"\s?(?:[%\uff05\u066a](?!\s?-?(?:points?|punkte|ige[rn]? punkte))"
    r"|(?:per ?cent|prozent|pour ?cent|por ciento|per cento|procent)(?!age|ua|punkt| ?points?)(?:ige[rsnm]?)?\b)",
    re.IGNORECASE,
)
"""What makes a share of a number; a difference in percentage points may be of anything."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: where it stands, its value, and half a unit of its last written place.

    `percent`: it says so itself, so only a share bears it out. `most`: a number in words may say no more than a range
    that begins with `value` (`thousands`). `kind`: of a number in words.
    """

    start: int
    end: int
    text: str
    value: float
    half: float
    percent: bool = False
    most: float | None = None
    kind: Kind = "number"


def blank(text: str) -> str:
    """`text` with tokens and citations replaced by blanks of the same length."""
    for pattern in (TOKEN, CITATION):
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def numbers_in(text: str, form: NumberFormat = ENGLISH) -> Iterator[Number]:
    """All numbers of a text in order."""
    clear = blank(text)
    found = [number for match in _DIGITS.finditer(clear) if (number := _read(match, clear, form)) is not None]
    for start, end, low, high, kind in said_in(clear, form.language):
        percent = _PERCENT.match(clear, end) is not None
        most = None if low == high else high
        found.append(Number(start, end, text[start:end], low, 0.0, percent, most, kind))
    yield from sorted(found, key=lambda number: number.start)


def _read(match: re.Match[str], text: str, form: NumberFormat) -> Number | None:
    if match["part"]:
        value = unicodedata.numeric(match["part"])
        around = (1 - _RELATIVE) * value, (1 + _RELATIVE) * value
        return Number(match.start(), match.end(), match[0], around[0], 0.0, most=around[1], kind="share")
    start = match.start("first" if match["first"] else "joined")
    written = (match["first"] or match["joined"]).rstrip(".,'\u00a0\u202f")
    end = start + len(written)
    glued = _SCALE.search(written)
    scale = _SCALES[glued[0]] if glued else 1.0
    digits = written[: glued.start()] if glued else written
    plain = re.sub(r"[\u00a0\u202f']", "", digits).replace("\u2212", "-").replace(form.thousands, "")
    plain = plain.replace(form.decimal, ".")
    percent = _PERCENT.match(text, end) is not None
    try:
        value = float(plain)
    except ValueError:
        # 2025.11.03 or 1.2.3: digits that are no number are looked for as they are written
        return Number(start, end, written, float("nan"), 0.0)
    scale *= next((by for words, by in _BEHIND if words.match(text, end)), 1.0)
    decimals = len(plain.partition(".")[2])
    half = 0.5 * 10.0**-decimals * scale
    return Number(start, end, written, value * scale, half, percent)


def unborne(text: str, facts: Iterable[Fact], words: Iterable[str] = (), form: NumberFormat = ENGLISH) -> list[Number]:
    """The numbers of `text` that neither a fact's value nor the words of a fact, or `words`, bear out."""
    known = list(facts)
    values = [(float(fact.value), fact.unit) for fact in known if isinstance(fact.value, int | float)]
    literal: set[tuple[float, bool]] = set()
    written: set[str] = set()
    sources = [*words, *(_words_of(fact, form) for fact in known)]
    for source in sources:
        for number in numbers_in(source, form):
            if math.isnan(number.value):
                written.add(number.text.lstrip(_SIGNS))
            elif number.most is None:
                literal |= {(abs(number.value), number.percent), (abs(number.value), False)}
            else:
                written.add(number.text.lower())
    wrong = [
        number
        for number in numbers_in(text, form)
        if number.text.lower().lstrip(_SIGNS) not in (written if number.half == 0 else ())
        and (abs(number.value), number.percent) not in literal
        and not any(_borne(value, unit, number) for value, unit in values)
    ]
    taken = {place for number in wrong for place in range(number.start, number.end)}
    wrong += [
        Number(start, end, text[start:end], math.nan, 0.0)
        for start, end, _, _ in unnamed(blank(text), sources, form.language)
        if taken.isdisjoint(range(start, end))
    ]
    return sorted(wrong, key=lambda number: number.start)


def _borne(value: float, unit: str, number: Number) -> bool:
    """Whether a fact bears a number out: what says that it is a share, only a share."""
    if number.kind != "number" and unit == "%":
        value = abs(value) / 100 + (number.kind == "growth")  # 100 % more is twice as much
    elif number.percent and unit != "%":
        return False
    if number.most is not None:
        return number.value <= abs(value) <= number.most
    return bears_out(value, number)


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
