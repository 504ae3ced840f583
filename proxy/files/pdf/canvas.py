"""What a content stream shows: every character with its place. Pure.

Formats: ISO 32000-2, 8 (graphics) and 9 (text). A matrix is (a, b, c, d, e, f).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from proxy.files.base import UnreadableFile
from proxy.files.pdf.fonts import Code, Font

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Operation = tuple[Any, bytes]
SHOWING = frozenset({b"Tj", b"TJ", b"'", b'"'})
MOVING = frozenset({b"Td", b"TD", b"T*", b"Tm"})
_NUMBERS = {b"Tc": "spacing", b"Tw": "word_spacing", b"TL": "leading", b"Ts": "rise"}


def times(first: Matrix, second: Matrix) -> Matrix:
    """`first`, then `second`."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = second
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


@dataclass(frozen=True, slots=True)
class State:
    """The part of the graphics state that says where text stands."""

    matrix: Matrix = IDENTITY
    font: Font | None = None
    font_name: Any = None
    size: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0


@dataclass(slots=True)
class Glyph:
    """One code of a show: `offset` and `width` in text space, from where the show begins."""

    code: Code
    offset: float
    width: float
    show: Show


@dataclass(slots=True)
class Show:
    """One showing operator with its glyphs and the numbers between them (`parts`, in order)."""

    state: State
    matrix: Matrix
    parts: list[Glyph | float] = field(default_factory=list)

    @property
    def em(self) -> float:
        """Size of the letters in text space."""
        font = self.state.font
        return abs(self.state.size) * (1.0 if font is None else font.unit * 1000)

    def placed(self) -> tuple[float, float, float, float, float]:
        """Direction, distance of the baseline, place along it, units per text unit along it and across it."""
        whole = times(times((1, 0, 0, 1, 0, self.state.rise), self.matrix), self.state.matrix)
        along = math.hypot(whole[0], whole[1]) or 1e-9
        x, y = whole[0] / along, whole[1] / along
        across = math.hypot(whole[2], whole[3]) or 1e-9
        return math.atan2(y, x), whole[5] * x - whole[4] * y, whole[4] * x + whole[5] * y, along, across


class Canvas:
    """A content stream: its operations, what it shows (by number of operation), and how much of it is pictures."""

    def __init__(
        self, operations: Sequence[Operation], font_of: Callable[[str], Font], is_picture: Callable[[str], bool]
    ) -> None:
        self.operations = list(operations)
        self.shows: dict[int, Show] = {}
        self.pictured = 0.0
        """Area of the pictures, in square units."""
        self._font_of = font_of
        self._is_picture = is_picture
        self._state = State()
        self._stack: list[State] = []
        self._text = self._line = IDENTITY
        for number, (operands, operator) in enumerate(self.operations):
            self._step(number, operands, operator)

    def _step(self, number: int, operands: Any, operator: bytes) -> None:  # noqa: ANN401 - what pypdf parsed
        if operator in SHOWING:
            self._show(number, operands, operator)
        elif operator in MOVING:
            self._move(operands, operator)
        elif operator == b"BT":
            self._text = self._line = IDENTITY
        else:
            self._set(operands, operator)

    def _set(self, operands: Any, operator: bytes) -> None:  # noqa: ANN401 - as above
        state = self._state
        if operator == b"q":
            self._stack.append(state)
        elif operator == b"Q":
            self._state = self._stack.pop() if self._stack else state
        elif operator == b"cm":
            self._state = replace(state, matrix=times(_matrix(operands), state.matrix))
        elif operator in _NUMBERS:
            changes: dict[str, Any] = {_NUMBERS[operator]: float(operands[0])}
            self._state = replace(state, **changes)
        elif operator == b"Tz":
            self._state = replace(state, scale=float(operands[0]) / 100)
        elif operator == b"Tf":
            font = self._font_of(str(operands[0]))
            self._state = replace(state, font=font, font_name=operands[0], size=float(operands[1]))
        elif operator == b"INLINE IMAGE" or (operator == b"Do" and self._is_picture(str(operands[0]))):
            a, b, c, d, _, _ = state.matrix
            self.pictured += abs(a * d - b * c)

    def _move(self, operands: Any, operator: bytes) -> None:  # noqa: ANN401 - as above
        if operator == b"Tm":
            self._line = _matrix(operands)
        else:
            x, y = (0.0, -self._state.leading) if operator == b"T*" else (float(operands[0]), float(operands[1]))
            if operator == b"TD":
                self._state = replace(self._state, leading=-y)
            self._line = times((1, 0, 0, 1, x, y), self._line)
        self._text = self._line

    def _show(self, number: int, operands: Any, operator: bytes) -> None:  # noqa: ANN401 - as above
        if operator == b'"':
            self._state = replace(self._state, word_spacing=float(operands[0]), spacing=float(operands[1]))
        if operator in (b"'", b'"'):
            self._move(operands, b"T*")
        state = self._state
        if state.font is None:
            raise UnreadableFile("a text in it has no font: the file is broken")
        show = Show(state, self._text)
        at = 0.0
        for item in operands[0] if operator == b"TJ" else [operands[-1]]:
            if isinstance(item, bytes):
                for code in state.font.codes(item):
                    wide = code.width * state.font.unit * state.size + state.spacing
                    wide = (wide + (state.word_spacing if code.raw == b" " else 0.0)) * state.scale
                    show.parts.append(Glyph(code, at, wide, show))
                    at += wide
            else:
                show.parts.append(float(item))
                at -= float(item) / 1000 * state.size * state.scale
        self.shows[number] = show
        self._text = times((1, 0, 0, 1, at, 0), self._text)


def _matrix(operands: Any) -> Matrix:  # noqa: ANN401 - as above
    a, b, c, d, e, f = (float(number) for number in operands)
    return a, b, c, d, e, f
