"""A content stream written anew: shows of changed cells character by character, every other show as it was. Pure.

Shows lose the moves before them and get their place each, since a move would tell how wide what is gone has been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, FloatObject, NameObject

from proxy.files.base import UnreadableFile
from proxy.files.pdf.canvas import MOVING, SHOWING, Canvas, Glyph, Matrix, Operation, Show, times
from proxy.files.pdf.layout import Piece

_SPOKEN = ("/ActualText", "/Alt", "/E")


@dataclass(frozen=True, slots=True)
class Pen:
    """The font of what is new: its name among the stream's resources, and the codes of a text in it."""

    name: NameObject
    encode: Callable[[str], bytes]


def silenced(operations: Sequence[Operation]) -> tuple[list[Operation], bool]:
    """The operations without texts that a reader speaks in place of what is shown, and whether there were any."""
    found = False
    kept: list[Operation] = []
    for operands, operator in operations:
        if operator in (b"BDC", b"DP") and any(_speaks(one) for one in operands):
            found = True
            operands = [_mute(one) for one in operands]  # noqa: PLW2901 - the operation without them
        kept.append((operands, operator))
    return kept, found


def _speaks(operand: Any) -> bool:  # noqa: ANN401 - pypdf's objects
    return isinstance(operand, DictionaryObject) and any(key in operand for key in _SPOKEN)


def _mute(operand: Any) -> Any:  # noqa: ANN401 - as above
    if not _speaks(operand):
        return operand
    return DictionaryObject({key: value for key, value in operand.items() if key not in _SPOKEN})


def drawn(canvas: Canvas, pieces: Mapping[int, Sequence[Piece]], changed: set[int], pen: Pen) -> list[Operation]:
    """The operations with `pieces` in the places of the glyphs (by `id`) that are `changed`."""
    made: list[Operation] = []
    for number, (operands, operator) in enumerate(canvas.operations):
        if operator in MOVING:
            continue
        if operator not in SHOWING:
            made.append((operands, operator))
            continue
        if operator == b'"':
            made += [([operands[0]], b"Tw"), ([operands[1]], b"Tc")]
        show = canvas.shows[number]
        if any(id(part) in changed for part in show.parts):
            made += _redrawn(show, pieces, changed, pen)
        elif show.parts:
            made.append((_numbers(show.matrix), b"Tm"))
            made.append(([operands[-1]], b"TJ" if operator == b"TJ" else b"Tj"))
    return made


def _redrawn(show: Show, pieces: Mapping[int, Sequence[Piece]], changed: set[int], pen: Pen) -> Iterator[Operation]:
    run: list[Any] = []
    before: Piece | None = None
    for part in show.parts:
        if not isinstance(part, Glyph):
            if run:
                run.append(FloatObject(part))
            continue
        here = pieces.get(id(part), ()) if id(part) in changed else (Piece(part, 0.0, 1.0),)
        joined = before is not None and len(here) == 1 and _goes_on(before, here[0])
        if run and not joined:
            yield _shown(run)
            run = []
        before = None
        for piece in here:
            if piece.text is not None:
                yield from _text(piece, pen)
                continue
            if not run:
                yield (_numbers(_place(piece)), b"Tm")
            run.append(ByteStringObject(part.code.raw))
            before = piece
    if run:
        yield _shown(run)


def _shown(run: list[Any]) -> Operation:
    """A run without the numbers at its end: they led to what is gone."""
    while isinstance(run[-1], FloatObject):
        run.pop()
    return [ArrayObject(run)], b"TJ"


def _goes_on(before: Piece, piece: Piece) -> bool:
    same = abs(before.shift - piece.shift) < 1e-3 * (before.glyph.show.em or 1.0)
    return piece.text is None and same and before.narrowed == piece.narrowed == 1.0


def _text(piece: Piece, pen: Pen) -> Iterator[Operation]:
    if not piece.text:
        return
    state = piece.glyph.show.state
    if state.font_name is None:
        raise UnreadableFile("a text in it has a font of a kind that cannot be replaced")
    yield ([pen.name, FloatObject(piece.glyph.show.em)], b"Tf")
    yield ([FloatObject(0)], b"Tc")
    yield ([FloatObject(0)], b"Tw")
    yield (_numbers(_place(piece)), b"Tm")
    yield ([ByteStringObject(pen.encode(piece.text))], b"Tj")
    yield ([state.font_name, FloatObject(state.size)], b"Tf")
    yield ([FloatObject(state.spacing)], b"Tc")
    yield ([FloatObject(state.word_spacing)], b"Tw")


def _place(piece: Piece) -> Matrix:
    at = piece.glyph.offset + piece.shift
    return times((piece.narrowed, 0, 0, 1, at, 0), piece.glyph.show.matrix)


def _numbers(matrix: Matrix) -> list[FloatObject]:
    return [FloatObject(round(number, 5)) for number in matrix]
