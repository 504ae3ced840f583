"""Leak and over-scrub of a tagger on labelled texts, by characters that are no white space."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.corpora import UNSURE, Example

Covered = list[tuple[int, int]]
NAME_TYPES = frozenset({"PERSON", "GPE", "ORGANIZATION", "NRP", "STREET_ADDRESS", "LOCATION", "ZIP_CODE"})
_PLACEHOLDER = re.compile(r"<?PRESIDIO_ANONYMIZED_[A-Z_]+>?", re.IGNORECASE)


@dataclass(slots=True)
class Case:
    """A text with its personal stretches; `counted` are those that the leak is measured on, `ignored` count nowhere."""

    text: str
    gold: Covered
    counted: Covered
    ignored: Covered = field(default_factory=list)


def synth(path: Path, *, names_only: bool = True) -> list[Case]:
    """Presidio-research's JSON. `names_only`: leak over names, places, organisations and addresses."""
    cases = []
    for item in json.loads(path.read_text(encoding="utf-8")):
        spans = [(span["start_position"], span["end_position"], span["entity_type"]) for span in item["spans"]]
        gold = [span[:2] for span in spans if span[2] != "TITLE"]
        counted = [span[:2] for span in spans if span[2] in NAME_TYPES] if names_only else gold
        cases.append(Case(item["full_text"], gold, counted, [span[:2] for span in spans if span[2] == "TITLE"]))
    return cases


def pupa(path: Path) -> list[Case]:
    """PUPA's prompts: every occurrence of a unit is personal; what its makers had masked already is ignored."""
    cases = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["user_query"]
            ignored = [match.span() for match in _PLACEHOLDER.finditer(text)]
            gold = []
            for unit in {unit.strip() for unit in row["pii_units"].split("||")}:
                if unit and not _PLACEHOLDER.fullmatch(unit):
                    pattern = rf"(?<!\w){re.escape(unit)}(?!\w)"
                    gold += [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
            cases.append(Case(text, gold, gold, ignored))
    return cases


def examples(labelled: Sequence[Example], kind: str | None = None) -> list[Case]:
    """Our own labelled texts; `kind`: the leak is measured over this type alone."""
    return [
        Case(
            example.text,
            [span[:2] for span in example.spans if span[2] != UNSURE],
            [span[:2] for span in example.spans if span[2] != UNSURE and kind in (None, span[2])],
            [span[:2] for span in example.spans if span[2] == UNSURE],
        )
        for example in labelled
    ]


def lowered(cases: Sequence[Case]) -> list[Case]:
    """The same in lower case, where that changes no length."""
    return [
        Case(case.text.lower(), case.gold, case.counted, case.ignored)
        for case in cases
        if len(case.text.lower()) == len(case.text)
    ]


def _marked(length: int, ranges: Covered) -> bytearray:
    marks = bytearray(length)
    for start, end in ranges:
        marks[start:end] = b"\1" * (min(end, length) - start)
    return marks


@dataclass(slots=True)
class Tally:
    """Counts over any number of texts: characters, and counted stretches that are touched at all (recall) or missed."""

    personal: int = 0
    left: int = 0
    other: int = 0
    covered_other: int = 0
    texts: int = 0
    clean: int = 0
    stretches: int = 0
    touched: int = 0

    def add(self, cases: Sequence[Case], find: Callable[[list[str]], list[Covered]]) -> None:
        """Count what `find`, which gives the covered ranges of each text, does to `cases`."""
        for case, ranges in zip(cases, find([case.text for case in cases]), strict=True):
            found = _marked(len(case.text), ranges)
            missed = self._count(case, found)
            if case.counted:
                self.texts += 1
                self.clean += not missed
                self.stretches += len(case.counted)
                self.touched += sum(any(found[start:end]) for start, end in case.counted)

    def _count(self, case: Case, found: bytearray) -> int:
        """Count the characters of one text; the number of personal ones that are left."""
        gold, counted, ignored = (_marked(len(case.text), part) for part in (case.gold, case.counted, case.ignored))
        missed = 0
        for index, letter in enumerate(case.text):
            if letter.isspace() or ignored[index]:
                continue
            if counted[index]:
                self.personal += 1
                missed += not found[index]
            elif not gold[index]:
                self.other += 1
                self.covered_other += found[index]
        self.left += missed
        return missed

    def __str__(self) -> str:
        leak, over = self.left / max(self.personal, 1), self.covered_other / max(self.other, 1)
        clean, recall = self.clean / max(self.texts, 1), self.touched / max(self.stretches, 1)
        return (
            f"leak {100 * leak:5.2f}  over {100 * over:5.2f}  clean {100 * clean:5.1f} of {self.texts}"
            f"  recall {100 * recall:5.2f} of {self.stretches}"
        )


def figures(cases: Sequence[Case], find: Callable[[list[str]], list[Covered]]) -> Tally:
    """Counts of `find` on `cases`."""
    tally = Tally()
    tally.add(cases, find)
    return tally
