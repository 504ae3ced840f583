"""What the names engine finds, in a sample written by hand and in public text, with the floors that it must keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from proxy.core.findings import Finding
from proxy.detectors.base import Profile
from proxy.detectors.names import NamesEngine

BALANCED = 0.3
"""The score from which the figures count, as in the policy `balanced`."""

HERE = Path(__file__).parent
PROFILE = Profile(engines=("names",))
_MARKED = re.compile(r"\[([^\]|]+)\|([A-Z]+)\]")


@dataclass(frozen=True)
class Labelled:
    text: str
    spans: tuple[tuple[int, int, str], ...]


@cache
def engine() -> NamesEngine:
    return NamesEngine()


def sample() -> list[Labelled]:
    """Lines of names_sample.txt, in which `[Ann|PERSON]` marks a name."""
    labelled = []
    for line in (HERE / "names_sample.txt").read_text(encoding="utf-8").splitlines():
        text, spans, place = "", [], 0
        for match in _MARKED.finditer(line):
            text += line[place : match.start()]
            spans.append((len(text), len(text) + len(match.group(1)), match.group(2)))
            text += match.group(1)
            place = match.end()
        labelled.append(Labelled(text + line[place:], tuple(spans)))
    return labelled


def found(texts: list[str]) -> list[list[Finding]]:
    return [[hit for hit in hits if hit.score >= BALANCED] for hits in engine().find(texts, PROFILE)]


def covered_share(labelled: list[Labelled]) -> float:
    """Share of labelled characters that a finding covers."""
    total = hit = 0
    for item, findings in zip(labelled, found([item.text for item in labelled]), strict=True):
        marks = {place for finding in findings for place in range(finding.start, finding.end)}
        for start, end, _ in item.spans:
            places = [place for place in range(start, end) if not item.text[place].isspace()]
            total += len(places)
            hit += sum(place in marks for place in places)
    return hit / total


def over_share(texts: list[str]) -> float:
    """Share of characters that findings cover in texts without names."""
    covered = sum(finding.length for findings in found(texts) for finding in findings)
    return covered / sum(len(re.sub(r"\s", "", text)) for text in texts)


def test_names_of_the_sample_are_covered() -> None:
    share = covered_share(sample())
    print(f"sample: {100 * share:.1f} % of {len(sample())} lines' personal characters covered")  # noqa: T201 - the figure itself
    assert share >= 0.94


def test_lower_case_costs_little() -> None:
    lowered = [Labelled(item.text.lower(), item.spans) for item in sample()]
    assert covered_share(lowered) >= covered_share(sample()) - 0.05


def test_most_types_of_the_sample_are_right() -> None:
    right = total = 0
    for item, findings in zip(sample(), found([item.text for item in sample()]), strict=True):
        for start, end, kind in item.spans:
            kinds = {hit.entity_type for hit in findings if hit.start < end and start < hit.end}
            total += bool(kinds)
            right += kind in kinds
    assert right / total >= 0.85


def test_ordinary_prompts_stay_as_they_are() -> None:
    prompts = (HERE / "ordinary_prompts.txt").read_text(encoding="utf-8").splitlines()
    share = over_share(prompts)
    touched = sum(bool(findings) for findings in found(prompts))
    print(f"ordinary prompts: {100 * share:.2f} % of characters, {touched} of {len(prompts)} prompts touched")  # noqa: T201 - the figure itself
    assert len(prompts) == 200
    assert share <= 0.04


@pytest.mark.parametrize(
    "text",
    [
        "def get_user(self, name: str) -> User:\n    return self.users[name]",
        "document.getElementById('main').appendChild(node);",
        "2024-05-01 10:22:31,114 INFO [worker-3] scheduler: job 8841 finished in 12 ms, next run in 60 s",
        "cc6a2651-f67d-4e9a-980c-63d72a62f2d3 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b 1.24.3",
        "Monday 9:00, Tuesday 10:00, from January to March, every Friday in June",
        "| Price | Quantity |\n|-------|----------|\n| 12.99 | 3 |",
        '{"status": "ok", "items": [], "total": 0, "nextPage": null}',
    ],
)
def test_code_logs_tables_and_dates_hold_no_names(text: str) -> None:
    assert [text[hit.start : hit.end] for hit in found([text])[0]] == []


def _runs_of_words(text: str, length: int = 6) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_the_sample_and_the_prompts_are_not_what_the_tagger_was_trained_on() -> None:
    templates = HERE.parents[1] / "training" / "templates"
    trained = set().union(*(_runs_of_words(path.read_text(encoding="utf-8")) for path in templates.glob("*.txt")))
    prompts = (HERE / "ordinary_prompts.txt").read_text(encoding="utf-8").splitlines()
    lines = [*prompts, *(item.text for item in sample())]
    assert [line for line in lines if _runs_of_words(line) & trained] == []
