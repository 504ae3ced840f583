"""Words of the frame of a report, per language, and what is common to all forms: numbers, cells, the summary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from reports.document import Callout, Cell, FactsTable, ReportDocument, TableColumn
from reports.facts import Fact, NumberFormat, write_number

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
    "quote": "Scrambled quote from",
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
    "section_figures": "All figures of this section",
    "computed": "How this was computed",
    "no_answer": "the model {model} did not answer ({code})",
    "no_stand": "the text of the model {model} did not stand up to the check of its numbers",
    "last_check": "the text of the model did not pass the last check",
    "other_wrote": "{reason}; {model} wrote this section",
    "by_rules": "{reason}; this section was put together from its facts by rules",
}
_GERMAN: Final = {
    "contents": "Inhalt",
    "summary": "Das Wichtigste",
    "data": "Daten dieser Grafik",
    "figures": "Alle Zahlen",
    "seen": "Was das Modell gesehen hat",
    "level": "Datenschutzstufe",
    "created": "Erstellt",
    "source": "Daten",
    "template": "Vorlage",
    "approved": "Freigegeben von",
    "missing": "Nicht berechnet",
    "needed": "Benötigt",
    "quote": "Verfremdetes Zitat aus",
    "info": "Hinweis",
    "good": "Stärke",
    "warning": "Beobachten",
    "critical": "Handeln",
    "recommendation": "Empfehlung",
    "degraded": "Zu diesem Text",
    "doubts": "Durch keine Zahl belegt",
    "edited": "Von einem Menschen bearbeitet",
    "policy": "Richtlinie",
    "session": "Sitzung",
    "k": "Kleinste genannte Gruppe",
    "suppressed": "Zu kleine, ausgelassene Gruppen",
    "noise": "Rauschen",
    "cost": "Kosten",
    "checkpoint": "Prüfpunkt des Protokolls",
    "exchanges": "Anfragen",
    "entities": "Verfremdete persönliche Werte",
    "entity": "Art",
    "count": "Werte",
    "prompts": "Anfragen, wie sie hinausgingen",
    "prompt": "Anfrage",
    "answer": "Antwort",
    "model": "Modell",
    "tokens": "Tokens hin / zurück",
    "section": "Abschnitt",
    "parameters": "Parameter",
    "fact": "Zahl",
    "group": "Über",
    "value": "Wert",
    "basis": "Zeilen dahinter",
    "origin": "Berechnet aus",
    "id": "Kennung",
    "yes": "ja",
    "no": "nein",
    "aggregates": "nur Statistik",
    "scrambled": "verfremdete Beispiele",
    "local": "nur lokales Modell",
    "page": "Seite",
    "none": "keine",
    "nothing": "Keine Anfrage ging an ein Modell: Der Text wurde nach Regeln geschrieben.",
    "report": "Bericht",
    "more": "weitere",
    "rows_of": "{jar}, {rows} Zeilen aus {tables} Tabellen",
    "section_figures": "Alle Zahlen dieses Abschnitts",
    "computed": "Wie das berechnet wurde",
    "no_answer": "das Modell {model} hat nicht geantwortet ({code})",
    "no_stand": "der Text des Modells {model} hielt der Prüfung seiner Zahlen nicht stand",
    "last_check": "der Text des Modells hielt der letzten Prüfung nicht stand",
    "other_wrote": "{reason}; {model} hat diesen Abschnitt geschrieben",
    "by_rules": "{reason}; dieser Abschnitt wurde nach Regeln aus seinen Zahlen gebildet",
}
_KEY_FIGURES, _KEY_FINDINGS = 6, 5
_WEIGHT: Final = {"critical": 0, "recommendation": 1, "warning": 2, "good": 3, "info": 4}


def words(language: str) -> Mapping[str, str]:
    """The words of a language; English when there are none."""
    return _GERMAN if language.lower().startswith("de") else _ENGLISH


def cell(value: Cell, column: TableColumn, form: NumberFormat, language: str = "en") -> str:
    """A cell as text, without its unit (that stands in the head)."""
    if value is None:
        return "–"  # noqa: RUF001 - the typographic sign of an empty cell
    if isinstance(value, bool):
        return words(language)["yes" if value else "no"]
    return value if isinstance(value, str) else write_number(value, column.digits, form)


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
    return f"{day.day} {day:%B %Y}"


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
    """The weightiest finding of each section, then the next ones, five at most."""
    per_section = [
        sorted(
            (b for b in section.blocks if isinstance(b, Callout) and b.tone != "info"), key=lambda b: _WEIGHT[b.tone]
        )
        for section in document.sections
    ]
    turns = [found[turn] for turn in range(_KEY_FINDINGS) for found in per_section if len(found) > turn]
    return turns[:_KEY_FINDINGS]
