"""Where the characters of changed cells stand. What is left closes up: no gap tells how long a value was. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proxy.files.changes import Edit
from proxy.files.pdf.canvas import Glyph
from proxy.files.pdf.lines import Cell, Page, Placed


@dataclass(frozen=True, slots=True)
class Piece:
    """A character that stays (`text` None) or a text in place of it: where it stands now, and how much narrower."""

    glyph: Glyph
    shift: float
    """Along the baseline, in text space, from where the glyph stood."""
    narrowed: float
    text: str | None = None


Widths = Callable[[str], float]
"""Width of a text in parts of the letters' size."""


def moved(page: Page, edits: Sequence[Edit], width_of: Widths, limit: float | None) -> dict[int, list[Piece]]:
    """The pieces of every glyph (by `id`) of the cells that change; a glyph without pieces is gone."""
    new: dict[tuple[int, int], str] = {}
    gone: set[tuple[int, int]] = set()
    for edit in edits:
        _mark(page, edit, new, gone)
    changed = {cell for cell, _ in (*gone, *new)}
    pieces: dict[int, list[Piece]] = defaultdict(list)
    for number in changed:
        _lay(page, number, new, gone, width_of, limit, pieces)
    return pieces


def _mark(page: Page, edit: Edit, new: dict[tuple[int, int], str], gone: set[tuple[int, int]]) -> None:
    """What the edit removes and where its text goes; a code that stands for several letters goes as a whole."""
    held = [owner for owner in page.owners[edit.start : edit.end] if owner is not None]
    if not held:  # only what parts words was replaced: the text goes in front of the next character
        held = [owner for owner in page.owners[edit.start :] if owner is not None][:1]
        if held:
            letters = page.cells[held[0][0]].glyphs[held[0][1]].glyph.code.text
            new[held[0]] = new.get(held[0], "") + edit.text + ("" if held[0] in gone else letters)
            gone.add(held[0])
        return
    low, high = edit.start, edit.end
    while low and page.owners[low - 1] == held[0]:
        low -= 1
    while high < len(page.owners) and page.owners[high] == held[-1]:
        high += 1
    first = held[0]
    head = "" if first in gone else page.text[low : edit.start]
    new[first] = new.get(first, "") + head + edit.text + page.text[edit.end : high]
    span = range(page.owners.index(first, low), high)
    gone.update(owner for at in span if (owner := page.owners[at]) is not None)
    for number in {cell for cell, _ in held}:  # a divided word's hyphen has no character of its own
        places = [place for cell, place in held if cell == number]
        last = len(page.cells[number].glyphs) - 1
        if number != held[-1][0] and max(places) < last:
            gone.update((number, place) for place in range(max(places) + 1, last + 1))


def _lay(
    page: Page,
    number: int,
    new: dict[tuple[int, int], str],
    gone: set[tuple[int, int]],
    width_of: Widths,
    limit: float | None,
    pieces: dict[int, list[Piece]],
) -> None:
    cell = page.cells[number]
    begin = cursor = cell.glyphs[0].start
    laid: list[tuple[Placed, float, str | None]] = []
    for place, placed in enumerate(cell.glyphs):
        key = (number, place)
        text = new.get(key)
        if text is None and key in gone:
            continue
        cursor += placed.gap if laid else 0.0
        laid.append((placed, cursor, text))
        cursor += placed.end - placed.start if text is None else _width(placed, width_of(text))
    room = _room(page, cell, limit) - begin
    narrowed = min(1.0, room / (cursor - begin)) if cursor > begin and room > 0 else 1.0
    for placed, at, text in laid:
        along = placed.glyph.show.placed()[3]
        shift = (begin + (at - begin) * narrowed - placed.start) / along
        pieces[id(placed.glyph)].append(Piece(placed.glyph, shift, narrowed, text))


def _width(placed: Placed, parts: float) -> float:
    """Width on the page of a text in place of the glyph: it is drawn in the glyph's own space."""
    show = placed.glyph.show
    return parts * show.em * show.state.scale * show.placed()[3]


def _room(page: Page, cell: Cell, limit: float | None) -> float:
    """Where the cell has to end: before the next one of its baseline, else at the page's margin."""
    start, em = cell.glyphs[0].start, cell.glyphs[0].em
    same = (
        one for one in page.cells if abs(one.baseline - cell.baseline) < 0.1 * em and one.direction == cell.direction
    )
    right = [one.glyphs[0].start - 0.3 * em for one in same if one.glyphs[0].start > start + 0.01]
    if cell.direction == 0 and limit is not None:
        right.append(max(limit, cell.glyphs[-1].end))
    return min(right, default=float("inf"))
