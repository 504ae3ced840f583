"""Expressions of policies: what they find, which are refused, and what happens when one takes too long."""

from __future__ import annotations

from typing import get_args

import pytest

from policies.documents import DocumentError, read_document
from policies.loader import PolicyError, compile_policies
from policies.model import Checksum, Policy, Recogniser
from policies.resolve import tightened
from policies.trials import _looks_harder
from proxy.detectors import own_recognisers
from proxy.detectors.chain import Chain
from proxy.detectors.frames import decode_request, encode_request
from proxy.outgoing import profile_of

STAFF = r"""
name: house
entities: {STAFF_ID: redact, BADGE: {min_score: 0.5}}
detection:
  engines: []
  recognisers:
    STAFF_ID: 'EMP-\d{6}'
    BADGE:
      - {pattern: 'badge (\d[\d ]+\d)', group: 1, checksum: luhn}
      - {pattern: 'maybe \w+', score: 0.3}
"""


def policy(text: str) -> Policy:
    return compile_policies((), [read_document("p.yaml", text)])["house"]


def found(text: str, of: Policy) -> list[tuple[str, str]]:
    profile = decode_request(encode_request([text], profile_of(of, "default")))[1]  # as a worker gets it
    (findings,) = Chain({}).find([text], profile)
    return [(text[one.start : one.end], one.entity_type) for one in findings]


def test_expressions_find_their_values_where_the_checksum_fits() -> None:
    text = "EMP-123456 has badge 4111 1111 1111 1111, not badge 4111 1111 1111 1112; maybe so; EMP-12345"
    assert found(text, policy(STAFF)) == [("EMP-123456", "STAFF_ID"), ("4111 1111 1111 1111", "BADGE")]


def test_a_long_text_is_looked_at_to_its_end() -> None:
    assert found("x " * 40_000 + "EMP-654321", policy(STAFF)) == [("EMP-654321", "STAFF_ID")]


def test_every_checksum_has_a_name_and_nonsense_fits_none() -> None:
    assert set(get_args(Checksum)) == set(own_recognisers._CHECKSUMS)
    assert not any(fits("nothing-like-it!") or fits("") for fits in own_recognisers._CHECKSUMS.values())
    assert own_recognisers._CHECKSUMS["mod97"]("79444")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("'(a+)+$'", "too long"),
        ("'(x+x+)+y'", "too long"),
        ("'^(([a-z])+.)+[A-Z]([a-z])+$'", "too long"),
        (r"'\w+@corp'", "too long"),
        (r"'^(\d+)+$'", "too long"),
        (str(["abc"] * 51), "at most 50"),
        ("'(unclosed'", "no regular expression"),
        ("'a*'", "nothing at all"),
        ("{pattern: 'ab', group: 1}", "none of the number 1"),
        ("{pattern: 'ab', checksum: crc}", "luhn"),
    ],
)
def test_an_expression_that_cannot_be_used_is_refused_with_its_line(line: str, told: str) -> None:
    with pytest.raises((PolicyError, DocumentError), match=rf"p.yaml:[34].*{told}"):
        policy(f"name: house\ndetection:\n  recognisers:\n    STAFF_ID: {line}\n")


def test_what_takes_too_long_all_the_same_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_recognisers, "SECONDS", 0.05)
    slow = ("STAFF_ID", "(a+)+$", 0, 0.9, "")
    with pytest.raises(TimeoutError):
        list(own_recognisers.recognised("a" * 5_000 + "!", [slow]))


def test_floors_and_trials_know_of_expressions() -> None:
    house, other = policy(STAFF), policy("name: house\ndetection: {recognisers: {ROOM: 'R-[0-9]+'}}\n")
    both = tightened(other, house).detection.recognisers
    assert (set(both), both["STAFF_ID"]) == ({"STAFF_ID", "BADGE", "ROOM"}, (Recogniser(pattern=r"EMP-\d{6}"),))
    assert _looks_harder(house, other)
    assert house.digest != policy(STAFF.replace("EMP", "STF")).digest
