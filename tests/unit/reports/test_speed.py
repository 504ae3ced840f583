"""How long a template's analyses and its HTML and PDF take on the demo sets, in seconds of one core.

`pytest tests/unit/reports/test_speed.py -s -m long` prints the figures of docs/analytics.md.
"""

from __future__ import annotations

import time

import pytest

from reports.analytics import ANALYSES
from reports.assembly import joined, section_of
from reports.document import ReportDocument
from reports.render import render
from reports.templates import load_template
from reports.writing import Part, Written
from tests.unit.reports.analytics.demo_frames import load
from tests.unit.reports.sample_document import document

TEXT = Written(paragraphs=(Part(text="A paragraph."),), origin="rules")


@pytest.mark.long
@pytest.mark.matrix
@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("customer-insights", "techcorp"),
        ("operational-efficiency", "techcorp"),
        ("compliance-audit", "techcorp"),
        ("healthcare-operations", "healthcare"),
        ("financial-risk", "financial"),
    ],
)
def test_a_template_takes_less_than_thirty_seconds(template: str, name: str) -> None:
    data, wanted = load(name), load_template(template)
    started = time.process_time()
    context = data.context(**wanted.defaults)
    sections = []
    for section in wanted.sections:
        result = joined([ANALYSES[analysis](data.inputs, context) for analysis in section.analyses])
        sections.append(section_of(section.id, section.title, result, TEXT))
    analysed = time.process_time()
    made: ReportDocument = document().model_copy(update={"sections": tuple(sections), "title": wanted.title})
    assert render(made, "html")
    assert render(made, "pdf")
    rendered = time.process_time()
    print(f"{template}: analyses {analysed - started:.1f} s, HTML and PDF {rendered - analysed:.1f} s")  # noqa: T201 - figures
    assert rendered - started < 30
