"""Numbers in words: `twenty-five`, `thousands`, `two thirds`, in the languages of reports. Pure.

A number that a model spells out is a number all the same. `one` and its like are left out: they are articles, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Kind = Literal["number", "share", "growth"]


class Said(NamedTuple):
    """A number in words: where it stands, and from where to where what it says may lie.

    A `share` is 0 to 1 (`half`), a `growth` is how many times as much something became (`doubled`).
    """

    start: int
    end: int
    low: float
    high: float
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a language.

    `units`: two to nineteen. `tens`: twenty to ninety. `joints`: what stands between tens and units; with `reversed_`
    it is `fünfundzwanzig`. `many`: hundred and thousand. `crowds`: `hundreds`, with the least that they may mean.
    `shares`: `half`, as a pattern, with what it says; `growths` likewise: `doubled`.
    """

    units: str
    tens: str
    many: dict[str, float]
    crowds: dict[str, float]
    shares: dict[str, float]
    growths: dict[str, float]
    more: str
    less: str
    joints: str = "-"
    reversed_: bool = False


_EN: Final = _Words(
    units="two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    tens="twenty thirty forty fifty sixty seventy eighty ninety",
    many={"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "dozen": 12},
    crowds={"dozens": 12, "hundreds": 1e2, "thousands": 1e3, "millions": 1e6, "billions": 1e9},
    shares={
        r"(?<!first )(?<!second )half(?= (?:of (?!\d|the (?:year|month|week|day|period|quarter)\b)|the |all |our ))": 1
        / 2,
        r"(?:one|a)[- ]third(?= of)|one[- ]third": 1 / 3,
        r"two[- ]thirds": 2 / 3,
        r"(?:one|a)[- ]quarter(?= of (?!a\b|the (?:year|hour)\b))": 1 / 4,
        r"three[- ]quarters": 3 / 4,
        r"(?:one|a)[- ]fifth(?= of)": 1 / 5,
        r"(?:one|a)[- ]tenth(?= of)": 1 / 10,
    },
    growths={r"doubl(?:ed|es|ing)|twice|two-?fold": 2, r"tripl(?:ed|es|ing)|three-?fold": 3, "quadrupl(?:ed|es)": 4},
    more=r"(?:more than|over|above|at least)",
    less=r"(?:less than|fewer than|under|below|at most)",
    joints="- ",
)
_DE: Final = _Words(
    units="zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn",
    tens="zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    many={"hundert": 1e2, "tausend": 1e3, "million": 1e6, "millionen": 1e6, "milliarde": 1e9, "dutzend": 12},
    crowds={"dutzende": 12, "hunderte": 1e2, "tausende": 1e3},
    shares={
        r"(?<!erste )(?<!zweite )(?<!ersten )(?<!zweiten )hälfte(?! (?:des|der) (?:jahres|monats|woche|zeitraums))": 1
        / 2,
        r"ein drittel": 1 / 3,
        r"zwei drittel": 2 / 3,
        r"ein viertel(?!jahr)": 1 / 4,
        r"drei viertel|dreiviertel": 3 / 4,
        r"ein fünftel": 1 / 5,
        r"ein zehntel": 1 / 10,
    },
    growths={"verdoppel(?:t|te|n)|doppelt": 2, "verdreifach(?:t|te|en)": 3, "vervierfach(?:t|te|en)": 4},
    more=r"(?:mehr als|über|mindestens)(?: die| der)?",
    less=r"(?:weniger als|unter|höchstens)(?: die| der)?",
    reversed_=True,
)
_FR: Final = _Words(
    units="deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf",
    tens="vingt trente quarante cinquante soixante soixante-dix quatre-vingts quatre-vingt-dix",
    many={"cent": 1e2, "mille": 1e3, "million": 1e6, "millions": 1e6, "milliard": 1e9},
    crowds={"dizaines": 10, "douzaines": 12, "centaines": 1e2, "milliers": 1e3},
    shares={
        r"(?<!première )(?<!seconde )moitié": 1 / 2,
        r"un tiers": 1 / 3,
        r"deux tiers": 2 / 3,
        r"un quart": 1 / 4,
        r"trois quarts": 3 / 4,
        r"un cinquième": 1 / 5,
        r"un dixième": 1 / 10,
    },
    growths={"doubl(?:é|ée|ent|er)": 2, "tripl(?:é|ée|ent|er)": 3},
    more=r"(?:plus de|plus d'|au moins)(?: la)?",
    less=r"(?:moins de|moins d'|au plus)(?: la)?",
    joints="-",
)
_ES: Final = _Words(
    units="dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve",
    tens="veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    many={
        "cien": 1e2,
        "ciento": 1e2,
        "mil": 1e3,
        "millón": 1e6,
        "millones": 1e6,
        "docena": 12,
        "doscientos": 2e2,
        "trescientos": 3e2,
        "cuatrocientos": 4e2,
        "quinientos": 5e2,
    },
    crowds={"decenas": 10, "docenas": 12, "cientos": 1e2, "centenares": 1e2, "miles": 1e3},
    shares={
        r"(?<!a )(?<!primera )(?<!segunda )mitad": 1 / 2,
        r"un tercio": 1 / 3,
        r"dos tercios": 2 / 3,
        r"una cuarta parte|un cuarto de los|un cuarto de las": 1 / 4,
        r"tres cuartas partes|tres cuartos": 3 / 4,
        r"una quinta parte": 1 / 5,
        r"una décima parte": 1 / 10,
    },
    growths={"duplic(?:ó|ado|aron|an)": 2, "triplic(?:ó|ado|aron|an)": 3},
    more=r"(?:más de|al menos)(?: la)?",
    less=r"(?:menos de|como mucho)(?: la)?",
    joints=" y ",
)
_IT: Final = _Words(
    units="due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici "
    "diciassette diciotto diciannove",
    tens="venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    many={"cento": 1e2, "mille": 1e3, "mila": 1e3, "milione": 1e6, "milioni": 1e6, "miliardo": 1e9, "dozzina": 12},
    crowds={"decine": 10, "dozzine": 12, "centinaia": 1e2, "migliaia": 1e3},
    shares={
        r"(?<!a )(?<!prima )(?<!seconda )metà": 1 / 2,
        r"un terzo": 1 / 3,
        r"due terzi": 2 / 3,
        r"un quarto": 1 / 4,
        r"tre quarti": 3 / 4,
        r"un quinto": 1 / 5,
        r"un decimo": 1 / 10,
    },
    growths={"raddoppiat[aoie]|raddoppiano": 2, "triplicat[aoie]": 3},
    more=r"(?:più di|più del|più della|oltre|almeno)(?: la)?",
    less=r"(?:meno di|meno del|meno della|al massimo)(?: la)?",
    joints="",
)
_NL: Final = _Words(
    units="twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien "
    "achttien negentien",
    tens="twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    many={"honderd": 1e2, "duizend": 1e3, "miljoen": 1e6, "miljard": 1e9, "dozijn": 12},
    crowds={"tientallen": 10, "honderden": 1e2, "duizenden": 1e3},
    shares={
        r"(?<!eerste )(?<!tweede )helft": 1 / 2,
        r"een derde(?= van)": 1 / 3,
        r"twee derde": 2 / 3,
        r"een kwart": 1 / 4,
        r"driekwart|drie kwart": 3 / 4,
        r"een vijfde(?= van)": 1 / 5,
        r"een tiende(?= van)": 1 / 10,
    },
    growths={"verdubbeld|verdubbelt": 2, "verdrievoudigd|verdrievoudigt": 3},
    more=r"(?:meer dan|ruim|minstens)(?: de)?",
    less=r"(?:minder dan|onder|hoogstens)(?: de)?",
    reversed_=True,
)
# English and German read each other's: models mix them. The others would take `once` and `due` for numbers.
_LANGUAGES: Final = {"en": (_EN, _DE), "de": (_DE, _EN), "fr": (_FR,), "es": (_ES,), "it": (_IT,), "nl": (_NL,)}
_PERCENT_BEFORE: Final = re.compile(r"\b(?:pour|por|per)\s+$", re.IGNORECASE)
_DIGITS_BEFORE: Final = re.compile(r"\d\s?$")
_LONGEST: Final = 40
"""Characters of a number word before `thousand`."""
_AROUND: Final = 0.05
"""How far a share in words may be from what is meant: `half` is said of 48 %."""
_CROWD: Final = 100.0
"""How many times the least a crowd may be: `dozens` are not ten thousand."""


