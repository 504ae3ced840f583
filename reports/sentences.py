"""The rule-based writer: facts to sentences and paragraphs. The floor that every section stands on. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from reports.facts import ENGLISH, Fact, NumberFormat
from reports.numbers import CITATION

_PLACEHOLDER: Final = re.compile(r"\{([a-z0-9][a-z0-9._-]*)\}")
_PER_PARAGRAPH: Final = 4
_RANKS: Final = {"headline": 0, "main": 1, "detail": 2}
_MOST_DETAILS: Final = 4


def filled(text: str, facts: Mapping[str, Fact], form: NumberFormat = ENGLISH) -> str | None:
    """`text` with each `{fact.id}` replaced by the fact's value; None when a fact is not there (it was suppressed)."""
    wanted = _PLACEHOLDER.findall(text)
    if any(name not in facts for name in wanted):
        return None
    return _PLACEHOLDER.sub(lambda match: facts[match[1]].written(form), text)


def told_facts(facts: Sequence[Fact], form: NumberFormat = ENGLISH) -> list[str]:
    """Paragraphs that tell the facts: headlines first, then group by group, a few details at the end.

    Each sentence cites its fact, as a model's sentences do.
    """
    chosen = [fact for fact in facts if fact.rank != "detail"]
    chosen += [fact for fact in facts if fact.rank == "detail"][:_MOST_DETAILS]
    paragraphs: list[str] = []
    groups: dict[str, list[Fact]] = {}
    for fact in chosen:
        groups.setdefault("" if fact.rank == "headline" else fact.group or "", []).append(fact)
    for about in groups.values():
        for start in range(0, len(about), _PER_PARAGRAPH):
            part = sorted(about[start : start + _PER_PARAGRAPH], key=lambda fact: _RANKS[fact.rank])
            paragraphs.append(" ".join(f"{fact.told(form).removesuffix('.')} [{fact.id}]." for fact in part))
    return _merged(paragraphs)


def _merged(paragraphs: list[str]) -> list[str]:
    """Paragraphs of one sentence are put together, so that a text does not fall apart into lines."""
    merged: list[str] = []
    for paragraph in paragraphs:
        single = len(CITATION.findall(paragraph)) == 1
        if merged and single and len(CITATION.findall(merged[-1])) < _PER_PARAGRAPH:
            merged[-1] = f"{merged[-1]} {paragraph}"
        else:
            merged.append(paragraph)
    return merged
