"""Putting a section together: key figures, text, points, charts, tables, findings, quotes, what is missing. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from reports.document import (
    Block,
    Callout,
    ChartBlock,
    FactsTable,
    MissingData,
    Paragraph,
    Points,
    Quote,
    Section,
    TableBlock,
)
from reports.facts import ENGLISH, Fact, NumberFormat
from reports.render.words import words
from reports.results import AnalysisResult
from reports.sentences import filled
from reports.writing import Written

_FIGURES: Final = 4
_MOST_QUOTES: Final = 3
_BEFORE_VOWEL: Final = re.compile(
    r"\b(il|del|al|dal|nel|sul) (?=(?:8[\d.]*|11?|(?P<zero>0))(?:,\d+)?\s%)", re.IGNORECASE
)
"""An Italian article before a share that is spoken with a vowel or a z first: otto, undici, uno, zero."""
_SENTENCE: Final = re.compile(r"(?<=\.)\s+")


def joined(results: Sequence[AnalysisResult]) -> AnalysisResult:
    """Several results as one; of facts with the same id the first counts."""
    facts: dict[str, Fact] = {}
    for result in results:
        for fact in result.facts:
            facts.setdefault(fact.id, fact)
    return AnalysisResult(
        facts=tuple(facts.values()),
        charts=tuple(chart for result in results for chart in result.charts),
        tables=tuple(table for result in results for table in result.tables),
        callouts=tuple(callout for result in results for callout in result.callouts),
        missing=tuple(dict.fromkeys(note for result in results for note in result.missing)),
        samples=tuple(sample for result in results for sample in result.samples),
        notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
        suppressed=sum(result.suppressed for result in results),
    )


def fresh(result: AnalysisResult, shown: set[str]) -> AnalysisResult:
    """A result without the charts, tables and figures that an earlier section has `shown` (ids; it grows).

    Two sections may rest on one analysis: the facts stay with both texts, the pictures with the first.
    """
    facts = [fact for fact in result.facts if fact.id not in shown]
    charts = [chart for chart in result.charts if chart.id not in shown]
    tables = [table for table in result.tables if table.id not in shown]
    shown |= {one.id for one in facts} | {one.id for one in charts} | {one.id for one in tables}
    return result.model_copy(update={"facts": tuple(facts), "charts": tuple(charts), "tables": tuple(tables)})


def findings_of(result: AnalysisResult, facts: Mapping[str, Fact], form: NumberFormat = ENGLISH) -> list[Callout]:
    """Callouts with their numbers filled in; one that rests on a fact that was left out is left out too."""
    found = []
    for callout in result.callouts:
        title, text = filled(callout.title, facts, form), filled(callout.text, facts, form)
        if title is not None and text is not None:
            found.append(callout.model_copy(update={"title": title, "text": text}))
    return found


def in_full(finding: Callout) -> str:
    """A finding with its title: the text alone does not always say what it is about."""
    return f"{finding.title}. {finding.text}"


def _repeats(point: str, findings: Sequence[Callout]) -> bool:
    """Whether a point says nothing but sentences of one finding."""
    said = [part for part in _SENTENCE.split(point) if part]
    return any(all(part.rstrip(".") in in_full(finding) for part in said) for finding in findings)


def section_of(
    identity: str,
    title: str,
    result: AnalysisResult,
    written: Written,
    quotes: Sequence[tuple[str, str]] = (),
    form: NumberFormat = ENGLISH,
    language: str = "en",
) -> Section:
    """One section of the document. `quotes` are scrambled texts with the table that they come from."""
    said = words(language)
    facts = {fact.id: fact for fact in result.facts}
    blocks: list[Block] = []
    figures = [fact for fact in result.facts if fact.rank == "headline"][:_FIGURES]
    if figures:
        blocks.append(FactsTable(layout="figures", facts=tuple(figures)))
    blocks += [Paragraph(text=part.text, origin=written.origin, facts=part.facts) for part in written.paragraphs]
    findings = findings_of(result, facts, form)
    # a model may repeat a finding as its point; the finding stands out more
    points = [part for part in written.points if not _repeats(part.text, findings)]
    if points:
        cited = tuple(dict.fromkeys(name for part in points for name in part.facts))
        blocks.append(Points(items=tuple(part.text for part in points), origin=written.origin, facts=cited))
    blocks += [ChartBlock(chart=chart) for chart in result.charts]
    blocks += [TableBlock(table=table) for table in result.tables]
    blocks += findings
    blocks += [Quote(text=text, source=source) for text, source in quotes[:_MOST_QUOTES]]
    others = [fact for fact in result.facts if fact not in figures]
    if others:
        blocks.append(FactsTable(title=said["section_figures"], facts=tuple(others)))
    notes = [text for note in result.notes if (text := filled(note, facts, form)) is not None]
    if notes:
        blocks.append(Callout(title=said["computed"], text=" ".join(notes)))
    for note in result.missing:
        what, why = filled(note.what, facts, form), filled(note.why, facts, form)
        if what is not None and why is not None:
            blocks.append(MissingData(what=what, why=why, needed=note.needed))
    section = Section(id=identity, title=title, blocks=tuple(blocks), degraded=written.degraded)
    return with_elisions(section) if language == "it" else section


def elided(text: str) -> str:
    """A text with `l'8 %` for `il 8 %`, `nell'11 %` for `nel 11 %`, `lo 0,1 %` for `il 0,1 %`."""

    def joined(match: re.Match[str]) -> str:
        word = match[1]
        stem = ("L" if word[0] == "I" else "l") if word.lower() == "il" else f"{word}l"
        return f"{stem}o " if match["zero"] else f"{stem}'"

    return _BEFORE_VOWEL.sub(joined, text)


def with_elisions(section: Section) -> Section:
    """A section as Italian writes it: `l'8 %` and `nell'11 %`, not `il 8 %` and `nel 11 %`; words of the data stay."""
    blocks: list[Block] = []
    for block in section.blocks:
        if isinstance(block, Paragraph):
            blocks.append(block.model_copy(update={"text": elided(block.text)}))
        elif isinstance(block, Points):
            blocks.append(block.model_copy(update={"items": tuple(map(elided, block.items))}))
        elif isinstance(block, Callout):
            blocks.append(block.model_copy(update={"text": elided(block.text)}))
        else:
            blocks.append(block)
    return section.model_copy(update={"blocks": tuple(blocks)})
