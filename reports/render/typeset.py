"""The report as PDF by typst, for machines without WeasyPrint's libraries. Plainer, with the same contents.

Everything that comes from data or a model goes in as data (JSON), never as typst's own markup: nothing in it is run.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from reports.chart_data import png
from reports.document import (
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
from reports.facts import number_format
from reports.house_style import font_folder, serif_folder
from reports.language import entity_name
from reports.render.brand import HOUSE, Brand
from reports.render.words import cell, cost_of, date_of, head, key_figures, key_findings, level_of, shown_in, words

_HERE = Path(__file__).parent


def typeset(document: ReportDocument, brand: Brand = HOUSE) -> bytes:
    """The PDF's bytes."""
    import typst  # noqa: PLC0415 - only where it is needed

    pictures: dict[str, bytes] = {}
    data = _data(document, brand, pictures)
    # statistics and tokens, or what the reader may see: in a folder that only this user can read, and only for a moment
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "report.json").write_text(json.dumps(data), encoding="utf-8")
        (root / "report.typ").write_bytes((_HERE / "report.typ").read_bytes())
        if brand.logo:
            pictures[str(data["logo"])] = brand.logo
        for name, picture in pictures.items():
            (root / name).write_bytes(picture)
        made = typst.compile(str(root / "report.typ"), root=str(root), font_paths=_typefaces())
    if not isinstance(made, bytes):
        raise TypeError("typst made no PDF")
    return made


def _data(document: ReportDocument, brand: Brand, pictures: dict[str, bytes]) -> dict[str, Any]:
    """What the page is made of; charts are added to `pictures`."""
    form, said = number_format(document.language), words(document.language)
    sections = []
    for section in document.sections:
        blocks = [_block(block, document, pictures, brand) for block in section.blocks]
        sections.append(
            {
                "title": section.title,
                "blocks": [block for block in blocks if block],
                "figures": [
                    [fact.label, fact.group or "", fact.written(form)]
                    for block in section.blocks
                    if isinstance(block, FactsTable) and block.layout == "table"
                    for fact in block.facts
                ],
            }
        )
    return {
        "title": document.title,
        "accent": brand.light.accent,
        "logo": f"logo.{brand.logo_type.removeprefix('image/')}" if brand.logo else "",
        "brand": brand.name,
        "subtitle": document.subtitle,
        "date": date_of(document),
        "jars": ", ".join(document.jars),
        "language": document.language[:2],
        "level": level_of(document.level, document.language),
        "words": dict(said),
        "figures": [[fact.written(form), fact.label] for fact in key_figures(document)],
        "findings": [[said[found.tone], found.title, found.text] for found in key_findings(document)],
        "sections": sections,
        "explanation": document.seen.explanation,
        "seen_heads": [said["seen"], said["value"]],
        "seen": _seen(document),
        "prompts": [[prompt.section or prompt.step, prompt.prompt[:1_200]] for prompt in document.seen.prompts],
    }


def _typefaces() -> list[str]:
    """Folders with the house's typefaces; none when they are not installed: typst brings one of its own."""
    try:
        return [str(font_folder()), str(serif_folder())]
    except ModuleNotFoundError:
        return []


def _seen(document: ReportDocument) -> list[list[str]]:
    """What the appendix tells: words and values."""
    said, seen = words(document.language), document.seen
    told = [
        (said["level"], level_of(seen.level, document.language)),
        (said["k"], str(seen.k)),
        (said["suppressed"], str(seen.suppressed)),
        (said["policy"], seen.policy),
        (said["noise"], seen.noise),
        (
            said["cost"],
            None if seen.cost is None else cost_of(seen.cost, seen.currency, number_format(document.language)),
        ),
        (said["exchanges"], str(len(seen.exchanges))),
        (said["checkpoint"], seen.checkpoint),
        *document.parameters.items(),
        *((f"{said['entities']}: {entity_name(name, document.language)}", str(n)) for name, n in seen.entities.items()),
    ]
    return [[name, str(value)] for name, value in told if value]


def _block(block: object, document: ReportDocument, pictures: dict[str, bytes], brand: Brand) -> dict[str, Any] | None:
    form = number_format(document.language)
    if isinstance(block, Paragraph):
        return {"kind": "text", "text": block.text}
    if isinstance(block, Points):
        return {"kind": "points", "items": list(block.items)}
    if isinstance(block, FactsTable):
        # all figures stand at the end, like in the other PDF
        items = [[fact.written(form), fact.label] for fact in block.facts]
        return {"kind": "keys", "items": items} if block.layout == "figures" else None
    if isinstance(block, TableBlock):
        return _table(block.table, document)
    if isinstance(block, ChartBlock):
        name = f"chart{len(pictures)}.png"
        pictures[name] = png(block.chart, form=form, palette=brand.light, language=document.language)
        return {
            "kind": "picture",
            "title": block.chart.title,
            "alt": block.chart.alt,
            "file": name,
            "shown": shown_in(block.chart.alt),
        }
    return _remark(block, document)


def _remark(block: object, document: ReportDocument) -> dict[str, Any] | None:
    said = words(document.language)
    if isinstance(block, Callout):
        return {"kind": "callout", "tag": said[block.tone], "title": block.title, "text": block.text}
    if isinstance(block, Quote):
        return {"kind": "callout", "tag": f"{said['quote']} {block.source}", "title": "", "text": block.text}
    if isinstance(block, MissingData):
        return {"kind": "callout", "tag": said["missing"], "title": block.what, "text": f"{block.why}."}
    return None


def _table(table: DataTable, document: ReportDocument) -> dict[str, Any]:
    form = number_format(document.language)
    rows = [
        [cell(value, column, form, document.language) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    return {"kind": "table", "title": table.title, "heads": [head(column) for column in table.columns], "rows": rows}
