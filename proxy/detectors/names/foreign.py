"""Names in texts of other languages than English: what the tagger, which learned from English, takes along is cut off.

In German, French, Spanish, Italian and Dutch it is generous: it finds nearly every name and much that is none. Names
have capitals there, so words without one at the edges of a finding are no part of it, nor are small words of the
language; and a single word that may owe its capital to a sentence's beginning, or to German spelling, must be surer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from proxy.core.findings import Finding
from proxy.detectors.languages import ENGLISH, LANGUAGES, Language

ADDRESS = "STREET_ADDRESS"
Place = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_PARTICLES = frozenset("de del della di da dos du la le van von der den ter ten zu zum zur y e und et en".split())
_LEADING = frozenset("Le La De Di Da Du Van Von Del Della El Los Las Lo Der Den Ter".split())
_CAPITAL_NEXT = re.compile(r" [A-Z\u00c0-\u00de]")
"""`Le Goff`, `La Rochelle`, `De Graaf`: small words that begin a name when another capital follows."""
_ENDS = '.!?:;\u00bf\u00a1\n\u2022-\u2013"\u201e\u201c\u00ab('
_NOUN = re.compile(r"(?:ung|heit|keit|schaft|tion|t\u00e4t|nis|ling|chen|ismus)(?:e?[ns]|en)?\Z")
_ARTICLES = frozenset(
    "der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine meinen meinem meiner dein "
    "deine sein seine seinen ihr ihre ihren ihrem ihrer unser unsere unseren dieser diese dieses diesen diesem jeder "
    "jede jedes im am zum zur vom beim ins ans".split()
)
_LAST_WORD = re.compile(r"[^\W\d_]+\Z")
_PART = re.compile(r"[^\W\d_]+|\d+")
_CONTENT = 4
"""Letters of a word that says something; shorter ones stand in addresses too."""
_MARK = re.compile(r"(?:\[?f)?\d{1,3}\]\s*")
"""What a report's prompt cites a fact by (`[f10] `), as far as a finding has taken it along."""
_DECIMAL = re.compile(r"[.,]\d")
_DECIMALS = re.compile(r"(?<=\d)[.,]\d{1,2}(?!\d)")
_LAST_FIGURE = re.compile(r"\s*\d[\d.,]*\Z")
_VERBS = frozenset(
    "beträgt betragen bleibt bleiben wartet warten entfielen fielen est sont reste restent attendent es son permanece "
    "permanecen esperan è sono resta restano attendono bedraagt bedragen blijft blijven wachten is are stays".split()
)
"""Verbs of the sentences of figures: no street has one in it, and no name one and a figure."""
_CALENDAR = frozenset(
    "januar februar märz april mai juni juli august september oktober november dezember janvier février mars "
    "avril juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio "
    "agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre "
    "ottobre dicembre januari februari maart mei augustus montag dienstag mittwoch donnerstag freitag samstag "
    "sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes sábado "
    "domingo lunedì martedì mercoledì giovedì venerdì sabato domenica maandag dinsdag woensdag donderdag "
    "vrijdag zaterdag zondag".split()
)
_WHEN = re.compile(r"(?:\b(?:im|am|ist|en|in|es|est|è|is|op)|[([]?f\d+\]) \Z")
_YEAR = re.compile(r" (?:19|20)\d\d\b")
_SAYS = frozenset("ist sind est sont es son è sono is zijn".split())
"""What a sentence goes on with behind its subject; no address begins so."""
_DATES = frozenset({"DATE_TIME", "DATE_PART"})
_TIMES = frozenset("day days night nights week weeks".split())
"""Words of times that are surnames too: nobody's where they were taken for a date."""
_WORDS_FILE = Path(__file__).with_name("report_words.txt")
_FAINT = 0.1
"""What is doubtful is left to strict policies: it scores no more than this."""
_SURE = 0.95
"""What is so sure stays as it is."""


def without_report_words(text: str, found: Sequence[Finding], name: str | None, among: Sequence[str]) -> list[Finding]:
    """`found` without our own words in a text of the language `name`.

    Those of the first language of `among`, which is the expected one, count in every text: a prompt is half English.
    Those of English only where it stands twice, for it is the first of most policies: a report has named it.
    """
    told = (among[0],) if name is None else (among[0], name)
    named = tuple(among[:2]) == (ENGLISH, ENGLISH)
    languages = {one: LANGUAGES[one] for one in told if one in LANGUAGES and (one != ENGLISH or named)}
    return list(plain(text, found, languages)) if languages else list(found)


def plain(text: str, found: Iterable[Finding], words: Mapping[str, Language]) -> Iterator[Finding]:
    """`found` without what is made of nothing but words that reports are written in, in one of the languages `words`.

    A finding that holds any other word stays: such a word may be somebody's name. Of a street address the words of a
    sentence in front of it go (`le nombre est de 82 pour Back`).
    """
    ours = frozenset().union(*(_ours(name, language) for name, language in words.items()))
    small = frozenset().union(*(report_words(f"{name} small") for name in words))
    for whole in found:
        finding = _without_figures(text, whole)
        parts = list(_PART.finditer(text, finding.start, finding.end))
        known = ours | _TIMES if finding.entity_type in _DATES else ours
        if finding.start >= finding.end or _is_sentence(text, finding, parts, ours):
            continue
        if parts and all(
            part[0].isdigit() or part[0].casefold() in known or (part[0].islower() and part[0].casefold() in small)
            for part in parts
        ):
            continue
        if parts and finding.entity_type == ADDRESS:
            start = _behind_sentence(parts, ours, words)
        else:
            start = _behind_verbs(parts, ours)
        yield replace(finding, start=max(start, finding.start))


