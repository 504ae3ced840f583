"""docs/comparison.md: our own figures are those of the pages that it names, and its tests exist."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGE = " ".join((DOCS / "comparison.md").read_text(encoding="utf-8").split())


def row(page: str, *start: str) -> list[str]:
    """The cells of the first row of a page's tables that begins with these."""
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[: len(start)] == list(start):
            return cells
    raise AssertionError(f"{page} has no row {start}")


def test_tests_that_it_names_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert len(named) >= 9
    assert [name for name in named if not (DOCS.parent / name).exists()] == []


def test_detection_figures_are_those_of_the_detection_page() -> None:
    sets = [
        row("detection.md", name, "balanced") for name in ("presidio_synth_v2.json", "nano_en.json", "pupa_new.csv")
    ]
    leaks, over = [cells[3] for cells in sets], [cells[4] for cells in sets]
    assert (
        f"leaves {leaks[0]} % (presidio_synth_v2.json), {leaks[1]} % (nano_en.json) and {leaks[2]} % (pupa_new.csv)"
        in PAGE
    )
    assert f"covers {over[0]} %, {over[1]} % and {over[2]} % of the others" in PAGE
    low, high = min(map(float, over)), max(map(float, over))
    assert f"{low:.0f} to {high:.0f} % of the characters that are no personal data" in PAGE


def test_speeds_are_those_of_the_benchmarks() -> None:
    new, seen, stream = (
        row("benchmarks.md", name)[4]
        for name in ("30 turns, all new", "30 turns, seen text", "short stream, seen text")
    )
    assert f"{new} of the pass-through's rate; only turns that were decided earlier are quick ({seen})" in PAGE
    assert f"{stream} of the pass-through's rate" in PAGE
    later = float(row("benchmarks.md", "64 streams at once")[3])
    assert f"the first piece came {later:.0f} ms later" in PAGE
    ready = re.search(r"Ready ([\d.]+) s after", (DOCS / "benchmarks.md").read_text(encoding="utf-8"))
    assert ready
    assert f"ready after {ready[1]} s" in PAGE
