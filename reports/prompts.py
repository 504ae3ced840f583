"""The prompts of the report engine. Pure: texts in, texts out; what leaves is scrambled afterwards, as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reports.facts import ENGLISH, Fact, NumberFormat, lowered
from reports.numbers import CITATION

PRINCIPLES: Final = (
    "Every number in the text stands in the facts. No figure is estimated, added up, averaged or invented.",
    "Nobody is identified or guessed at: tokens (a type, `_`, eight characters) stay exactly as they are.",
    "No advice treats people differently because of gender, age, origin, religion, health or another protected trait.",
    "Causes are only named when the facts name them; else the text says what goes together.",
    "Plain language: short sentences, no filler, no praise of the report itself.",
)
"""What a text is written and revised by."""
FACTS_HEAD: Final = "Facts:"
SAMPLES_HEAD: Final = "Samples (scrambled):"
FINDINGS_HEAD: Final = "Findings of the analysis:"
REVISE_TASK: Final = "Revise the text below by the principles."
TEXT_HEAD: Final = "Text:"
_QUOTED: Final = re.compile(r"'([^'\n]+)'")
_MOST_FACTS: Final = 60
_MOST_SAMPLES: Final = 8
_SAMPLE_LENGTH: Final = 400


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """What a section is to say: its purpose in the template's words, and what there is to say it with.

    `missed`: what stands for texts that a reviewer has marked; `prepared`: the scrambled prompt as it was reviewed;
    `typed`: words in it were typed by the person who ordered it.
    """

    id: str
    title: str
    report: str
    purpose: str
    facts: tuple[Fact, ...]
    findings: tuple[str, ...] = ()
    samples: tuple[str, ...] = field(default=(), repr=False)
    language: str = "en"
    form: NumberFormat = ENGLISH
    remark: str = ""
    missed: Mapping[str, str] = field(default_factory=dict, repr=False)
    prepared: str = field(default="", repr=False)
    typed: bool = False


def system_prompt() -> str:
    """Who the model is and the principles."""
    rules = "\n".join(f"{number}. {rule}" for number, rule in enumerate(PRINCIPLES, start=1))
    return f"You write sections of business reports from computed facts.\nPrinciples:\n{rules}"


def section_prompt(plan: SectionPlan, faults: Sequence[str] = ()) -> str:
    """The task, then the material. `faults`: what was wrong with the answer before."""
    # a detector takes the name of a language for a place or a nation
    language = "" if plan.language == "en" else f' in the language with the ISO code "{plan.language}"'
    lines = [
        f'Write the section "{plan.title}" of the report "{lowered(plan.report)}"{language}.',
        f"Purpose: {plan.purpose.strip()}",
        "Write two to four short paragraphs of plain text, then up to four points, each on a line after a hyphen.",
        "No heading, no markup. Begin with what matters most to the reader.",
        "After each sentence with a number cite its fact, as in [f1].",
    ]
    lines += [f"A person asks for this change: {plan.remark}"] if plan.remark else []
    lines += [f"Your last text was refused: {fault}" for fault in faults]
    lines += ["", *material(plan)]
    if plan.samples:
        lines += ["", SAMPLES_HEAD, *(f"- {_shortened(sample)}" for sample in plan.samples[:_MOST_SAMPLES])]
    return "\n".join(lines)


def material(plan: SectionPlan) -> list[str]:
    """The lines of a prompt that say what was computed."""
    marked = zip(marks(plan.facts), chosen_facts(plan.facts), strict=True)
    lines = [FACTS_HEAD, *(f"[{mark}] {fact.told(plan.form, small=True)}" for mark, fact in marked)]
    if plan.findings:
        lines += ["", FINDINGS_HEAD, *(f"- {finding}" for finding in plan.findings)]
    return lines


def revise_prompt(text: str) -> str:
    """The task of looking at a text by the principles, and the text; nothing else, for the text was scrambled."""
    return (
        f"{REVISE_TASK}\nIf it keeps all principles and reads well, answer with the word OK alone.\n"
        "Else answer with the whole text, mended; keep all ids in square brackets and add no number.\n\n"
        f"{TEXT_HEAD}\n{text}"
    )


def chosen_facts(facts: Sequence[Fact]) -> list[Fact]:
    """The facts that a prompt has room for, the important ones first."""
    ranks = {"headline": 0, "main": 1, "detail": 2}
    return sorted(facts, key=lambda fact: ranks[fact.rank])[:_MOST_FACTS]


def marks(facts: Sequence[Fact]) -> dict[str, str]:
    """What stands for the ids of the facts in a prompt, mark to id, in order.

    Ids are words with dots between them, some out of the data: a detector takes them for addresses and names.
    """
    return {f"f{number}": fact.id for number, fact in enumerate(chosen_facts(facts), start=1)}


def recited(text: str, names: Mapping[str, str]) -> str:
    """`text` with other names in its citations: ids for marks, or marks for ids."""
    return CITATION.sub(
        lambda match: f" [{', '.join(names.get(part.strip(), part.strip()) for part in re.split('[,;]', match[1]))}]",
        text,
    )


def own_case(text: str, facts: Sequence[Fact]) -> str:
    """`text` with the groups of facts as the data writes them: a prompt writes them with a small first letter."""
    groups = [fact.group for fact in facts if fact.group]
    spelled = {lowered(group): group for group in groups} | {group: group for group in groups}
    return _QUOTED.sub(lambda match: f"'{spelled.get(match[1], match[1])}'", text)


def _shortened(sample: str) -> str:
    text = " ".join(sample.split())
    if len(text) <= _SAMPLE_LENGTH:
        return text
    return f"{text[:_SAMPLE_LENGTH].rpartition(' ')[0]} ..."
