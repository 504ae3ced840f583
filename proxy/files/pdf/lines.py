"""From characters with places to text: letters in a row are a cell, cells of one baseline are parted by tabs. Pure.

Cells stand in the order in which the file draws them: nearly every program draws a column after the other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from proxy.files.pdf.canvas import Canvas, Glyph
from proxy.files.pdf.fonts import UNKNOWN

_SPACE = 0.18
"""Of the letters' size: a wider gap parts words."""
_BREAK = 1.2
"""A wider gap parts cells."""
_BACK = 0.5
"""Letters may begin this much before the last one ends (kerning, italics)."""
_RAISED = 0.45
"""A neighbour whose baseline differs by less is in the same cell (exponents)."""
_TURNED = 0.02
"""Radians up to which two directions are the same."""
_HYPHENS = "-\u00ad\u2010"


@dataclass(slots=True)
class Placed:
    """A glyph on the page: from `start` to `end` along its baseline, in units of the page."""

    glyph: Glyph
    start: float
    end: float
    em: float
    gap: float = 0.0
    """To the glyph before it in its cell."""


@dataclass(slots=True)
class Cell:
    """Glyphs in a row."""

    direction: float
    baseline: float
    glyphs: list[Placed] = field(default_factory=list)

    def takes(self, direction: float, baseline: float, placed: Placed, tolerance: float) -> bool:
        """Whether the glyph goes on where this cell ends."""
        last = self.glyphs[-1]
        em = max(last.em, placed.em)
        near = -_BACK * em <= placed.start - last.end <= _BREAK * em
        return (
            near
            and math.isclose(direction, self.direction, abs_tol=_TURNED)
            and abs(baseline - self.baseline) <= tolerance * em
        )


@dataclass(slots=True)
class Page:
    """The text of a canvas; `owners` names the glyph of each character, as (cell, glyph), or None."""

    cells: list[Cell]
    text: str
    owners: list[tuple[int, int] | None]


def read(canvas: Canvas) -> Page:
    """The cells and the text of a canvas."""
    cells = _cells(canvas)
    text: list[str] = []
    owners: list[tuple[int, int] | None] = []
    for number, cell in enumerate(cells):
        if number:
            _part(cells[number - 1], cell, text, owners)
        for place, placed in enumerate(cell.glyphs):
            letters = placed.glyph.code.text
            spaced = text and text[-1].isspace()
            if place and placed.gap >= _SPACE * placed.em and not spaced and not letters.isspace():
                text.append(" ")
                owners.append(None)
            text += letters
            owners += [(number, place)] * len(letters)
    return Page(cells, "".join(text), owners)


def unreadable(page: Page) -> bool:
    """Whether two neighbouring characters cannot be read; a single one is a bullet or a sign."""
    return any(
        first.glyph.code.text == second.glyph.code.text == UNKNOWN
        for cell in page.cells
        for first, second in zip(cell.glyphs, cell.glyphs[1:], strict=False)
    )


def _cells(canvas: Canvas) -> list[Cell]:
    cells: list[Cell] = []
    near: dict[int, list[Cell]] = defaultdict(list)
    last: Cell | None = None
    for direction, baseline, placed in _placed(canvas):
        if last is None or not last.takes(direction, baseline, placed, _RAISED):
            level = round(baseline)
            known = (cell for key in (level, level - 1, level + 1) for cell in reversed(near[key]))
            last = next((cell for cell in known if cell.takes(direction, baseline, placed, 0.1)), None)
            if last is None:
                last = Cell(direction, baseline)
                cells.append(last)
                near[level].append(last)
        if last.glyphs:
            placed.gap = placed.start - last.glyphs[-1].end
        last.glyphs.append(placed)
    return cells


def _placed(canvas: Canvas) -> Iterator[tuple[float, float, Placed]]:
    for show in canvas.shows.values():
        direction, baseline, start, along, across = show.placed()
        for part in show.parts:
            if isinstance(part, Glyph):
                at = start + part.offset * along
                yield direction, baseline, Placed(part, at, at + part.width * along, show.em * across)


def _part(before: Cell, cell: Cell, text: list[str], owners: list[tuple[int, int] | None]) -> None:
    """What stands between two cells: a tab, a line's end, or nothing where a word was divided."""
    em = cell.glyphs[0].em
    same = math.isclose(before.direction, cell.direction, abs_tol=_TURNED)
    if same and abs(before.baseline - cell.baseline) < 0.1 * em:
        text.append("\t")
        owners.append(None)
        return
    divided = len(text) > 1 and text[-1] in _HYPHENS and text[-2].isalpha()
    if divided and cell.glyphs[0].glyph.code.text[:1].islower():
        text.pop()
        owners.pop()
        return
    text.append("\n")
    owners.append(None)
