"""Floors of the structured types on generated sets: recall, its interval's lower end, precision."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from proxy.detectors.base import Profile
from proxy.detectors.evaluation.figures import wilson
from proxy.detectors.patterns import PatternEngine
from tests.detection.generator import ALL_KINDS, Kind, examples

ENGINE = PatternEngine()
QUICK, LONG = 250, 1500


@dataclass
class Result:
    """Counts, and the first texts that went wrong (made-up values, safe to print)."""

    n: int
    whole: int
    wrong: int
    misses: list[str]
    alarms: list[str]


def run(kind: Kind, count: int, seed: int) -> Result:
    """Whole values covered, and look-alikes reported as any of the kind's types."""
    result = Result(count, 0, 0, [], [])
    for example, positive in examples(kind, count, seed):
        findings = ENGINE.find([example.text], Profile())[0]
        if positive:
            covered = {at for one in findings for at in range(one.start, one.end)}
            missing = [
                at for at in range(example.start, example.end) if at not in covered and not example.text[at].isspace()
            ]
            result.whole += not missing
            if missing:
                result.misses.append(example.text)
        else:
            alarms = [one for one in findings if one.entity_type in kind.entity_types]
            result.wrong += bool(alarms)
            result.alarms += [
                f"{one.detector} {example.text[one.start : one.end]!r} in {example.text!r}" for one in alarms
            ]
    return result


@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.name)
def test_a_structured_type_is_found_whole_and_its_look_alikes_are_left_alone(kind: Kind) -> None:
    result = run(kind, QUICK, seed=1)
    assert result.whole >= 0.99 * result.n, result.misses[:10]
    assert result.whole >= 0.97 * (result.whole + result.wrong), result.alarms[:10]


@pytest.mark.long
@pytest.mark.parametrize("kind", ALL_KINDS, ids=lambda kind: kind.name)
def test_recall_is_99_percent_with_a_lower_end_of_98_and_precision_97(kind: Kind) -> None:
    result = run(kind, LONG, seed=2)
    assert result.whole >= 0.99 * result.n, result.misses[:10]
    assert wilson(result.whole, result.n)[0] >= 0.98
    assert result.whole >= 0.97 * (result.whole + result.wrong), result.alarms[:10]
