"""Sections of reports from a prompt that lists facts: `[churn.rate] The churn rate is 17.5 %.` under `Facts:`.

The demo model orders, joins and cites; it makes up nothing, so every figure in its text is one of the prompt.
"""

from __future__ import annotations

import re
from itertools import groupby

_FACT = re.compile(r"^\[([a-z0-9][a-z0-9._-]*)\] (.+)$")
_HEAD = re.compile(r"^(Facts|Findings of the analysis|Samples \(scrambled\)|Text):$")
_REVISION = re.compile(r"^Revise the text below by the principles\.")
_LOWERED = frozenset("The A An In On Of At For By With Among Most Each Every About Within Across Between".split())
_OPENINGS = ("", "Looking closer, ", "In detail, ", "Beyond that, ")
_JOINTS = (" ", " In addition, ", " ", " At the same time, ")
_FEWEST = 1
_PER_PARAGRAPH = 4
_MOST_PARAGRAPHS = 4
_MOST_POINTS = 4


def section_reply(prompt: str) -> str | None:
    """The section that a prompt of facts asks for, OK for a text to revise, None for any other prompt."""
    if _REVISION.match(prompt):
        return "OK"
    parts = _parts(prompt)
    facts = [(match[1], match[2]) for match in map(_FACT.match, parts.get("Facts", ())) if match]
    if len(facts) < _FEWEST:
        return None
    points = [line[2:] for line in parts.get("Findings of the analysis", ()) if line.startswith("- ")]
    paragraphs = [_paragraph(opening, part) for opening, part in zip(_OPENINGS, _grouped(facts), strict=False)]
    blocks = [*paragraphs, "\n".join(f"- {point}" for point in points[:_MOST_POINTS])]
    return "\n\n".join(block for block in blocks if block)


def _parts(prompt: str) -> dict[str, list[str]]:
    """The lines under each heading of the prompt."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in prompt.splitlines():
        head = _HEAD.match(line.strip())
        if head:
            lines = found.setdefault(head[1], [])
        elif line.strip():
            lines.append(line.strip())
    return found


def _grouped(facts: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Paragraphs' worth of facts: those whose ids begin alike stand together, in the order of the prompt."""
    groups: list[list[tuple[str, str]]] = []
    for _, same in groupby(facts, key=lambda fact: fact[0].rpartition(".")[0]):
        listed = list(same)
        for start in range(0, len(listed), _PER_PARAGRAPH):
            part = listed[start : start + _PER_PARAGRAPH]
            if groups and len(groups[-1]) + len(part) <= _PER_PARAGRAPH:
                groups[-1] += part
            else:
                groups.append(part)
    return groups[:_MOST_PARAGRAPHS]


def _paragraph(opening: str, facts: list[tuple[str, str]]) -> str:
    text = ""
    for number, (name, sentence) in enumerate(facts):
        joint = opening if not number else _JOINTS[number % len(_JOINTS)]
        told = sentence.rstrip(".")
        if joint.strip():
            told = _lowered(told)
        text += f"{joint}{told} [{name}]."
    return text


def _lowered(sentence: str) -> str:
    first = sentence.partition(" ")[0]
    return sentence[:1].lower() + sentence[1:] if first in _LOWERED else sentence
