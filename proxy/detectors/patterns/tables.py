"""Cells of small tables in text: a column whose head names an identifier holds that identifier in every row.

Reads CSV, semicolon- and tab-separated lines and Markdown tables. A cell counts when its shape fits the head's type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.patterns.page import Page
from proxy.detectors.patterns.recogniser import Label
from proxy.detectors.patterns.table_heads import HEADS

_RULE_LINE = re.compile(r"[\s|:+=-]+")
_CELL_EDGE = " \t\"'`*"


@dataclass(frozen=True, slots=True)
class _Column:
    """The type of a column's cells, and whether a cell is one."""

    entity_type: str
    holds: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Cell:
    start: int
    end: int
    text: str


def _cells(line: str, offset: int, separator: str) -> list[_Cell]:
    """The cells of a line with their offsets; a separator inside double quotes does not count."""
    cells, start, quoted = [], 0, False
    for at, char in enumerate(line + separator):
        if char == '"':
            quoted = not quoted
        if (char == separator and not quoted) or at == len(line):
            raw = line[start:at]
            left = len(raw) - len(raw.lstrip(_CELL_EDGE))
            text = raw.strip(_CELL_EDGE)
            cells.append(_Cell(offset + start + left, offset + start + left + len(text), text))
            start = at + 1
    return cells


def _shaped(shape: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda cell: shape.fullmatch(cell) is not None


class Tables:
    """Headed tables, one line a row. `labels` are what other recognisers look for in running text."""

    name = "patterns.tables"

    SEPARATORS = ("|", "\t", ";", ",")
    LONGEST_HEAD = 2000
    LONGEST_CELL = 36

    def __init__(self, labels: Iterable[Label]) -> None:
        self._labels = tuple(labels)
        self.entity_types = frozenset({one for one, _, _ in HEADS} | {label.entity_type for label in self._labels})
        self._triggers: dict[str, list[Label]] = {}
        for label in self._labels:
            for word in label.triggers:
                self._triggers.setdefault(word, []).append(label)

    def find(self, page: Page, profile: Profile) -> Iterator[Finding]:
        """Cells of columns with a telling head."""
        if profile.identifiers or page.text.count("\n") < 1:
            return
        columns: dict[int, _Column] = {}
        separator, width, offset = "", 0, 0
        for line in page.text.split("\n"):
            if columns and line.count(separator) >= width:
                if not _RULE_LINE.fullmatch(line):
                    yield from self._row(_cells(line, offset, separator), columns)
            else:
                separator, columns = self._head(line, offset)
                width = line.count(separator) if columns else 0
            offset += len(line) + 1

    def _head(self, line: str, offset: int) -> tuple[str, dict[int, _Column]]:
        """The separator and the telling columns, when the line can be a table's head."""
        if len(line) >= self.LONGEST_HEAD:
            return "", {}
        for separator in self.SEPARATORS:
            if separator in line:
                if max(map(len, line.split(separator))) >= self.LONGEST_CELL:
                    return "", {}
                heads = _cells(line, offset, separator)
                named = sum(1 for head in heads if head.text)
                columns = {at: column for at, head in enumerate(heads) if (column := self._column(head.text))}
                return (separator, columns) if named > 1 else ("", {})
        return "", {}

    def _column(self, head: str) -> _Column | None:
        """What the cells under `head` are."""
        name = re.sub(r"[\s_.#-]+", "", head.casefold())
        for entity_type, pattern, shape in HEADS:
            if pattern.fullmatch(name):
                return _Column(entity_type, _shaped(shape))
        first = re.match(r"[^\W\d_]*", head)
        for label in self._triggers.get(first.group().casefold() if first else "", ()):
            if label.heads(head):
                return _Column(label.entity_type, label.holds)
        return None

    def _row(self, cells: list[_Cell], columns: dict[int, _Column]) -> Iterator[Finding]:
        for at, column in columns.items():
            if at < len(cells) and column.holds(cells[at].text):
                yield Finding(cells[at].start, cells[at].end, column.entity_type, 0.8, self.name)
