"""What somebody would try who wants another one's value restored, or an original past the scrambler."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.model import Policy, Rule
from proxy.core.findings import Finding
from proxy.core.jsontext import Edit, NotJson, parse, splice
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.core.scrambler import Scrambler, edits_of
from proxy.core.slots import NESTED_DEPTH, Kind
from proxy.core.surrogates import Naming, naming_key_of_session
from proxy.core.tokens import look_alikes
from proxy.dialects.openai_chat import CHAT
from proxy.services import token_types

POLICY = Policy(name="test")
TYPES = token_types(POLICY)
SECRET = "Jane Doe"


def _scrambler(key: bytes = b"k" * 32, policy: Policy = POLICY) -> Scrambler:
    return Scrambler(policy, Naming(key), lambda _action, entity_type, _original: f"REDACTED_{entity_type}", TYPES)


def _sent(text: str, secret: str = SECRET) -> str:
    """What leaves for a request when a detector finds every plain occurrence of the secret."""
    document = parse(text)
    exchange = _scrambler()
    edits: list[Edit] = []
    for slot in CHAT.request_slots(document).texts:
        start = slot.text.find(secret)
        found = [Finding(start, start + len(secret), "PERSON", 0.9, "t")] if start >= 0 else []
        edits += slot.edits_of_document(text, edits_of(exchange.text(slot.text, slot.kind, found)))
    return splice(text, edits)


@pytest.mark.parametrize(
    "body",
    [
        '{"messages":[{"role":"user","content":"Jane Doe"}],"messages":[]}',
        '{"messages":[],"messages":[{"role":"user","content":"Jane Doe"}]}',
        '{"messages":[{"role":"user","content":"x","content":"Jane Doe","content":"y"}]}',
        '{"messages":{"role":"user","content":"Jane Doe"}}',
        '{"messages":"Jane Doe"}',
        '{"messages":[["Jane Doe"]]}',
        '{"model":["Jane Doe"]}',
        '{"model":{"name":"Jane Doe"}}',
        '{"stream":{"a":"Jane Doe"}}',
        '{"messages":[{"role":"Jane Doe"}]}',
        '{"messages":[{"content":[{"type":"text","type":"Jane Doe"}]}]}',
        '{"messages":[{"content":[{"text":{"text":"Jane Doe"}}]}]}',
        '{"Jane Doe":1}',
        '{"messages":[{"Jane Doe":1}]}',
        '{"tools":[{"type":"function","function":{"parameters":{"minimum":"Jane Doe"}}}]}',
        '{"tools":[{"type":"function","function":{"parameters":{"type":["Jane Doe"]}}}]}',
        '{"\\u0000":"\\u004aane Doe"}',
    ],
)
def test_no_shape_of_a_body_carries_a_found_value_past_the_scrambler(body: str) -> None:
    away = _sent(body)
    assert SECRET not in away
    assert "\\u004aane" not in away
    json.loads(away)


@pytest.mark.parametrize("depth", range(NESTED_DEPTH + 3))
def test_json_in_json_is_scanned_at_any_depth(depth: int) -> None:
    content: Any = {"a": SECRET}
    for _ in range(depth):
        content = {"a": json.dumps(content)}
    away = _sent(json.dumps({"messages": [{"role": "user", "content": json.dumps(content)}]}))
    assert SECRET not in away
    content = json.loads(away)["messages"][0]["content"]
    for _ in range(depth + 1):
        content = json.loads(content)["a"]
    assert content.startswith("PERSON_")


def test_escapes_and_surrogates_do_not_shift_a_replacement() -> None:
    text = '{"messages":[{"content":"\\ud83d\\ud83d\\ude00\\"\\u00e9\\\\u0041 \\u004a\\u0061ne Doe\\ud83d!"}]}'
    away = _sent(text)
    before, after = text.split("\\u004a\\u0061ne Doe")
    assert away.startswith(before)
    assert away.endswith(after)


def test_a_flood_of_values_is_refused() -> None:
    with pytest.raises(NotJson, match="too many values"):
        parse("[" + "1," * 100 + "1]", max_values=100)
    assert len(parse("[" + "1," * 98 + "1]", max_values=100).scalars) == 99


def test_a_token_that_the_client_types_is_never_restored_to_a_value() -> None:
    exchange = _scrambler()
    exchange.text(SECRET, Kind.TEXT, [Finding(0, 8, "PERSON", 0.9, "t")])
    (token,) = exchange.issued
    for written in (token, token.lower(), token.replace("_", " "), f"**{token}**", f"x {token}{token}"):
        away = splice(written, edits_of(exchange.text(written, Kind.TEXT, [])))
        assert token not in away
        assert restore(away, Originals(exchange.issued), RestoreTally()) == written


def test_a_literal_s_own_token_is_shielded_too() -> None:
    exchange = _scrambler()
    (first,) = exchange.text("PERSON_ZZZZZZZC", Kind.TEXT, [])
    assert first.new is not None
    again = exchange.text(first.new, Kind.TEXT, [])
    assert [decision.entity_type for decision in again] == ["LITERAL"]
    away = splice(first.new, edits_of(again))
    assert restore(away, Originals(exchange.issued), RestoreTally()) == first.new


def test_tokens_of_another_owner_or_session_are_unknown_here() -> None:
    finding = [Finding(0, 8, "PERSON", 0.9, "t")]
    tokens = set()
    for key in (b"a" * 32, b"b" * 32, naming_key_of_session(b"a" * 32, "s1"), naming_key_of_session(b"a" * 32, "s2")):
        exchange = _scrambler(key)
        exchange.text(SECRET, Kind.TEXT, finding)
        tokens |= set(exchange.issued)
    assert len(tokens) == 4
    first, *others = sorted(tokens)
    for other in others:
        assert restore(other, Originals({first: SECRET}), RestoreTally()) == other


def test_a_model_cannot_restore_by_likeness() -> None:
    exchange = _scrambler()
    exchange.text(SECRET, Kind.TEXT, [Finding(0, 8, "PERSON", 0.9, "t")])
    (token,) = exchange.issued
    core = token[-8:]
    like = (core, f"PERSON{core}", f"PERSON_{core[:7]}", f"PERSON__{core}", f"PERS0N_{core}", f"PERSON_{core[::-1]}")
    for written in like:
        if written != token:
            assert restore(written, Originals(exchange.issued), RestoreTally()) == written
    assert restore(f"EMAIL_ADDRESS_{core}", Originals(exchange.issued, ()), RestoreTally()) == f"EMAIL_ADDRESS_{core}"


def test_a_redacted_value_takes_no_part_in_restoring() -> None:
    exchange = _scrambler(policy=Policy(name="test", entities={"CREDIT_CARD": Rule.model_validate("redact")}))
    text = "4111111111111111"
    decisions = exchange.text(text, Kind.TEXT, [Finding(0, 16, "CREDIT_CARD", 0.9, "t")])
    assert splice(text, edits_of(decisions)) == "REDACTED_CREDIT_CARD"
    assert exchange.issued == {}


def test_look_alikes_do_not_break_up_a_finding() -> None:
    text = "Jane PERSON_ZZZZZZZC Doe"
    exchange = _scrambler()
    away = splice(text, edits_of(exchange.text(text, Kind.TEXT, [Finding(0, len(text), "PERSON", 0.9, "t")])))
    assert "Jane" not in away
    assert "Doe" not in away
    assert look_alikes(text, TYPES)
    assert restore(away, Originals(exchange.issued), RestoreTally()) == text
