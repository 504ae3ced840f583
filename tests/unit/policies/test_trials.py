"""A draft of a policy tried on past exchanges: what their counts can tell, and what they cannot."""

from __future__ import annotations

import json

import pytest

from policies.audit import AuditEvent
from policies.model import Policy
from policies.trials import Trial, held_back, texts_of, trial

NOW = Policy.model_validate({"name": "now", "entities": {"CREDIT_CARD": "block", "AGE": "keep"}})
POLICIES = {"now": NOW}
EVENTS = (
    AuditEvent("x1", 10, policy="now", entities={"PERSON": 2}, outcome="ok"),
    AuditEvent("x2", 20, policy="now", entities={"PERSON": 1, "CREDIT_CARD": 1}, outcome="blocked"),
    AuditEvent("x3", 30, policy="now", entities={"AGE": 3}, outcome="ok"),
    AuditEvent("x4", 40, policy="now", outcome="ok"),
)


def tried(**changes: object) -> Trial:
    base = {"name": "draft", "entities": {"CREDIT_CARD": "block", "AGE": "keep"}}
    return trial(EVENTS, Policy.model_validate({**base, **changes}), POLICIES, {})


def test_the_same_rules_change_nothing_and_are_told_exactly() -> None:
    same = tried()
    assert (same.exchanges, same.since, same.until) == (4, 10, 40)
    assert (same.newly_blocked, same.no_longer_blocked, same.changed) == (0, 0, 0)
    assert [(one.entity_type, one.exchanges, one.findings, one.now, one.draft) for one in same.types] == [
        ("PERSON", 2, 3, ("scramble",), "scramble"),
        ("AGE", 1, 3, ("keep",), "keep"),
        ("CREDIT_CARD", 1, 1, ("block",), "block"),
    ]
    assert not any(one.at_least or one.at_most for one in same.types)


def test_what_would_be_blocked_and_what_no_longer() -> None:
    other = tried(entities={"CREDIT_CARD": "redact", "AGE": "block"})
    assert (other.newly_blocked, other.no_longer_blocked, other.changed) == (1, 1, 2)


@pytest.mark.parametrize(
    ("changes", "at_least", "at_most"),
    [
        ({"default": {"min_score": 0.5}}, False, True),
        ({"detection": {"engines": ["patterns"]}}, False, True),
        ({"detection": {"engines": ["patterns", "names", "presidio"]}}, True, False),
        ({"detection": {"engines": ["patterns", "presidio"]}}, True, True),
        ({"detection": {"languages": ["en", "de"]}}, True, False),
        ({"detection": {"deny": {"PERSON": ["Zorro"]}}}, True, False),
        ({"detection": {"allow": ["May"]}}, False, True),
    ],
)
def test_where_the_draft_looks_otherwise_the_count_is_a_bound(
    changes: dict[str, object], *, at_least: bool, at_most: bool
) -> None:
    person = tried(**changes).types[0]
    assert (person.at_least, person.at_most) == (at_least, at_most)


def test_exchanges_under_other_policies_than_today_are_counted() -> None:
    moved = trial((*EVENTS, AuditEvent("x5", 50, policy="gone", entities={"PERSON": 1})), NOW, POLICIES, {"now": 25})
    assert (moved.changed_since, moved.unknown_policy) == (2, 1)
    assert (moved.types[0].at_least, moved.types[0].at_most) == (True, True)
    assert trial((), NOW, POLICIES, {}).types == []


def test_texts_of_a_body_are_its_sentences() -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Call Ada now"}, {"content": ["Call Ada now"]}]}
    assert texts_of(json.dumps(body).encode()) == ["Call Ada now"]
    assert texts_of(b'{"messages": [{"con') == []
    assert len(texts_of(json.dumps([f"a {n}" for n in range(900)]).encode())) == 200


def test_tokens_are_no_findings_and_what_the_draft_lets_stand_is_none() -> None:
    text = "PERSON_K7Q2M9XA met Ada, 33"
    findings = [
        {"start": 0, "end": 15, "entity_type": "PERSON", "score": 1.0},
        {"start": 20, "end": 23, "entity_type": "PERSON", "score": 1.0},
        {"start": 25, "end": 27, "entity_type": "AGE", "score": 1.0},
    ]
    assert held_back([text], [findings], NOW) == {"PERSON": 1}
    strict = NOW.model_copy(update={"default": NOW.default.model_copy(update={"min_score": 1.0})})
    assert held_back([text], [[{**findings[1], "score": 0.9}]], strict) == {}
