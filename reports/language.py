"""Results of analyses in the language of the report: labels, findings, titles, heads and our own words. Pure.

The catalogues are `reports/languages/*.yaml`; a text that is not in them stays English. Values out of data are never
translated: only what a pattern or a list below says is ours.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from reports.document import Callout, Cell, Chart, DataTable, MissingData, TableColumn
from reports.facts import Fact, Sentence, Value
from reports.results import AnalysisResult

CATALOGUES: Final = {"de": "german", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch"}
_FILES: Final = ("{}.yaml", "{}_told.yaml", "{}_figures.yaml", "{}_frame.yaml", "{}_order.yaml")
_ARTICLE: Final = re.compile(r"(\w+ |l')(.+)", re.DOTALL)
_SLOT: Final = re.compile(r"\{([a-z])(!?)\}")
_BREAK: Final = re.compile(r"([;.]) ")
_OUR_GROUPS: Final = frozenset({"segments", "rfm", "personalisation", "overview"})
"""Analyses whose groups we named."""
_OUR_CELLS: Final = frozenset(
    {"Day", "Time of day", "Segment", "Rule", "Risk", "Level", "Result", "Control", "Pattern", "Kind of row", "Rules"}
)
_OUR_VALUES: Final = re.compile(
    r".+: (?:trend|strongest month|weakest month)|Busiest day of the week|Day on which most orders come"
    r"|Overall risk|Highest risk"
)
_DATED: Final = re.compile(r"([A-Z][a-z]+) (\d{4})")
_MONTHS: Final = frozenset(
    "January February March April May June July August September October November December".split()
)
_LISTED: Final = frozenset({"x_order", "y_order"})
_OUR_OPTIONS: Final = frozenset({"target_label", "highlight"})


@dataclass(frozen=True, slots=True)
class Phrases:
    """One list of a catalogue: whole texts, and patterns with slots, the most telling first."""

    whole: Mapping[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    words: Mapping[str, str]
    written: tuple[str, ...] = ()
    """The patterns as they are written in the catalogue."""
    semicolon: str = ";"
    """How the language writes one after a word."""

    def find(self, text: str) -> str | None:
        """The translation of a whole text, None when there is none."""
        if text in self.whole:
            return self.whole[text]
        for pattern, there in self.patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                return _filled(there, match, self.words)
        return None

    def of(self, text: str) -> str:
        """The translation of a text: whole, or part by part between full stops and semicolons; else the text."""
        found = self.find(text)
        return found if found is not None else self._by_parts(text) or text

    def _by_parts(self, text: str) -> str | None:
        ends = [*(match.start() for match in _BREAK.finditer(text)), len(text)]
        parts: list[str] = []
        start = 0
        while start < len(text):
            for end in [end for end in reversed(ends) if end > start]:
                found = self._part(text[start:end]) or self._part(text[start : end + 1])
                if found is not None:
                    mark = self.semicolon if text[end : end + 1] == ";" else text[end : end + 1]
                    closed = found if found.endswith(".") else found + mark
                    parts.append(closed)
                    start = end + 2
                    break
            else:
                return None
        return " ".join(parts)

    def _part(self, text: str) -> str | None:
        found = self.find(text)
        if found is None and text[:1].isupper():
            found = self.find(text[:1].lower() + text[1:])
            return found[:1].upper() + found[1:] if found else None
        return found


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All lists of one language."""

    labels: Phrases
    sentences: Phrases
    texts: Phrases
    figures: Phrases
    heads: Mapping[str, str]
    units: Mapping[str, str]
    words: Mapping[str, str]
    frame: Mapping[str, str]
    levels: Mapping[str, str]
    roles: Mapping[str, str]
    before: Mapping[str, str]
    language: str


