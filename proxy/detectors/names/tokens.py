"""Cuts texts into tokens, with offsets, for the names tagger: training and the running gateway share this file.

It does not look at what the tokens mean. A change here needs the model to be trained again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SCRIPTS_WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Kana and Han: written without spaces, so every character is a token of its own."""

_TOKEN = re.compile(rf"[{_SCRIPTS_WITHOUT_SPACES}]|[^\W\d_{_SCRIPTS_WITHOUT_SPACES}]+|\d+|\n|([^\w\s]|_)\1*")
"""A character without spaces around, a word, a number, a line's end, or a run of one punctuation mark."""

LONGEST = 40
"""Characters of a token that are looked at: the rest of a very long one (base64, a hash) tells nothing more."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one text: their words and their offsets, in characters, `end` exclusive."""

    words: list[str]
    starts: list[int]
    ends: list[int]

    def __len__(self) -> int:
        return len(self.words)


def tokenise(text: str) -> Tokens:
    """Tokens of `text`, in order. White space but line ends belongs to no token."""
    spans = [match.span() for match in _TOKEN.finditer(text)]
    words = [text[start : min(end, start + LONGEST)] for start, end in spans]
    return Tokens(words, [start for start, _ in spans], [end for _, end in spans])
