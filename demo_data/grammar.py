r"""A small grammar that writes text with labels: templates with choices, rules and slots for personal values.

A grammar file has rules. A line `= name` begins one; every further line is an alternative, all equally likely (a line
that begins with `3*` counts three times). In an alternative
  [a|b|]      is one of the parts, which may be empty and may nest;
  {slot}      is a value given by the caller, labelled when it is personal;
  {>rule}     is an alternative of another rule; in `{>plea.MOOD}` the capitals stand for the text of slot MOOD;
  \n          is a line break.
Lines that begin with `#` are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from demo_data.model import Label
from demo_data.seeding import Stream

_BLANKS = re.compile(r" *\n[ \n]*|  +")
_BEFORE_STOP = re.compile(r" +([.,;:?!)](?:\s|$))")


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of text; with `entity_type` it is one personal value."""

    text: str
    entity_type: str | None = None


Slot = str | Piece | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Gap:
    """A slot, or with `rule` a call of another rule."""

    name: str
    rule: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of several sequences."""

    options: tuple[_Sequence, ...]


_Sequence = tuple["str | _Gap | _Choice", ...]


class GrammarError(ValueError):
    """A grammar file is malformed, or a text asks for a rule or slot that is not there."""


def parse(template: str) -> _Sequence:
    """The parts of a template; raises GrammarError when brackets do not match."""
    options, position = _parse_options(template, 0, nested=False)
    if position != len(template):
        raise GrammarError(f"unexpected ']' in: {template}")
    return options[0]


def _parse_options(template: str, position: int, *, nested: bool) -> tuple[tuple[_Sequence, ...], int]:
    """Sequences divided by `|` from `position` to the closing bracket (nested) or to the end."""
    options: list[_Sequence] = []
    parts: list[str | _Gap | _Choice] = []
    while position < len(template):
        character = template[position]
        if character == "[":
            inner, position = _parse_options(template, position + 1, nested=True)
            parts.append(_Choice(inner))
        elif character == "{":
            end = template.index("}", position)
            name = template[position + 1 : end]
            parts.append(_Gap(name.removeprefix(">"), name.startswith(">")))
            position = end
        elif nested and character == "|":
            options.append(tuple(parts))
            parts = []
        elif character == "]":
            return (*options, tuple(parts)), position
        elif parts and isinstance(parts[-1], str):
            parts[-1] += character
        else:
            parts.append(character)
        position += 1
    if nested:
        raise GrammarError(f"missing ']' in: {template}")
    return (tuple(parts),), position


class Grammar:
    """The rules of one file."""

    __slots__ = ("_rules",)

    def __init__(self, text: str) -> None:
        self._rules: dict[str, list[_Sequence]] = {}
        current: list[_Sequence] = []
        for raw in text.splitlines():
            line = raw.strip()
            if line.startswith("= "):
                current = self._rules.setdefault(line[2:].strip(), [])
            elif line and not line.startswith("#"):
                times = 3 if line.startswith("3*") else 1
                current.extend([parse(line.removeprefix("3*").strip().replace("\\n", "\n"))] * times)

    @classmethod
    def from_file(cls, path: Path) -> Grammar:
        """The grammar in the file at `path`."""
        return cls(path.read_text(encoding="utf-8"))

    def has(self, rule: str) -> bool:
        """Whether there is a rule of that name."""
        return rule in self._rules

    def write(self, rule: str, slots: Mapping[str, Slot], stream: Stream) -> list[Piece]:
        """One text of `rule`; raises GrammarError when a rule or a slot is missing."""
        pieces: list[Piece] = []
        self._expand(rule, slots, stream, pieces)
        return tidy(pieces)

    def _expand(self, rule: str, slots: Mapping[str, Slot], stream: Stream, out: list[Piece]) -> None:
        head, _, tail = rule.rpartition(".")
        kind = slots.get(tail) if tail.isupper() else None
        if isinstance(kind, str):
            rule = f"{head}.{kind}"
        if rule not in self._rules:
            raise GrammarError(f"no rule {rule!r}")
        self._walk(stream.choose(self._rules[rule]), slots, stream, out)

    def _walk(self, sequence: _Sequence, slots: Mapping[str, Slot], stream: Stream, out: list[Piece]) -> None:
        for part in sequence:
            if isinstance(part, str):
                out.append(Piece(part))
            elif isinstance(part, _Choice):
                self._walk(stream.choose(part.options), slots, stream, out)
            elif part.rule:
                self._expand(part.name, slots, stream, out)
            else:
                out.extend(_filled(slots, part.name))


def _filled(slots: Mapping[str, Slot], name: str) -> tuple[Piece, ...]:
    if name not in slots:
        raise GrammarError(f"no slot {name!r}")
    value = slots[name]
    if isinstance(value, str):
        return (Piece(value),)
    return (value,) if isinstance(value, Piece) else value


def tidy(pieces: Iterable[Piece]) -> list[Piece]:
    """The same text without the blanks that empty choices leave behind."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and piece.entity_type is None and merged[-1].entity_type is None:
            merged[-1] = Piece(merged[-1].text + piece.text)
        elif piece.text:
            merged.append(piece)
    for position, piece in enumerate(merged):
        if piece.entity_type is None:
            text = _BLANKS.sub(lambda match: "\n" * min(2, match.group().count("\n")) or " ", piece.text)
            text = _BEFORE_STOP.sub(r"\1", text)
            text = text.lstrip() if position == 0 else text
            if position and merged[position - 1].text.endswith(".") and text.startswith("."):
                text = text[1:]  # "Acme Inc." at the end of a sentence
            merged[position] = Piece(text.rstrip() if position == len(merged) - 1 else text)
    return merged


def join(pieces: Iterable[Piece]) -> tuple[str, list[Label]]:
    """The text and where its personal values stand."""
    parts: list[str] = []
    labels: list[Label] = []
    length = 0
    for piece in pieces:
        if piece.entity_type is not None and piece.text:
            labels.append((length, length + len(piece.text), piece.entity_type, piece.text))
        parts.append(piece.text)
        length += len(piece.text)
    return "".join(parts), labels
