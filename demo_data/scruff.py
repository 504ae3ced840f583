"""How hurried people change a text: typos, no capitals, quoting of older mail. Labels stay right, as pieces do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from demo_data.grammar import Piece
from demo_data.seeding import Stream

_WORD = re.compile(r"[A-Za-z']{4,}")
_SOFT_TYPES = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "EMAIL_ADDRESS", "STREET_ADDRESS"})
_SHORTENED = {
    "because": "bc",
    "please": "pls",
    "thanks": "thx",
    "tomorrow": "tmrw",
    "don't": "dont",
    "I'm": "im",
    "can't": "cant",
}


def with_typos(pieces: Iterable[Piece], stream: Stream, share: float) -> list[Piece]:
    """Misspell `share` of the longer words that are no personal values."""
    return [piece if piece.entity_type else Piece(_misspelled(piece.text, stream, share)) for piece in pieces]


def _misspelled(text: str, stream: Stream, share: float) -> str:
    def spoil(match: re.Match[str]) -> str:
        word = match.group()
        if not stream.chance(share):
            return word
        at = stream.between(1, len(word) - 2)
        return stream.choose(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word.replace("'", ""),
            )
        )

    return _WORD.sub(spoil, text)


def in_chat_case(pieces: Iterable[Piece], stream: Stream) -> list[Piece]:
    """All small letters and a few abbreviations, as typed on a phone; numbers and ids keep their spelling."""
    lowered: list[Piece] = []
    for piece in pieces:
        if piece.entity_type is None:
            text = piece.text
            for word, short in _SHORTENED.items():
                if word in text and stream.chance(0.5):
                    text = text.replace(word, short)
            lowered.append(Piece(text.lower()))
        elif piece.entity_type in _SOFT_TYPES:
            lowered.append(Piece(piece.text.lower(), piece.entity_type))
        else:
            lowered.append(piece)
    return lowered


def quoted(pieces: Iterable[Piece]) -> list[Piece]:
    """The text as an answer quotes it: `> ` before every line."""
    inner = [Piece(piece.text.replace("\n", "\n> "), piece.entity_type) for piece in pieces]
    return [Piece("> "), *inner]