def _below_a_hundred(words: _Words) -> dict[str, int]:
    units = {word: number for number, word in enumerate(words.units.split(), start=2)}
    tens = {word: 10 * number for number, word in enumerate(words.tens.split(), start=2)}
    found = units | tens
    joined = {word: number for word, number in units.items() if number < 10}  # noqa: PLR2004 - `twenty-nine`
    for ten, many in tens.items():
        for unit, few in joined.items():
            if words.reversed_:
                found |= {f"{unit}{joint}{ten}": many + few for joint in ("und", "ën", "en")}
            else:
                found |= {
                    f"{ten}{joint}{unit}": many + few for joint in dict.fromkeys((words.joints, words.joints[:1]))
                }
                found[f"{ten.removesuffix('s')}-{unit}"] = many + few
    return found


def _any_of(names: Iterable[str]) -> str:
    """A pattern for any of these words, the longest first."""
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True)))


class _Reader:
    """Finds the numbers that one language says in words."""

    def __init__(self, words: _Words) -> None:
        self._small = {word: float(number) for word, number in _below_a_hundred(words).items()}
        self._many, self._crowds = words.many, words.crowds
        alike = {**self._small, **words.many, **words.crowds}
        self._word = re.compile(rf"(?<![^\W_])(?:{_any_of(alike)})(?![^\W_])", re.IGNORECASE)
        small, many = _any_of(self._small), _any_of(words.many)
        self._glued = re.compile(rf"\b({small})({many})({small})?\b", re.IGNORECASE)
        self._times = re.compile(rf"(?<![^\W_])({small})[ -]$", re.IGNORECASE)
        than = rf"(?:\b(?:(?P<more>{words.more})|(?P<less>{words.less}))\s+)?"
        self._shares = [
            (re.compile(rf"{than}\b(?:{pattern})\b", re.IGNORECASE), part) for pattern, part in words.shares.items()
        ]

        self._growths = [
            (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), by) for pattern, by in words.growths.items()
        ]

    def read(self, text: str) -> Iterator[Said]:
        """All of them, shares first, none twice."""
        taken = list[Said]()
        for pattern, part in self._shares:
            taken += [_share(match, part) for match in pattern.finditer(text)]
        for pattern, by in self._growths:
            near = by * (1 - _AROUND), by * (1 + _AROUND)
            taken += [Said(match.start(), match.end(), *near, "growth") for match in pattern.finditer(text)]
        for match in self._glued.finditer(text):
            value = self._small[match[1].lower()] * self._many[match[2].lower()]
            value += self._small[match[3].lower()] if match[3] else 0
            taken.append(_exactly(match.start(), match.end(), value))
        yield from taken
        for match in self._word.finditer(text):
            if any(one.start < match.end() and match.start() < one.end for one in taken):
                continue
            found = self._one(match, text)
            if found is not None:
                yield found

    def _one(self, match: re.Match[str], text: str) -> Said | None:
        word = match[0].lower()
        if word in self._crowds:
            least = self._crowds[word]
            return Said(match.start(), match.end(), least, least * _CROWD)
        if word in self._small:
            behind = self._word.match(text, match.end() + 1)
            if behind is not None and behind[0].lower() in self._many and text[match.end()] in " -":
                return None  # `two hundred` is read with the hundred
            return _exactly(match.start(), match.end(), self._small[word])
        if _DIGITS_BEFORE.search(text, 0, match.start()) or _PERCENT_BEFORE.search(text, 0, match.start()):
            return None  # `12 million` is read with its digits
        times = self._times.search(text[max(0, match.start() - _LONGEST) : match.start()])
        if times is None:
            return _exactly(match.start(), match.end(), self._many[word])
        return _exactly(match.start() - len(times[0]), match.end(), self._many[word] * self._small[times[1].lower()])


def _exactly(start: int, end: int, value: float) -> Said:
    return Said(start, end, value, value)


def _share(match: re.Match[str], part: float) -> Said:
    if match["more"]:
        return Said(match.start(), match.end(), part, min(1.0, part * 1.5), "share")
    if match["less"]:
        return Said(match.start(), match.end(), part / 2, part, "share")
    return Said(match.start(), match.end(), part * (1 - _AROUND), part * (1 + _AROUND), "share")


_READERS: Final = {id(words): _Reader(words) for words in (_EN, _DE, _FR, _ES, _IT, _NL)}


def said_in(text: str, language: str) -> list[Said]:
    """The numbers that a text of this language says in words, in order."""
    readers = [_READERS[id(words)] for words in _LANGUAGES.get(language, _LANGUAGES["en"])]
    found = {(said.start, said.end): said for reader in readers for said in reader.read(text)}
    return [found[place] for place in sorted(found)]
