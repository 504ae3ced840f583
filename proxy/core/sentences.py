"""Sentences of an answer, cut the same way however a stream brings them; channels hold one until it was read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from proxy.core.jsontext import Edit
from proxy.core.restorer import Piece

LONGEST: Final = 1200
"""Letters after which a text without an end is cut, at white space where there is some."""
_END: Final = re.compile(
    r"""(?: (?<=[a-z]{3}) | (?<=[0-9)"'\]*_`]) )\.["')\]*_`]*(?=\s)   # a full stop, but for those of Mr. and U.S.
    | [!?\u2026]["')\]*_`]*(?=\s)
    | [\u3002\uff01\uff1f\n]""",
    re.VERBOSE,
)
_JSON_END: Final = re.compile(r'"\s*[,}\]]|\n')
_SYNTAX: Final = re.compile(r'[^"\\{}\[\],:]+')


@dataclass(slots=True)
class Sentences:
    """Sentences that somebody has to look into, and what is to be done about those that were."""

    wanted: dict[str, None] = field(default_factory=dict, repr=False)
    read: dict[str, Sequence[Edit]] = field(default_factory=dict, repr=False)

    def supply(self, found: Mapping[str, Sequence[Edit]]) -> None:
        """Edits of every wanted sentence; those are taken for read."""
        self.read.update(found)
        self.wanted.clear()


class SentenceChannel:
    """One channel of text that leaves sentence by sentence, each with its edits once these are known."""

    __slots__ = ("_ended", "_held", "_in_json", "_sentences")

    def __init__(self, sentences: Sentences, *, in_json: bool) -> None:
        self._sentences = sentences
        self._in_json = in_json
        self._held = ""
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the channel has ended and nothing of it is held."""
        return self._ended and not self._held

    def feed(self, text: str) -> list[Piece]:
        """Pieces of the sentences that are whole and were read; what is whole and was not is wanted."""
        self._held += text
        pieces: list[Piece] = []
        parts = cut(self._held, in_json=self._in_json, ended=self._ended)
        done = 0
        while done < len(parts) and parts[done] in self._sentences.read:
            pieces += _pieces(parts[done], self._sentences.read[parts[done]])
            done += 1
        self._held = self._held[sum(map(len, parts[:done])) :]
        self._sentences.wanted.update(dict.fromkeys(parts[done:]))
        return pieces

    def passes(self, text: str) -> bool:  # noqa: ARG002 - every sentence is looked into
        """Never: a sentence waits until it was read."""
        return False

    def finish(self) -> list[Piece]:
        """The channel has ended: what is held is a sentence too."""
        self._ended = True
        return self.feed("")


def cut(text: str, *, in_json: bool, ended: bool) -> list[str]:
    """The whole sentences at the beginning of a text; all of it when the text has `ended`.

    Where a sentence ends depends on what stands before, but for the white space that follows a full stop.
    """
    ends = _JSON_END if in_json else _END
    parts: list[str] = []
    start = 0
    while start < len(text):
        match = ends.search(text[start : start + LONGEST + 1])
        if match is not None and match.end() <= LONGEST:
            end = start + match.end()
        elif len(text) - start > LONGEST:
            space = max(text.rfind(" ", start + 1, start + LONGEST), text.rfind("\t", start + 1, start + LONGEST))
            end = space if space > start else start + LONGEST
        else:
            break
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]] if ended and start < len(text) else parts


def in_json(text: str, edit: Edit) -> list[Edit]:
    """An edit of JSON text that leaves quotes, brackets and escapes standing."""
    return [
        Edit(edit.start + match.start(), edit.start + match.end(), edit.new)
        for match in _SYNTAX.finditer(text[edit.start : edit.end])
        if match[0].strip()
    ]


def _pieces(text: str, edits: Sequence[Edit]) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for edit in edits:
        if edit.start > position:
            pieces.append(Piece(edit.start - position, text[position : edit.start], literal=True))
        pieces.append(Piece(edit.end - edit.start, edit.new, literal=False))
        position = edit.end
    if position < len(text):
        pieces.append(Piece(len(text) - position, text[position:], literal=True))
    return pieces
