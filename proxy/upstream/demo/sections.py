"""Sections of reports from a prompt that lists facts: `[churn.rate] The churn rate is 17.5 %.` under `Facts:`.

The demo model orders, joins and cites; it makes up nothing, so every figure in its text is one of the prompt.
"""

from __future__ import annotations

import re

_FACT = re.compile(r"^\[([a-z0-9][a-z0-9._-]*)\] (.+)$")
_HEAD = re.compile(r"^(Facts|Findings of the analysis|Samples \(scrambled\)|Text):$")
_REVISION = re.compile(r"^Revise the text below by the principles\.")
_OF_GROUP = re.compile(r"^In the group ('[^']*') (.+?) is (.+?)\.?$")
_FEWEST = 1
_FEWEST_GROUPS = 2
_MOST_GROUPS = 6
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
    sentences = _sentences(facts)
    points = [line[2:] for line in parts.get("Findings of the analysis", ()) if line.startswith("- ")]
    paragraphs = [" ".join(part) for part in _parted(sentences)]
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


def _sentences(facts: list[tuple[str, str]]) -> list[str]:
    """A cited sentence per fact; what several groups have becomes one sentence, where the first of them stands."""
    measures: dict[str, list[tuple[str, str, str]]] = {}
    for name, told in facts:
        match = _OF_GROUP.match(told)
        if match:
            measures.setdefault(match[2], []).append((name, match[1], match[3]))
    made: list[str] = []
    for name, told in facts:
        match = _OF_GROUP.match(told)
        same = measures.get(match[2], []) if match else []
        if len(same) < _FEWEST_GROUPS:
            made.append(f"{told.rstrip('.')} [{name}].")
        elif same[0][0] == name and match:
            shown = same[:_MOST_GROUPS]
            values = [f"{value} for {group}" for _, group, value in shown]
            ids = ", ".join(fact for fact, _, _ in shown)
            text = f"{match[2]} is {', '.join(values[:-1])} and {values[-1]} [{ids}]."
            made.append(text[:1].upper() + text[1:])
    return made


def _parted(sentences: list[str]) -> list[list[str]]:
    """Paragraphs' worth of sentences, in order."""
    starts = range(0, min(len(sentences), _PER_PARAGRAPH * _MOST_PARAGRAPHS), _PER_PARAGRAPH)
    return [sentences[start : start + _PER_PARAGRAPH] for start in starts]
