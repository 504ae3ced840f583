"""Beginnings of conversations of other APIs than chat completions: the same bytes as when all of a body is read."""

from __future__ import annotations

import base64
import json
import random
import re
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.e2e.test_beginnings import VALUES, forget, said
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

MESSAGES, CHAT, RESPONSES = "/v1/messages", "/api/chat", "/v1/responses"
FAMILIES = {MESSAGES: ("anthropic", "messages"), CHAT: ("ollama", "messages"), RESPONSES: ("openai", "input")}
NAMES = ("x-sting-session", "x-sting-entities", "x-sting-restored")
_IDS = re.compile(rb'"id":"[^"]*"|"created_at":[0-9]+')
SIGNATURE = "EqQBCkYIARgCKkDsomething+base64/signature=="
CARD = ENTITY_TYPES["CREDIT_CARD"].example


def anthropic_turn(pick: random.Random, number: int) -> list[dict[str, Any]]:
    """A user's message, and an answer with or without a call of a tool."""
    content: Any = said(pick) if pick.random() < 0.6 else [{"type": "text", "text": said(pick)}]
    if pick.random() < 0.3:
        content = [{"type": "text", "text": said(pick), "cache_control": {"type": "ephemeral"}}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if pick.random() < 0.5:
        call = {"type": "tool_use", "id": f"toolu_{number}", "name": "look_up", "input": {"who": said(pick), "n": [1]}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": json.dumps({"is": said(pick)})}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return [*messages, {"role": "assistant", "content": [{"type": "text", "text": said(pick)}]}]


def ollama_turn(pick: random.Random, _number: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": said(pick)}]
    if pick.random() < 0.5:
        call = {"function": {"name": "look_up", "arguments": {"who": said(pick)}}}
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_name": "look_up", "content": said(pick)})
    return [*messages, {"role": "assistant", "content": said(pick)}]


def anthropic_body(pick: random.Random, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """With a system prompt as text, as blocks, or none, before the messages or behind them."""
    system: Any = pick.choice([None, f"You help {VALUES[1]}.", [{"type": "text", "text": f"You help {VALUES[1]}."}]])
    tools = [{"name": "look_up", "description": f"Finds {VALUES[0]}", "input_schema": {"type": "object"}}]
    more: dict[str, Any] = {} if system is None else {"system": system}
    more |= {"tools": tools} if pick.random() < 0.5 else {}
    body = {"model": "claude-test", "max_tokens": 9, "messages": messages, "metadata": {"user_id": VALUES[2]}}
    return {**more, **body} if pick.random() < 0.5 else {**body, **more}


def ollama_body(pick: random.Random, messages: list[dict[str, Any]]) -> dict[str, Any]:
    first = [{"role": "system", "content": f"You help {VALUES[1]}."}] if pick.random() < 0.5 else []
    return {"model": "llama/m", "stream": False, "messages": [*first, *messages], "keep_alive": "5m"}


def responses_turn(pick: random.Random, number: int) -> list[dict[str, Any]]:
    """What a client sends that has the provider keep nothing: thoughts as ciphers, calls of tools and their results."""
    content: Any = said(pick) if pick.random() < 0.5 else [{"type": "input_text", "text": said(pick)}]
    items: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if pick.random() < 0.5:
        cipher = base64.b64encode(bytes(pick.randrange(256) for _ in range(60))).decode()
        items.append({"type": "reasoning", "id": f"rs_{number:032}", "summary": [], "encrypted_content": cipher})
        called = {"call_id": f"call_{number}", "name": "look_up", "arguments": json.dumps({"who": said(pick)})}
        items.append({"type": "function_call", **called})
        items.append({"type": "function_call_output", "call_id": f"call_{number}", "output": said(pick)})
    parts = [{"type": "output_text", "text": said(pick), "annotations": []}]
    return [*items, {"type": "message", "role": "assistant", "content": parts}]


def responses_body(pick: random.Random, items: list[dict[str, Any]]) -> dict[str, Any]:
    more: dict[str, Any] = {"instructions": f"You help {VALUES[1]}."} if pick.random() < 0.5 else {}
    body = {"model": "gpt-4o", "store": False, "input": items, "metadata": {"who": VALUES[2]}}
    return {**more, **body} if pick.random() < 0.5 else {**body, **more}


async def compared(gateway: Running, path: str, raw: bytes, headers: dict[str, str] | None = None) -> int:
    """Ask with what is remembered, again, and with nothing remembered; messages that were passed over at first."""
    services = gateway.gateway.services
    text = raw.decode()
    family, array = FAMILIES[path]
    place = re.search(rf'"{array}":\s*\[', text)
    assert place is not None
    found = services.beginnings.find(f"{family}/{array}", text, place.end() - 1)
    _, told, answer = await gateway.call(path, raw, headers=headers)
    _, again, repeated = await gateway.call(path, raw, headers=headers)
    kept = dict(services.beginnings._kept), dict(services.prefixes._entries)
    forget(gateway)
    _, anew, read = await gateway.call(path, raw, headers=headers)
    services.beginnings._kept.update(kept[0])
    services.prefixes._entries.update(kept[1])
    bodies = [request.body for request in gateway.provider.requests[-3:]]
    assert bodies[0] == bodies[2]
    assert bodies[1] == bodies[2]
    assert _IDS.sub(b"", answer) == _IDS.sub(b"", repeated) == _IDS.sub(b"", read)
    assert (
        [told.get(name) for name in NAMES] == [again.get(name) for name in NAMES] == [anew.get(name) for name in NAMES]
    )
    return found.beginning.count if found is not None else 0


SHAPES = {
    MESSAGES: (anthropic_turn, anthropic_body),
    CHAT: (ollama_turn, ollama_body),
    RESPONSES: (responses_turn, responses_body),
}


@pytest.mark.parametrize("path", SHAPES)
@pytest.mark.parametrize("seed", range(8))
async def test_bytes_are_the_same_with_and_without_what_is_remembered(gateway: Running, path: str, seed: int) -> None:
    forget(gateway)
    pick = random.Random(seed)
    turn, body = SHAPES[path]
    headers = {"X-Sting-Session": f"d{seed}"} if pick.random() < 0.3 else None
    messages: list[dict[str, Any]] = []
    shape, passed = pick.randrange(1 << 30), []
    for number in range(6):
        messages += turn(pick, number)
        asked = body(random.Random(shape), messages[:-1])
        ascii_only, indent = pick.random() < 0.5, pick.choice([None, 1])
        if number % 2:
            asked["options" if path == CHAT else "more"] = {"stop": [said(pick)]}
        raw = json.dumps(asked, ensure_ascii=ascii_only, indent=indent).encode()
        passed.append(await compared(gateway, path, raw, headers))
    assert any(passed[1:]), "no turn was known"


@pytest.mark.parametrize("words", [120, 900])
@pytest.mark.parametrize("path", [MESSAGES, CHAT])
async def test_questions_behind_the_same_examples_read_the_examples_once(
    gateway: Running, path: str, words: int
) -> None:
    forget(gateway)
    pick = random.Random(5)
    examples: list[dict[str, Any]] = [{"role": "user", "content": f"{VALUES[3]} {'so ' * (words // 2)}"}]
    second = f"{VALUES[4]} {'z ' * words}"
    examples += [{"role": "assistant", "content": said(pick)}, {"role": "user", "content": second}]
    examples.append({"role": "assistant", "content": said(pick)})
    for number in range(40):
        messages = [*examples, {"role": "user", "content": f"Question {number} by {VALUES[number % len(VALUES)]}"}]
        asked = (
            anthropic_body(random.Random(1), messages) if path == MESSAGES else {"model": "llama/m", "stream": False}
        )
        raw = json.dumps({**asked, "messages": messages}).encode()
        count = await compared(gateway, path, raw)
        assert count == (0 if not number else len(examples))


async def test_a_cache_mark_that_moves_on_leaves_what_stands_before_it_known(gateway: Running) -> None:
    forget(gateway)
    counts, messages = [], list[dict[str, Any]]()
    for number in range(8):
        messages.append(
            {"role": "user", "content": [{"type": "text", "text": f"{number}: {VALUES[number]} {'la ' * 99}"}]}
        )
        marked = [
            *messages[:-1],
            {"role": "user", "content": [{**messages[-1]["content"][0], "cache_control": {"type": "ephemeral"}}]},
        ]
        raw = json.dumps({"model": "claude-test", "max_tokens": 9, "messages": marked}).encode()
        counts.append(await compared(gateway, MESSAGES, raw))
        messages.append({"role": "assistant", "content": f"I see, {VALUES[0]}."})
    assert counts == [0, 0, 2, 4, 6, 8, 10, 12]


async def test_documents_that_citations_count_in_are_read_each_time(gateway: Running) -> None:
    forget(gateway)
    source = {"type": "text", "media_type": "text/plain", "data": f"{VALUES[0]} lives here. " * 99}
    document = {"type": "document", "source": source, "citations": {"enabled": True}}
    messages: list[dict[str, Any]] = [{"role": "user", "content": [document, {"type": "text", "text": "Who?"}]}]
    place = {"type": "char_location", "cited_text": "here", "document_index": 0, "document_title": None}
    for number in range(3):
        raw = json.dumps({"model": "claude-test", "max_tokens": 9, "messages": messages}).encode()
        assert await compared(gateway, MESSAGES, raw) == 0
        cited = {**place, "start_char_index": 60 + number, "end_char_index": 70 + number}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": "X", "citations": [cited]}]})
        messages.append({"role": "user", "content": f"And {VALUES[number + 1]}?"})


async def test_what_one_session_has_seen_signed_is_refused_in_another(gateway: Running) -> None:
    """Whether it passes depends on the session, which nothing that is kept of a beginning tells."""
    forget(gateway)
    block = {"type": "thinking", "thinking": f"By myself I know {VALUES[0]}.", "signature": SIGNATURE}
    first = [{"role": "user", "content": f"Who is it? {'well ' * 500}"}]
    later = [*first, {"role": "assistant", "content": [block]}, {"role": "user", "content": "Go on."}]

    async def ask(messages: list[dict[str, Any]], session: str) -> int:
        body = {"model": "claude-test", "max_tokens": 9, "messages": messages}
        return (await gateway.call(MESSAGES, body, headers={"X-Sting-Session": session}))[0]

    raw = json.dumps({"id": "msg_1", "content": [block], "usage": {}}).encode()
    gateway.provider.once(Behaviour(raw=raw))
    assert await ask(first, "signed-a") == 200
    further = [*later, {"role": "assistant", "content": "I do."}, {"role": "user", "content": "And then?"}]
    asked = [await ask(messages, session) for messages in (later, further) for session in ("signed-a", "signed-b")]
    assert asked == [200, 422, 200, 422]
    assert gateway.provider.requests[-1].json["messages"][1]["content"] == [block]


async def test_what_the_provider_keeps_is_read_in_full_each_time(gateway: Running) -> None:
    """Its session is another one than that of the same words in a conversation that is sent each time."""
    forget(gateway)
    items: list[dict[str, Any]] = [{"role": "user", "content": f"I am {VALUES[0]}. {'so ' * 900}"}]
    sessions = []
    for store in (False, True, False, None, True):
        body = {"model": "gpt-4o", "input": list(items), **({} if store is None else {"store": store})}
        await compared(gateway, RESPONSES, json.dumps(body).encode())
        sessions.append((await gateway.call(RESPONSES, body))[1]["x-sting-session"])
        items += [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": f"And {VALUES[3]}?"}]
    assert len({sessions[0], sessions[2]}) == len({sessions[1], sessions[3], sessions[4]}) == 1
    assert sessions[0] != sessions[1]


async def test_items_named_by_their_ids_are_seen_each_time(gateway: Running) -> None:
    forget(gateway)
    items: list[dict[str, Any]] = [{"role": "user", "content": f"I am {VALUES[0]}. {'so ' * 900}"}]
    items.append({"type": "item_reference", "id": "msg_of_another_owner"})
    for _ in range(2):
        body = {"model": "gpt-4o", "store": False, "input": items}
        status, _, told = await gateway.call(RESPONSES, body)
        assert (status, json.loads(told)["error"]["code"]) == (404, "sting_not_found")
        items += [{"role": "user", "content": "Well?"}]


async def test_chats_and_responses_that_begin_with_the_same_bytes_are_told_apart(gateway: Running) -> None:
    forget(gateway)
    messages = [{"role": "user", "content": f"I am {VALUES[0]}."}]
    for number in range(3):
        await gateway.call("/v1/chat/completions", {"model": "gpt-4o", "messages": messages})
        chat = gateway.provider.requests[-1].json
        await gateway.call(RESPONSES, {"model": "gpt-4o", "store": False, "input": messages})
        response = gateway.provider.requests[-1].json
        assert chat["messages"][1:] == response["input"]
        assert chat["messages"][0]["content"] == response["instructions"]
        messages.append({"role": "user", "content": f"{number} is {VALUES[number + 1]}."})


@pytest.mark.parametrize("path", [MESSAGES, CHAT, RESPONSES, "/v1/chat/completions"])
async def test_a_number_goes_on_over_a_piece_that_was_decided_before(gateway: Running, path: str) -> None:
    """The piece between is no new text; what follows it goes on all the same."""
    forget(gateway)
    pieces = [f"Mine at {path} begins with {CARD[:1]}", CARD[1:2], f"{CARD[2:]} is all"]
    for count in (1, 2, 3):
        items = [{"role": "user", "content": piece} for piece in pieces[:count]]
        if path == MESSAGES and count > 1:
            items = [
                items[0],
                {"role": "user", "content": [{"type": "text", "text": piece} for piece in pieces[1:count]]},
            ]
        await gateway.call(path, bodies_of(path, items))
    asked = gateway.provider.requests[-1].json
    last = asked["input" if path == RESPONSES else "messages"][-1]["content"]
    last = last[-1]["text"] if isinstance(last, list) else last
    assert last.startswith("CREDIT_CARD_"), last


@pytest.mark.parametrize("path", [MESSAGES, RESPONSES])
async def test_models_that_messages_name_are_looked_at_for_each_key(gateway: Running, path: str) -> None:
    forget(gateway)
    part = {"type": "tool_addition", "tool": {"definition": {"type": "advisor_20260301", "model": "claude-forbidden"}}}
    items: list[dict[str, Any]] = [{"role": "user", "content": [part]}]
    if path == RESPONSES:
        items = [
            {"role": "user", "content": "Hello", "tools": [{"type": "image_generation", "model": "claude-forbidden"}]}
        ]
    body = bodies_of(path, items) | {"model": "gpt-4o"}
    statuses = [(await gateway.call(path, body, key=key))[0] for key in ("narrow", "dev", "narrow")]
    assert statuses == [404, 200, 404]


@pytest.mark.parametrize("field", ["prompt", "foo"])
async def test_what_stands_beside_the_messages_does_not_name_the_session(gateway: Running, field: str) -> None:
    forget(gateway)
    messages = [{"role": "user", "content": f"I am {VALUES[0]}. {'so ' * 900}"}]
    for number in range(3):
        beside = f"q {number} of {VALUES[5]}"
        asked = bodies_of(CHAT, messages) | {field: beside if field == "prompt" else [beside]}
        await compared(gateway, CHAT, json.dumps(asked).encode(), {"X-Sting-Policy": "unlinked"})
        messages += [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": f"And {VALUES[3]}?"}]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
async def test_a_number_that_began_in_an_earlier_turn_is_found_where_it_goes_on(gateway: Running, path: str) -> None:
    forget(gateway)
    messages = [{"role": "user", "content": f"Mine {path} is {CARD[:9]}"}]
    asked = bodies_of(path, messages)
    await gateway.call(path, asked)
    messages.append({"role": "user", "content": f"{CARD[9:]} is all"})
    await gateway.call(path, bodies_of(path, messages))
    last = gateway.provider.requests[-1].json["messages"][-1]["content"]
    assert last.startswith("CREDIT_CARD_"), last


def bodies_of(path: str, messages: list[dict[str, Any]]) -> dict[str, Any]:
    if path == MESSAGES:
        return {"model": "claude-test", "max_tokens": 9, "messages": list(messages)}
    if path == RESPONSES:
        return {"model": "gpt-4o", "store": False, "input": list(messages)}
    if path != CHAT:
        return {"model": "gpt-4o", "messages": list(messages)}
    return {"model": "llama/m", "stream": False, "messages": list(messages)}
