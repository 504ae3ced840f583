"""Identifiers with capitals inside: found for policies that take whatever they suspect, and for no other."""

from __future__ import annotations

import itertools

import pytest

from proxy.detectors.base import Profile
from proxy.detectors.names import NamesEngine
from proxy.detectors.names.suspects import SCORE, suspects

ENGINE = NamesEngine()
CODE = "using Qorvex.Billing.ClientPages; var qorvexWindow = new Thing();"
TAKING_ALL = Profile(rules=(("ORGANIZATION", 1, 0.0),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CODE, ["Qorvex.Billing.ClientPages", "qorvexWindow"]),
        ("def load_rows(self): return Path", []),
        ("my iPad and eBay, then the BillingForAcme2 class", ["BillingForAcme2"]),
        ("See the end. Then HTTP 404 in snake_case", []),
    ],
)
def test_words_with_a_capital_inside_are_suspects(text: str, words: list[str]) -> None:
    assert [text[one.start : one.end] for one in suspects(text, "names")] == words


def covered(profile: Profile) -> set[str]:
    return {CODE[one.start : one.end] for one in ENGINE.find([CODE], profile)[0] if one.score == SCORE}


def test_only_a_rule_that_takes_every_organisation_asks_for_them() -> None:
    assert "Qorvex.Billing.ClientPages" in covered(TAKING_ALL)
    assert covered(Profile()) == set()
    assert covered(Profile(rules=(("ORGANIZATION", 1, 0.3),))) == set()
    assert covered(Profile(rules=(("ORGANIZATION", -1, 0.0),))) == set()
    assert covered(Profile(rules=(("ORGANIZATION", 1, 0.0),), identifiers=True)) == set()


def test_the_engine_still_finds_disjoint_ranges() -> None:
    found = ENGINE.find(["Ask JaneDoeFiles of Anna Kowalski at CommBank"], TAKING_ALL)[0]
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
