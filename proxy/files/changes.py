"""What became of a text: the stretches that were replaced, also where the same value stands elsewhere. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

_WORD = re.compile(r"\w+\W*|\W+")
_EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_SHORTEST = 4
"""Letters and digits of a value that is looked for elsewhere; a shorter one stands in every file by chance."""


@dataclass(frozen=True, slots=True)
class Edit:
    """`text` in place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


def edits(before: str, after: str) -> list[Edit]:
    """What changed, in whole words."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    ends = [[0, *accumulate(map(len, words))] for words in (old, new)]
    found = []
    for tag, start, end, low, high in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            stretch = before[ends[0][start] : ends[0][end]]
            found.append(_trimmed(ends[0][start], stretch, after[ends[1][low] : ends[1][high]]))
    return found


def _trimmed(start: int, before: str, after: str) -> Edit:
    """Without the marks at both ends that stayed."""
    (head, _, tail), (new_head, _, new_tail) = (_edges(text) for text in (before, after))
    left = len(head) if head and head == new_head and len(head) < min(len(before), len(after)) else 0
    right = len(tail) if tail and tail == new_tail and left + len(tail) < min(len(before), len(after)) else 0
    return Edit(start + left, start + len(before) - right, after[left : len(after) - right])


def _edges(text: str) -> tuple[str, str, str]:
    match = _EDGES.match(text)
    assert match is not None  # noqa: S101 - every text matches
    head, middle, tail = match.groups()
    return head, middle, tail


def replaced(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Every value that was replaced somewhere and is long enough to be looked for, with what it became."""
    return {
        value: edit.text
        for before, after in pairs
        if before != after
        for edit in edits(before, after)
        if sum(map(str.isalnum, value := before[edit.start : edit.end])) >= _SHORTEST
    }


class Values:
    """The replaced values of a file, found as whole words whatever white space stands in them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._new = {_plain(value): new for value, new in values.items()}
        longest = sorted(self._new, key=len, reverse=True)
        patterns = [r"\s*".join(re.escape(part) for part in value.split()) for value in longest]
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else None
        self._squeezed = {"".join(value.split()): new for value, new in self._new.items()}

    def within(self, text: str) -> Iterator[Edit]:
        """Where they stand in a text."""
        if self._pattern is not None:
            for match in self._pattern.finditer(text):
                yield Edit(match.start(), match.end(), self._squeezed["".join(match.group().split())])

    def all_edits(self, before: str, after: str) -> list[Edit]:
        """The edits of a text, and those of values that were replaced elsewhere only."""
        own = edits(before, after) if before != after else []
        others = [one for one in self.within(before) if not any(one.start < e.end and e.start < one.end for e in own)]
        return sorted([*own, *others], key=lambda edit: edit.start)

    def left_in(self, text: str) -> bool:
        """Whether one of them stands in it."""
        return next(self.within(text), None) is not None


def applied(text: str, changes: Sequence[Edit]) -> str:
    """The text with its edits."""
    parts, place = [], 0
    for edit in changes:
        parts += [text[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, text[place:]])


def _plain(value: str) -> str:
    return " ".join(value.split())