@functools.cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language (its code), read once. Raises KeyError when there is none."""
    lists: dict[str, dict[str, str]] = {}
    for form in _FILES:
        name = form.format(CATALOGUES[language])
        text = importlib.resources.files("reports.languages").joinpath(name).read_text(encoding="utf-8")
        read: dict[str, Any] = yaml.safe_load(text)
        lists |= {key: {str(english): str(there) for english, there in value.items()} for key, value in read.items()}
    words = lists["words"]
    semicolon = "\u00a0;" if language == "fr" else ";"
    phrases = {name: _phrases(lists[name], words, semicolon) for name in ("labels", "sentences", "texts", "figures")}
    rest = {name: lists[name] for name in ("heads", "units", "words", "frame", "levels", "roles", "before")}
    return Catalogue(**phrases, **rest, language=language)  # type: ignore[arg-type] # by the names of the fields


@functools.cache
def _entities() -> dict[str, dict[str, str]]:
    text = importlib.resources.files("reports.languages").joinpath("entities.yaml").read_text(encoding="utf-8")
    read: dict[str, dict[str, str]] = yaml.safe_load(text)
    return read


def entity_name(entity_type: str, language: str) -> str:
    """What an entity type is called in a report of this language."""
    return _entities().get(language.lower()[:2], {}).get(entity_type) or entity_type.replace("_", " ").lower()


def spoken(language: str) -> Catalogue | None:
    """The catalogue of a language, None when there is none (English)."""
    code = language.lower()[:2]
    return catalogue(code) if code in CATALOGUES else None


def in_language(result: AnalysisResult, analysis: str, language: str) -> AnalysisResult:
    """The result of an analysis (by its name) in a language; as it is when there is no catalogue of it."""
    there = spoken(language)
    if there is None:
        return result
    return result.model_copy(
        update={
            "facts": tuple(_fact(fact, analysis, there) for fact in result.facts),
            "charts": tuple(_chart(chart, analysis, there) for chart in result.charts),
            "tables": tuple(_table(table, analysis, there) for table in result.tables),
            "callouts": tuple(_callout(callout, analysis, there) for callout in result.callouts),
            "missing": tuple(_missing(one, there) for one in result.missing),
            "notes": tuple(there.texts.of(note) for note in result.notes),
        }
    )


def told_in(result: AnalysisResult, language: str) -> AnalysisResult:
    """A result as it is told: without samples, and what is missing in a language (some of it was found out later)."""
    there = spoken(language)
    missing = result.missing if there is None else tuple(_missing(one, there) for one in result.missing)
    return result.model_copy(update={"samples": (), "missing": missing})


def words_in(text: str, language: str) -> str:
    """A sentence of ours in a language."""
    there = spoken(language)
    return text if there is None else there.texts.of(text)


def _phrases(texts: Mapping[str, str], words: Mapping[str, str], semicolon: str) -> Phrases:
    slotted = [english for english in texts if _SLOT.search(english)]
    slotted.sort(key=lambda english: -len(_SLOT.sub("", english)))
    return Phrases(
        {english: there for english, there in texts.items() if not _SLOT.search(english)},
        tuple((_pattern(english, words), texts[english]) for english in slotted),
        words,
        tuple(slotted),
        semicolon,
    )


def _pattern(english: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """A slot takes what has no full stop or semicolon inside; one of our words takes only such a word."""
    ours = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    made, last = "", 0
    for slot in _SLOT.finditer(english):
        inside = ours if slot[2] else r"(?:(?![.;] ).)+?"
        made += re.escape(english[last : slot.start()]) + f"(?P<{slot[1]}>{inside})"
        last = slot.end()
    return re.compile(made + re.escape(english[last:]), re.DOTALL)


def _filled(text: str, match: re.Match[str], words: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: words[match[slot[1]]] if slot[2] else match[slot[1]], text)


def _fact(fact: Fact, analysis: str, there: Catalogue) -> Fact:
    found = there.labels.find(fact.label)
    article = _ARTICLE.fullmatch(found) if found else None
    told = fact.sentence
    if told is not None:
        parts = (there.sentences.find(f"{told.subject}|{told.verb}|{told.rest}") or "").split("|")
        told = Sentence(subject=parts[0], verb=parts[1], rest=parts[2]) if len(parts) == 3 else None  # noqa: PLR2004
    ours = isinstance(fact.value, str) and not fact.personal and _OUR_VALUES.fullmatch(fact.label)
    update: dict[str, Any] = {
        "unit": there.units.get(fact.unit, fact.unit),
        "group": fact.group if fact.personal else _group(fact.group, analysis, there),
        "value": there.words.get(str(fact.value), fact.value) if ours else _month(fact.value, there),
        "sentence": told,
    }
    if article:
        label = article[2][:1].upper() + article[2][1:]
        update |= {"label": label, "article": article[1].strip(), "language": there.language}
    return fact.model_copy(update=update)


def _month(value: Value, there: Catalogue) -> Value:
    """`April 2025` in a language; any other value as it is."""
    dated = _DATED.fullmatch(value) if isinstance(value, str) else None
    return f"{there.words[dated[1]]} {dated[2]}" if dated and dated[1] in _MONTHS else value


def _group(group: str | None, analysis: str, there: Catalogue) -> str | None:
    if group is None:
        return None
    if analysis == "service_levels":
        kind, blank, rest = group.partition(" ")
        return there.words.get(kind, kind) + blank + rest
    return _word(group, there) if analysis in _OUR_GROUPS else group


def _word(text: str, there: Catalogue) -> str:
    """Our words, one or several with commas between them."""
    return ", ".join(there.words.get(part, part) for part in text.split(", "))


def _chart(chart: Chart, analysis: str, there: Catalogue) -> Chart:
    def option(name: str, value: str) -> str:
        if name in _LISTED:
            return "|".join(there.words.get(part, part) for part in value.split("|"))
        ours = name in _OUR_OPTIONS and (name != "highlight" or _ours(chart.x, analysis))
        return there.words.get(value, value) if ours else value

    return chart.model_copy(
        update={
            "title": there.figures.of(chart.title),
            "alt": there.figures.of(chart.alt),
            "data": _table(chart.data, analysis, there),
            "x": there.heads.get(chart.x, chart.x),
            "y": tuple(there.heads.get(name, name) for name in chart.y),
            "series": there.heads.get(chart.series, chart.series) if chart.series else chart.series,
            "options": {name: option(name, value) for name, value in chart.options.items()},
        }
    )


def _table(table: DataTable, analysis: str, there: Catalogue) -> DataTable:
    ours = [_ours(head.name, analysis) and head.name not in table.personal for head in table.columns]

    def cell(value: Cell, *, translated: bool) -> Cell:
        return _word(value, there) if translated and isinstance(value, str) else value

    return table.model_copy(
        update={
            "title": there.figures.of(table.title),
            "columns": tuple(_head(head, there) for head in table.columns),
            "rows": tuple(
                tuple(cell(value, translated=mine) for value, mine in zip(row, ours, strict=True)) for row in table.rows
            ),
            "personal": tuple(there.heads.get(name, name) for name in table.personal),
        }
    )


def _ours(head: str, analysis: str) -> bool:
    return head in _OUR_CELLS or (head == "Group" and analysis in _OUR_GROUPS)


def _head(head: TableColumn, there: Catalogue) -> TableColumn:
    return head.model_copy(
        update={"name": there.heads.get(head.name, head.name), "unit": there.units.get(head.unit, head.unit)}
    )


def _callout(callout: Callout, analysis: str, there: Catalogue) -> Callout:
    title = _word(callout.title, there) if analysis == "personalisation" else callout.title
    return callout.model_copy(
        update={
            "title": there.texts.find(title) or there.words.get(title, title),
            "text": there.texts.of(callout.text),
        }
    )


def _missing(one: MissingData, there: Catalogue) -> MissingData:
    what = there.texts.find(one.what) or there.words.get(one.what, one.what)
    return one.model_copy(update={"what": what, "why": there.texts.of(one.why)})
