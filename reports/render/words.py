"""Words of the frame of a report, per language, and what is common to all forms: numbers, cells, the summary."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

from reports.document import Callout, Cell, FactsTable, ReportDocument, TableColumn
from reports.facts import Fact, NumberFormat, write_number
from reports.language import spoken

_ENGLISH: Final = {
    "contents": "Contents",
    "summary": "Executive summary",
    "data": "Data of this chart",
    "figures": "All figures",
    "seen": "What the model saw",
    "level": "Privacy level",
    "created": "Created",
    "source": "Data",
    "template": "Template",
    "approved": "Approved by",
    "missing": "Not computed",
    "needed": "Needed",
    "quote": "Quote from",
    "info": "Note",
    "good": "Strength",
    "warning": "Watch",
    "critical": "Act",
    "recommendation": "Recommendation",
    "degraded": "Note on this text",
    "doubts": "No fact bears out",
    "edited": "Edited by a person",
    "policy": "Policy",
    "session": "Session",
    "k": "Smallest group told",
    "suppressed": "Groups left out as too small",
    "noise": "Noise",
    "cost": "Cost",
    "checkpoint": "Audit checkpoint",
    "exchanges": "Exchanges",
    "entities": "Personal values scrambled",
    "entity": "Entity type",
    "count": "Values",
    "prompts": "Prompts as they left",
    "prompt": "Prompt",
    "answer": "Answer",
    "model": "Model",
    "tokens": "Tokens in / out",
    "section": "Section",
    "parameters": "Parameters",
    "fact": "Figure",
    "group": "About",
    "value": "Value",
    "basis": "Rows behind it",
    "origin": "Computed from",
    "id": "Id",
    "yes": "yes",
    "no": "no",
    "aggregates": "statistics only",
    "scrambled": "scrambled samples",
    "local": "local model only",
    "page": "Page",
    "none": "none",
    "nothing": "No prompt left for a model: the text was written by rules.",
    "report": "Report",
    "more": "more",
    "rows_of": "{jar}, {rows} rows of {tables} tables",
    "rows_of_one": "{jar}, {rows} rows of one table",
    "section_figures": "All figures of this section",
    "computed": "How this was computed",
    "no_answer": "the model {model} did not answer ({code})",
    "no_stand": "the text of the model {model} did not stand up to the check of its numbers",
    "last_check": "the text of the model did not pass the last check",
    "other_wrote": "{reason}; {model} wrote this section",
    "by_rules": "{reason}; this section was put together from its facts by rules",
}
_ISO_DAY: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_DAYS: Final = {"de": "%d.%m.%Y", "fr": "%d/%m/%Y", "es": "%d/%m/%Y", "it": "%d/%m/%Y", "nl": "%d-%m-%Y"}
_KEY_FIGURES, _KEY_FINDINGS = 6, 5
_WEIGHT: Final = {"critical": 0, "recommendation": 1, "warning": 2, "good": 3, "info": 4}


def words(language: str) -> Mapping[str, str]:
    """The words of a language; English when there are none."""
    there = spoken(language)
    return there.frame if there else _ENGLISH


def level_of(level: str, language: str) -> str:
    """What a privacy level lets out, in the language of the report: its id means nothing to a reader."""
    said = words(language)[level]
    return f"{said[:1].upper()}{said[1:]}"


def cost_of(cost: float, currency: str, form: NumberFormat) -> str:
    """What the models cost, in the operator's currency where it has a name."""
    return f"{write_number(cost, 2 if cost == 0 else 4, form)} {currency}".strip()


def cell(value: Cell, column: TableColumn, form: NumberFormat, language: str = "en") -> str:
    """A cell as text, without its unit (that stands in the head)."""
    if value is None:
        return "–"  # noqa: RUF001 - the typographic sign of an empty cell
    if isinstance(value, bool):
        return words(language)["yes" if value else "no"]
    if isinstance(value, str):
        return _day_or_month(value, column, language) if _ISO_DAY.fullmatch(value) else value
    return write_number(value, column.digits, form)


def _day_or_month(value: str, column: TableColumn, language: str) -> str:
    """An ISO day as a language writes it; under a head that says month as a month. English keeps ISO days."""
    there = spoken(language)
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        return value
    if column.name == (there.heads["Month"] if there else "Month"):
        month = f"{day:%B}"
        return f"{there.words[month] if there else month} {day.year}"
    form = _DAYS.get(language[:2])
    return day.strftime(form) if form else value


def head(column: TableColumn) -> str:
    """A column's head with its unit."""
    return f"{column.name}, {column.unit}" if column.unit else column.name


def date_of(document: ReportDocument) -> str:
    """The day of the report in its language."""
    try:
        day = dt.datetime.fromisoformat(document.created)
    except ValueError:
        return document.created
    if document.language.startswith("de"):
        return f"{day.day}.{day.month}.{day.year}"
    there = spoken(document.language)
    month = there.words[f"{day:%B}"] if there else f"{day:%B}"
    of = " de " if document.language.startswith("es") else " "
    return f"{day.day}{of}{month}{of}{day.year}"


def shown_in(alt: str) -> str:
    """What a chart shows, out of its alternative text (`Bars: share of the orders per channel.`), for readers."""
    form, colon, rest = alt.partition(":")
    text = (rest if colon else form).strip().removesuffix(".")
    return text[:1].upper() + text[1:]


def key_figures(document: ReportDocument) -> list[Fact]:
    """The key figures of the whole report: one or two of each section, in their order."""
    found: list[Fact] = []
    tables = [
        [b for b in section.blocks if isinstance(b, FactsTable) and b.layout == "figures"]
        for section in document.sections
    ]
    for place in range(_KEY_FIGURES):
        for blocks in tables:
            facts = [fact for block in blocks for fact in block.facts if fact.id not in {one.id for one in found}]
            if facts and len(found) < _KEY_FIGURES and place < 3:  # noqa: PLR2004 - turns around the sections
                found.append(facts[0])
    order = [fact.id for blocks in tables for block in blocks for fact in block.facts]
    return sorted(found, key=lambda fact: order.index(fact.id))


def key_findings(document: ReportDocument) -> list[Callout]:
    """The weightiest finding of each section, then the next ones, five at most; told by their weight.

    Minor ones of all sections come after all others: the season of one section does not push out another's bottleneck.
    """
    per_section = [
        sorted((b for b in section.blocks if isinstance(b, Callout) and b.tone != "info"), key=_importance)
        for section in document.sections
    ]
    turns = [found[turn] for turn in range(_KEY_FINDINGS) for found in per_section if len(found) > turn]
    chosen = sorted(turns, key=lambda finding: finding.rank == "detail")[:_KEY_FINDINGS]
    return sorted(chosen, key=_importance)


def _importance(finding: Callout) -> tuple[bool, int]:
    return finding.rank == "detail", _WEIGHT[finding.tone]
