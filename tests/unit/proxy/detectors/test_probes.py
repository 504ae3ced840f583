from __future__ import annotations

import pytest

from policies.entity_types import ENTITY_TYPES
from proxy.detectors.base import Profile
from proxy.detectors.chain import Chain, load_engines
from proxy.detectors.probes import probes

ASKED_FOR_BY_NAME = {"DATE_PART", "NUMBER", "UUID"}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain(load_engines(["patterns", "names"]))


def test_every_entity_type_has_a_probe_but_those_that_must_be_asked_for() -> None:
    assert set(probes()) == set(ENTITY_TYPES) - ASKED_FOR_BY_NAME


@pytest.mark.parametrize("entity_type", sorted(probes()))
def test_the_value_of_a_probe_is_found(chain: Chain, entity_type: str) -> None:
    sentence, value = probes()[entity_type]
    found = chain.find([sentence], Profile(engines=("patterns", "names")))[0]
    covered = {place for finding in found for place in range(finding.start, finding.end)}
    start = sentence.index(value)
    missed = [sentence[place] for place in range(start, start + len(value)) if place not in covered]
    assert not "".join(missed).strip()
