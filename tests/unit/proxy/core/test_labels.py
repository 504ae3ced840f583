"""Names of messages: what stands in for somebody has only the letters that the API takes."""

from __future__ import annotations

import re

import pytest

from policies.model import Action, Policy, Rule
from proxy.core.findings import Finding
from proxy.core.jsontext import splice
from proxy.core.scrambler import Scrambler, edits_of
from proxy.core.slots import Kind
from proxy.core.surrogates import Naming
from proxy.detectors.operators import OneWay

KEY = b"labels" * 6
FIRST, SECOND = "Margaret", "Okafor"


@pytest.mark.parametrize("action", [Action.REDACT, Action.MASK, Action.HASH, Action.GENERALIZE, Action.SCRAMBLE])
def test_whatever_replaces_a_name_fits(action: Action) -> None:
    policy = Policy(name="p", entities={"PERSON": Rule(action=action), "LOCATION": Rule()})
    scrambler = Scrambler(policy, Naming(KEY), OneWay(KEY, 2026), frozenset({"PERSON", "LOCATION"}))
    findings = [Finding(0, 8, "PERSON", 0.9, "test"), Finding(8, 14, "LOCATION", 0.9, "test")]
    made = splice(FIRST + SECOND, edits_of(scrambler.text(FIRST + SECOND, Kind.LABEL, findings)))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made), made
    assert SECOND not in made
    if action is not Action.GENERALIZE:
        assert FIRST not in made
