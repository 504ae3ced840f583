"""Findings and points of a section."""

from __future__ import annotations

from reports.assembly import in_full, section_of
from reports.document import Callout, Points
from reports.results import AnalysisResult
from reports.writing import Part, Written

FINDING = Callout(
    tone="critical", title="Access after leaving", text="16 entries by 4 people. Accounts should be closed."
)


def points_of(*points: str) -> list[str]:
    written = Written(paragraphs=(), points=tuple(Part(text=text) for text in points), origin="model")
    section = section_of("s", "S", AnalysisResult(callouts=(FINDING,)), written)
    return [item for block in section.blocks if isinstance(block, Points) for item in block.items]


def test_a_finding_is_told_with_what_it_is_about() -> None:
    assert in_full(FINDING) == "Access after leaving. 16 entries by 4 people. Accounts should be closed."


def test_a_point_that_repeats_a_finding_whole_or_in_part_is_left_out() -> None:
    assert points_of(FINDING.text, in_full(FINDING), "16 entries by 4 people.") == []
    assert points_of("Access after leaving. Accounts should be closed.") == []  # a sentence was refused
    kept = "16 entries by 4 people. Ask the personnel department."
    assert points_of(kept) == [kept]
