"""Stop strings that can end an answer in the middle of a token, or at one that the model spells otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from proxy.core.scrambler import Decision, edits_of
from proxy.core.slots import TextSlot

_FIELDS: Final = frozenset({"stop", "stop_sequences"})


def risky_stop(texts: Sequence[TextSlot], decisions: Sequence[Sequence[Decision]], tokens: Collection[str]) -> bool:
    """Whether a stop string of a request holds one of the `tokens` that were issued, or is a part of one."""
    for slot, made in zip(texts, decisions, strict=True):
        if slot.path and _FIELDS.isdisjoint(slot.path[:2]):
            continue
        if edits_of(made) or any(slot.text in token for token in tokens):
            return True
    return False
