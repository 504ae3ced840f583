"""Sections of reports from a prompt that lists facts: `[churn.rate] The churn rate is 17.5 %.` under `Facts:`.

The demo model orders, joins and cites; it makes up nothing, so every figure in its text is one of the prompt.
"""

from __future__ import annotations

import re

_FACT = re.compile(r"^\[([a-z0-9][a-z0-9._-]*)\] (.+)$")
_HEAD = re.compile(r"^(Facts|Findings of the analysis|Samples \(scrambled\)|Text):$")
_REVISION = re.compile(r"^Revise the text below by the principles\.")
_ENGLISH = re.compile(r"^(?P<about>For) (?P<group>'[^']*'), (?P<measure>.+?) (?P<verb>is|come to) (?P<value>.+?)\.?$")
_OTHERS = re.compile(
    r"^(?P<measure>.+?) (?P<verb>beträgt|ist|est de|est|es de|es|è pari a|è|bedraagt|is) (?P<value>.+?)"
    r" (?P<about>bei|pour|para|per|bij) (?P<group>[„«“].+?[“»”])\.?$"
)
"""A fact about a group, as reports tell it in each of their languages."""
_ALL = {
    "For": "for all",
    "bei": "in jeder Gruppe",
    "pour": "dans chaque groupe",
    "para": "en cada grupo",
    "per": "in ogni gruppo",
    "bij": "in elke groep",
}
_AND = {"For": "and", "bei": "und", "pour": "et", "para": "y", "per": "e", "bij": "en"}
_FEWEST = 1
_FEWEST_GROUPS = 2
_MOST_GROUPS = 4
_FEW_GROUPS = 6  # so many are all told: a list without two of six teams reads as if there were four
_PER_PARAGRAPH = 4
_MOST_PARAGRAPHS = 3
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
    read = [(name, told, _ENGLISH.match(told) or _OTHERS.match(told)) for name, told in facts]
    measures: dict[str, list[tuple[str, re.Match[str]]]] = {}
    for name, _, match in read:
        if match:
            measures.setdefault(match["measure"], []).append((name, match))
    made: list[str] = []
    for name, told, match in read:
        same = measures[match["measure"]] if match else []
        if len(same) < _FEWEST_GROUPS:
            made.append(f"{told.rstrip('.')} [{name}].")
        elif same[0][0] == name:
            made.append(_compared(same))
    return made


def _compared(same: list[tuple[str, re.Match[str]]]) -> str:
    """One sentence about what several groups have."""
    first = same[0][1]
    shown = same if len(same) <= _FEW_GROUPS else same[:_MOST_GROUPS]
    values = [f"{match['value']} {match['about'].lower()} {match['group']}" for _, match in shown]
    if len({match["value"] for _, match in same}) == 1:
        told = f"{first['value']} {_ALL[first['about']]}"
    else:
        told = f"{', '.join(values[:-1])} {_AND[first['about']]} {values[-1]}"
    text = f"{first['measure']} {first['verb']} {told} [{', '.join(name for name, _ in shown)}]."
    return text[:1].upper() + text[1:]


def _parted(sentences: list[str]) -> list[list[str]]:
    """Paragraphs' worth of sentences, in order."""
    starts = range(0, min(len(sentences), _PER_PARAGRAPH * _MOST_PARAGRAPHS), _PER_PARAGRAPH)
    return [sentences[start : start + _PER_PARAGRAPH] for start in starts]