def _without_figures(text: str, finding: Finding) -> Finding:
    """The finding without the mark in front of it, and without half a number behind it (`Displays 1` of 1.7)."""
    mark = _MARK.match(text, finding.start, finding.end)
    start, end = finding.start if mark is None else mark.end(), finding.end
    if finding.entity_type != ADDRESS and text[end - 1 : end].isdigit() and _DECIMAL.match(text, end):
        figure = _LAST_FIGURE.search(text, start, end)
        end = end if figure is None else figure.start()
    return (
        finding if (start, end) == (finding.start, finding.end) else replace(finding, start=start, end=max(start, end))
    )


def _is_sentence(text: str, finding: Finding, parts: Sequence[re.Match[str]], ours: frozenset[str]) -> bool:
    """Whether a finding is a piece of a sentence of figures, or a month or weekday in one."""
    if finding.entity_type == ADDRESS and _DECIMALS.match(text, finding.end):
        return True  # a house has none
    verb = next((place for place, part in enumerate(parts) if part[0] in _VERBS), None)
    if verb is not None and (finding.entity_type == ADDRESS or any(part[0].isdigit() for part in parts)):
        # somebody may be its subject: `de Nuria Echevarría es de 12`
        return all(part[0].islower() or part[0].isdigit() or part[0].casefold() in ours for part in parts[:verb])
    if len(parts) != 1 or parts[0][0].casefold() not in _CALENDAR:
        return False
    start, end = parts[0].span()
    return bool(_YEAR.match(text, end) or _WHEN.search(text, max(0, start - 8), start))


def _behind_verbs(parts: Sequence[re.Match[str]], ours: frozenset[str]) -> int:
    """Where a name begins behind small words of a sentence that were taken along (`compran Displays`); 0: at once."""
    for part in parts:
        if not part[0].islower() or part[0] not in ours or part[0] in _PARTICLES:
            return part.start() if part is not parts[0] else 0
    return 0


def _behind_sentence(parts: Sequence[re.Match[str]], ours: frozenset[str], words: Mapping[str, Language]) -> int:
    """Where the words of a sentence end that a finding begins with; 0 when none but small words do."""
    small = frozenset().union(*(language.words for language in words.values()))
    said = parts[0][0] in _SAYS
    for part in parts:
        small_first = part is parts[0] and part[0].casefold() in small
        if not (small_first or part[0].isdigit() or (part[0].islower() and part[0] in ours)):
            return part.start() if said else 0
        said = said or (part[0].islower() and part[0] not in small and len(part[0]) >= _CONTENT)
    return 0


@cache
def _ours(name: str, language: Language) -> frozenset[str]:
    """Words of our own and small words of a language; small words of English that are names too (Will) stay out."""
    return report_words(name) if name == ENGLISH else report_words(name) | language.words


@cache
def report_words(language: str) -> frozenset[str]:
    """The words of our own reports in a language, in small letters; scripts/report_words.py writes them."""
    for line in _WORDS_FILE.read_text(encoding="utf-8").splitlines():
        name, _, words = line.partition(": ")
        if name == language:
            return frozenset(words.split())
    return frozenset()


def adapted(text: str, found: Iterable[Finding], language: Language) -> Iterator[Finding]:
    """`found` as it counts in a text of `language`.

    Addresses stay, and so does everything in a text without capitals: there is nothing to tell names by.
    """
    capitals = not text.islower()
    for finding in found:
        if finding.entity_type == ADDRESS or finding.score >= _SURE or not capitals:
            yield finding
            continue
        for words in _stretches(text, finding, language):
            if all(text[start:end].isdigit() for start, end in words):
                continue  # a figure of a sentence, parted from what was taken for a name
            doubtful = finding.score < language.single_from and _doubtful(text, words, language)
            start = _with_particles(text, finding.start, words[0][0])
            rest = _WORD.search(text, words[-1][1], finding.end)
            yield replace(
                finding,
                start=start,
                end=words[-1][1] if rest else finding.end,
                score=min(finding.score, _FAINT) if doubtful else finding.score,
            )


def _stretches(text: str, finding: Finding, language: Language) -> Iterator[list[Place]]:
    """The words of the finding, parted at those that belong to no name; what is left of each part is not empty."""
    stretch: list[Place] = []
    for match in _WORD.finditer(text, finding.start, finding.end):
        word = match.group()
        if not _idle(word, language) or (word in _LEADING and _CAPITAL_NEXT.match(text, match.end())):
            stretch.append(match.span())
        elif word not in _PARTICLES and stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _idle(word: str, language: Language) -> bool:
    """Whether the word is without a capital or digit, or a small word of the language."""
    return word.islower() or word.lower() in language.words


def _with_particles(text: str, start: int, first: int) -> int:
    """Where a name begins whose first capital stands at `first`: before `von`, `de la` and the like."""
    kept = first
    for match in reversed([*_WORD.finditer(text, start, first)]):
        if match.group() not in _PARTICLES:
            break
        kept = match.start()
    return kept


def _doubtful(text: str, words: list[Place], language: Language) -> bool:
    """Whether the one word may owe its capital to a sentence's beginning or to German spelling."""
    if len(words) > 1:
        return False
    start, end = words[0]
    before = text[:start].rstrip(" \t\"'\u2019")
    if not language.nouns_capital:
        return not before or before[-1] in _ENDS
    last = _LAST_WORD.search(before, max(0, len(before) - 12))
    return bool(_NOUN.search(text, start, end)) or (last is not None and last.group().lower() in _ARTICLES)
