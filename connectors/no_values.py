"""Cells that hold no value, whatever stands in them: `n/a`, `-`, `unknown`, `k.A.`. Pure."""

from __future__ import annotations

from typing import Final

_NOTHING: Final = frozenset(
    """
    n/a n.a. na nan none null nil void missing unknown unspecified undefined tbd tba anonymous
    unbekannt k.a. ka keine fehlt leer ohne anonym inconnu desconocido sconosciuto onbekend brak nieznany
    """.split()
) | {"not available", "not known", "not given", "not specified", "no name", "k. a.", "n. a.", "keine angabe"}
_ANSWERS: Final = frozenset("true false yes no y n ja nein oui non si sí sì tak nie да нет はい いいえ".split())


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is no value: signs alone, or a word for it."""
    plain = text.strip().casefold()
    return plain in _NOTHING or not any(map(str.isalnum, plain))


def is_answer(text: str) -> bool:
    """Whether a cell says yes or no: a detector takes `Nein` for a name."""
    return text.strip().casefold() in _ANSWERS
