"""The report as Markdown. What comes from data or a model is escaped: it can form no link, picture or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from reports.document import (
    Block,
    Callout,
    ChartBlock,
    DataTable,
    FactsTable,
    MissingData,
    Paragraph,
    Points,
    Quote,
    ReportDocument,
    TableBlock,
)
from reports.facts import Fact, NumberFormat, number_format
from reports.language import entity_name
from reports.render.words import cell, date_of, head, key_figures, key_findings, level_of, words

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$&])")
_BEGIN = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=\s|$|-|=)", re.MULTILINE)
_SCHEME = re.compile(r"\b(https?|ftp|file|data|javascript|mailto)(:)", re.IGNORECASE)


def plain(text: str) -> str:
    """`text` as Markdown that shows just these characters, on one line."""
    flat = " ".join(text.split())
    marked = _SCHEME.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", flat))
    return _BEGIN.sub(r"\1\\\2", marked).replace("www.", "www\\.")


def markdown(document: ReportDocument) -> str:
    """The whole report, charts as their data tables."""
    said, form = words(document.language), number_format(document.language)
    lines = [f"# {plain(document.title)}", ""]
    lines += [plain(document.subtitle), ""] if document.subtitle else []
    jars = ", ".join(plain(jar) for jar in document.jars) or said["none"]
    level = level_of(document.level, document.language)
    lines += [
        f"{said['created']}: {date_of(document)}  ",
        f"{said['source']}: {jars}  ",
        f"{said['level']}: {level}",
        "",
    ]
    lines += [f"## {said['summary']}", "", *_facts(key_figures(document), said, form)]
    lines += [
        f"- **{said[found.tone]}: {plain(found.title)}.** {plain(found.text)}" for found in key_findings(document)
    ]
    for number, section in enumerate(document.sections, start=1):
        lines += ["", f"## {number}. {plain(section.title)}", ""]
        lines += [f"*{said['degraded']}: {plain(section.degraded)}*", ""] if section.degraded else []
        tables = {block.table.id for block in section.blocks if isinstance(block, TableBlock)}
        for block in section.blocks:
            if isinstance(block, ChartBlock) and block.chart.data.id in tables:  # its data stand there anyway
                lines += [f"**{plain(block.chart.title)}** {plain(block.chart.alt)}", ""]
                continue
            lines += [*_block(block, said, form, document.language), ""]
    lines += ["", *_seen(document, said)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _block(block: Block, said: Mapping[str, str], form: NumberFormat, language: str) -> Iterator[str]:
    if isinstance(block, FactsTable):
        yield from _facts(block.facts, said, form, block.title)
    elif isinstance(block, TableBlock):
        yield from _table(block.table, form, language)
    elif isinstance(block, ChartBlock):
        yield f"**{plain(block.chart.title)}** {plain(block.chart.alt)}\n"
        yield from _table(block.chart.data, form, language)
    elif isinstance(block, Points):
        for number, item in enumerate(block.items, start=1):
            yield f"{f'{number}.' if block.ordered else '-'} {plain(item)}"
    else:
        yield from _words(block, said)


def _words(block: Paragraph | Callout | Quote | MissingData, said: Mapping[str, str]) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield plain(block.text)
        if block.doubts:
            yield f"\n*{said['doubts']}: {plain(', '.join(block.doubts))}*"
    elif isinstance(block, Callout):
        yield f"> **{said[block.tone]}: {plain(block.title)}.** {plain(block.text)}"
    elif isinstance(block, Quote):
        yield f"> {plain(block.text)}\n>\n> ({said['quote']} {plain(block.source)})"
    else:
        needed = f" {said['needed']}: {plain(', '.join(block.needed))}." if block.needed else ""
        yield f"*{said['missing']}: {plain(block.what)}. {plain(block.why[:1].upper() + block.why[1:])}.{needed}*"


def _facts(facts: Sequence[Fact], said: Mapping[str, str], form: NumberFormat, title: str = "") -> Iterator[str]:
    if not facts:
        return
    if title:
        yield f"**{plain(title)}**\n"
    yield f"| {said['fact']} | {said['group']} | {said['value']} |"
    yield "|---|---|--:|"
    for fact in facts:
        yield f"| {plain(fact.label)} | {plain(fact.group or '')} | {plain(fact.written(form))} |"
    yield ""


def _table(table: DataTable, form: NumberFormat, language: str) -> Iterator[str]:
    yield f"**{plain(table.title)}**\n"
    yield "| " + " | ".join(plain(head(column)) for column in table.columns) + " |"
    yield "|" + "|".join("---" if number == 0 else "--:" for number in range(len(table.columns))) + "|"
    for row in table.rows:
        cells = (cell(value, column, form, language) for value, column in zip(row, table.columns, strict=True))
        yield "| " + " | ".join(plain(text) for text in cells) + " |"


def _seen(document: ReportDocument, said: Mapping[str, str]) -> Iterator[str]:
    seen = document.seen
    yield f"## {said['seen']}\n"
    yield plain(seen.explanation) + "\n"
    level = level_of(seen.level, document.language)
    for name, value in (("level", level), ("k", seen.k), ("suppressed", seen.suppressed), ("policy", seen.policy)):
        yield f"- {said[name]}: {plain(str(value))}"
    for entity, count in sorted(seen.entities.items()):
        yield f"- {said['entities']}, {plain(entity_name(entity, document.language))}: {count}"
    for prompt in seen.prompts:
        yield f"\n### {plain(prompt.section or prompt.step)}: {plain(prompt.model)}\n"
        yield from (f"    {line}" for line in prompt.prompt.splitlines())
