"""Ten-turn conversations: what left once leaves the same way again, and only new text is looked at (rule 5)."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
TURNS = 10
TYPES = ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "ORGANIZATION", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "LOCATION")
VALUES = [ENTITY_TYPES[name].example for name in TYPES]


def opening(seed: int) -> list[dict[str, Any]]:
    return [{"role": "system", "content": f"You answer letters, conversation {seed}. The office is in {VALUES[7]}."}]


def next_turns(random_: random.Random, turn: int, note: str = "") -> list[dict[str, Any]]:
    """One more user message, and what the assistant and a tool said before it."""
    told = random_.sample(VALUES, 2)
    messages: list[dict[str, Any]] = []
    if turn:
        messages.append({"role": "assistant", "content": f"Turn {turn}: noted, {told[0]}."})
    if turn % 3 == 1:
        call = {"id": f"call_{turn}", "type": "function"}
        arguments = f'{{"who": "{told[0]}", "turn": {turn}}}'
        function = {"name": "look_up", "arguments": arguments}
        messages.append({"role": "assistant", "content": None, "tool_calls": [{**call, "function": function}]})
        messages.append({"role": "tool", "tool_call_id": f"call_{turn}", "content": f'[{{"found": "{told[1]}"}}]'})
    messages.append({"role": "user", "content": f"Turn {turn}: {told[0]} wrote to {told[1]} again. {note}"})
    return messages


def left(gateway: Running) -> list[bytes]:
    return [request.body for request in gateway.provider.requests]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("session", [None, "a-named-one"])
async def test_earlier_turns_leave_as_the_same_bytes(gateway: Running, seed: int, session: str | None) -> None:
    random_ = random.Random(seed)
    messages = opening(seed)
    for turn in range(TURNS):
        messages += next_turns(random_, turn)
        body = {"model": "gpt-4o", "messages": messages}
        status, _, _ = await gateway.call(CHAT, body, headers={"X-Sting-Session": session} if session else {})
        assert status == 200
    bodies = left(gateway)
    assert len(bodies) == TURNS
    for earlier, later in itertools.pairwise(bodies):
        assert later.startswith(earlier.removesuffix(b"]}"))
    assert not [value for value in VALUES if value.encode() in b"".join(bodies)]


async def test_only_new_text_is_looked_at(gateway: Running) -> None:
    assert gateway.detector is not None
    random_ = random.Random(99)
    messages = opening(99)
    for turn in range(TURNS):
        new = next_turns(random_, turn, "Looked at once.")
        messages += new
        gateway.detector.texts.clear()
        hits = await gateway.metric("sting_prefix_cache_total", result="hit")
        await gateway.call(CHAT, {"model": "gpt-4o", "messages": messages})
        looked_at = gateway.detector.texts
        assert all(any(text in str(message) for message in [*new, opening(99)]) for text in looked_at), looked_at
        assert len(looked_at) <= 2 + 5 * len(new)
        assert f"Turn {turn}" in looked_at[-1]
        if turn:
            assert not [text for text in looked_at if f"Turn {turn - 1}" in text]
            assert await gateway.metric("sting_prefix_cache_total", result="hit") > hits


async def test_a_turn_that_is_sent_again_is_not_looked_at_again_and_leaves_the_same(gateway: Running) -> None:
    assert gateway.detector is not None
    messages = opening(7) + next_turns(random.Random(7), 0)
    for _ in range(3):
        gateway.detector.texts.clear()
        await gateway.call(CHAT, {"model": "gpt-4o", "messages": messages})
    assert gateway.detector.texts == []
    assert len(set(left(gateway))) == 1


async def test_a_branch_of_a_conversation_leaves_its_common_part_the_same(gateway: Running) -> None:
    start = opening(8) + next_turns(random.Random(8), 0)
    for ending in ("Write to Margaret Okafor.", "Write to m.okafor@example.com.", "Never mind."):
        messages = [*start, {"role": "user", "content": ending}]
        await gateway.call(CHAT, {"model": "gpt-4o", "messages": messages})
    prefixes = {body[: body.rindex(b'{"role": "user"')] for body in left(gateway)}
    assert len(prefixes) == 1


async def test_a_value_found_once_is_held_back_in_later_turns_even_where_detection_misses_it(gateway: Running) -> None:
    assert gateway.detector is not None
    first = [{"role": "user", "content": "I am Margaret Okafor."}]
    await gateway.call(CHAT, {"model": "gpt-4o", "messages": first})
    gateway.detector.words.clear()
    gateway.detector.words["nothing at all"] = "PERSON"
    later = [*first, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "MARGARET OKAFOR!"}]
    await gateway.call(CHAT, {"model": "gpt-4o", "messages": later})
    assert b"okafor" not in gateway.provider.bytes_seen.lower()
