"""Writes labelled texts from templates: prompts, mails, tickets, tables, code, and texts with nothing to find."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from training import plain
from training.corpora import Example, Span
from training.lexicon import Lexicon

_SLOT = re.compile(r"\{(_?[a-z]+(?:_[a-z]+)?)\}")
TYPES = {
    "name": "PER", "first": "PER", "last": "PER", "initial": "PER",
    "city": "LOC", "country": "LOC", "state": "LOC",
    "org": "ORG", "school": "ORG", "hospital": "ORG", "nrp": "NRP",
    "street": "ADDR", "crossing": "ADDR", "address": "ADDR", "address_lines": "ADDR",
}  # fmt: skip
"""The tagger's type of each slot that is to be found; slots with `_` before them hold what is not."""

_FOLDER = Path(__file__).parent / "templates"


@cache
def templates(name: str) -> tuple[str, ...]:
    """The templates of the file `name`.txt."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.replace("\\n", "\n").replace("\\t", "\t") for line in lines if line.strip())


class Generator:
    """Draws texts; everything follows from `dice`. `code`: chunks of real source code without names."""

    def __init__(self, dice: random.Random, code: tuple[str, ...] = ()) -> None:
        self._dice = dice
        self._lexicon = Lexicon(dice)
        self._code = code

    def fill(self, template: str) -> Example:
        """The template with a value in each slot, and the spans of the values that are to be found."""
        text = ""
        spans: list[Span] = []
        place = 0
        for match in _SLOT.finditer(template):
            text += template[place : match.start()]
            place = match.end()
            slot = match.group(1)
            if slot in TYPES:
                value = str(getattr(self._lexicon, slot)())
                _add(spans, text, value, TYPES[slot])
            else:
                value = plain.value(slot[1:], self._dice)
            text += value
        return Example(text + template[place:], tuple(spans))

    def salad(self) -> Example:
        """Words of another language in a row, as unknown text looks; now and then a name of that language in it."""
        language, locale = self._dice.choice(plain.SALADS)
        example = Example(plain.salad(language, self._dice))
        if self._dice.random() < 0.35:  # noqa: PLR2004
            name = plain.foreign_name(locale, self._dice)
            gap = "" if language in plain.UNSPACED else " "
            named = Example(name, ((0, len(name), "PER"),))
            example = join(join(example, named, gap), Example(plain.salad(language, self._dice)), gap)
        return example

    def mixed(self, share_plain: float) -> Example:
        """One to four parts, one after the other; `share_plain` of them have nothing to find."""
        draw = self._dice.random()
        if draw < 0.06:  # noqa: PLR2004
            return self.salad()
        if draw < 0.14 and self._code:  # noqa: PLR2004
            return Example(self._dice.choice(self._code))
        example = Example("")
        for _ in range(self._dice.choice((1, 1, 2, 3, 4))):
            kind = "plain"
            if self._dice.random() >= share_plain:
                kind = self._dice.choices(("prompts", "foreign"), (9, 1))[0]
            part = self.fill(self._dice.choice(templates(kind)))
            example = join(example, part, self._dice.choice((" ", "\n", "\n\n")))
        return example


def _add(spans: list[Span], text: str, value: str, kind: str) -> None:
    """Add the span of `value`, which comes after `text`; a family name after a given name makes one span with it."""
    start, end = len(text), len(text) + len(value)
    if value.lower().startswith("the ") and kind in ("LOC", "ORG"):
        start += 4
    if spans and kind == spans[-1][2] == "PER" and spans[-1][1] == start - 1 and text.endswith(" "):
        start = spans.pop()[0]
    spans.append((start, end, kind))


def join(first: Example, second: Example, gap: str) -> Example:
    """Both texts, one after the other."""
    if not first.text:
        return second
    shift = len(first.text) + len(gap)
    moved = tuple((start + shift, end + shift, kind) for start, end, kind in second.spans)
    return Example(first.text + gap + second.text, first.spans + moved)
