"""The rule-based writer: facts to sentences and paragraphs. The floor that every section stands on. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from reports.facts import ENGLISH, Fact, NumberFormat

_PLACEHOLDER: Final = re.compile(r"\{([a-z0-9][a-z0-9._-]*)\}")
_PER_PARAGRAPH: Final = 4
_FEWEST_GROUPS: Final = 2
_MOST_GROUPS: Final = 4
_FEW_GROUPS: Final = 6
"""So many groups are all told: a list without two of six teams reads as if there were four."""
_MOST_DETAILS: Final = 4
_FEWEST_TOLD: Final = 2


def filled(text: str, facts: Mapping[str, Fact], form: NumberFormat = ENGLISH) -> str | None:
    """`text` with each `{fact.id}` replaced by the fact's value; None when a fact is not there (it was suppressed)."""
    wanted = _PLACEHOLDER.findall(text)
    if any(name not in facts for name in wanted):
        return None
    return _PLACEHOLDER.sub(lambda match: facts[match[1]].written(form), text)


def told_facts(facts: Sequence[Fact], form: NumberFormat = ENGLISH) -> list[str]:
    """Paragraphs that tell the facts: headlines first, then what can be compared, then the rest and a few details.

    Each sentence cites its facts, as a model's sentences do.
    """
    # details of groups stand in tables: a few of them, out of their order, tell nothing
    details = [fact for fact in facts if fact.rank == "detail" and not fact.group][:_MOST_DETAILS]
    chosen = [fact for fact in facts if fact.rank != "detail"]
    headlines = [fact for fact in chosen if fact.rank == "headline"]
    others = [fact for fact in chosen if fact.rank != "headline"]
    compared, single = _compared(others, form)
    told = [[_cited(fact, form) for fact in headlines], compared]
    told.append([_cited(fact, form) for fact in (*single, *details)])
    if not compared or len(headlines) < _FEWEST_TOLD:  # a sentence alone is no paragraph
        told = [[*told[0], *told[2]], compared]
    return [
        " ".join(part[start : start + _PER_PARAGRAPH]) for part in told for start in range(0, len(part), _PER_PARAGRAPH)
    ]


def _cited(fact: Fact, form: NumberFormat) -> str:
    return f"{fact.told(form).removesuffix('.')} [{fact.id}]."


def _compared(facts: Sequence[Fact], form: NumberFormat) -> tuple[list[str], list[Fact]]:
    """A sentence per measure that several groups have, `X is 9 % for 'a' and 3 % for 'b'`, and the facts left over."""
    measures: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.sentence is None and fact.named_group:
            measures.setdefault(fact.subject, []).append(fact)
    sentences: list[str] = []
    taken: set[str] = set()
    for subject, same in measures.items():
        if len(same) < _FEWEST_GROUPS:
            continue
        shown = same if len(same) <= _FEW_GROUPS else same[:_MOST_GROUPS]
        taken |= {fact.id for fact in same}
        about, last = same[0].joins
        values = [f"{fact.written(form)} {about} {fact.named_group}" for fact in shown]
        if len({fact.value for fact in same}) == 1:
            text = f"{subject} {same[0].verb} {same[0].written(form)} {same[0].everywhere}"
        else:
            text = f"{subject} {same[0].verb} {', '.join(values[:-1])} {last} {values[-1]}"
        sentences.append(f"{text[:1].upper()}{text[1:]} [{', '.join(fact.id for fact in shown)}].")
    return sentences, [fact for fact in facts if fact.id not in taken]
