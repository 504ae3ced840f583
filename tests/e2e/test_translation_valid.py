"""Valid chat completions of every kind, translated: what leaves is valid there, holds no value, and comes back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ollama._types import ChatRequest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import TypeAdapter

from tests.chat_requests import SEEDED, Chats
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODELS = ("claude/claude-x", "native/small")
_ASKED = TypeAdapter(CompletionCreateParamsNonStreaming)
_MESSAGES = TypeAdapter(MessageCreateParamsNonStreaming)


@settings(
    max_examples=70,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 10**6), st.sampled_from(MODELS), st.booleans(), st.sampled_from(["echo", "tool", "json"]))
async def test_a_valid_request_of_any_kind(gateway: Running, seed: int, model: str, stream: bool, mode: str) -> None:  # noqa: FBT001 - drawn
    chance = Random(seed)
    images = chance.random() < 0.2
    body = {"model": model, **Chats(chance).made(images=images)}
    _whole(_ASKED.validate_python(body))
    tokens = await _tokens(gateway)
    values = [value for value in SEEDED if value in json.dumps(body, ensure_ascii=False)]
    tool = body["tools"][0]["function"]["name"] if body.get("tools") and body.get("tool_choice") != "none" else None
    said = json.dumps({"to": [tokens[value] for value in values], "quoted": 'a"\\\n'})
    how = {"piece": chance.choice([0, 1, 3, 7]), "chunk": chance.choice([0, 1, 64])}
    echoes = mode == "echo" or (mode == "tool" and tool is None)
    if mode == "tool" and tool is not None:
        gateway.provider.behaviour = Behaviour(tool=(tool, said), **how)
    else:
        gateway.provider.behaviour = Behaviour(text=None if echoes else said, **how)
    more = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    headers = {"X-Sting-Policy": "seeing"} if images else None
    status, _, answer = await gateway.call("/v1/chat/completions", body | more, headers=headers)
    assert status == 200, answer
    sent = gateway.provider.requests[-1].json
    left = "\n".join([gateway.provider.requests[-1].raw.decode(), *_strings(sent)])
    assert not [value for value in SEEDED if value in left], "a seeded value left"
    (_valid_messages if model == MODELS[0] else ChatRequest.model_validate)(sent)
    text, calls = _streamed(answer) if stream else _plain(answer)
    if echoes:
        assert not [token for token in tokens.values() if token in text]
        assert [value for value in values if tokens[value] in _last(sent)] == [v for v in values if v in text]
    else:
        assert json.loads(calls[0] if mode == "tool" else text) == {"to": values, "quoted": 'a"\\\n'}


async def _tokens(gateway: Running) -> dict[str, str]:
    """What stands for each value in this gateway."""
    gateway.provider.behaviour = Behaviour()
    gateway.provider.requests.clear()
    messages = [{"role": "user", "content": value} for value in SEEDED]
    await gateway.call("/v1/chat/completions", {"model": MODELS[1], "messages": messages})
    sent = [message["content"] for message in gateway.provider.requests[-1].json["messages"]]
    return dict(zip(SEEDED, sent[-len(SEEDED) :], strict=True))


def _whole(value: object) -> None:
    """Walk through lists that pydantic validates only then."""
    if isinstance(value, dict):
        for inner in value.values():
            _whole(inner)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for inner in value:
            _whole(inner)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _last(sent: dict[str, Any]) -> str:
    """What the provider echoes: the texts of the last user message."""
    asked = [message["content"] for message in sent["messages"] if message["role"] == "user"]
    content = asked[-1] if asked else ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _plain(answer: bytes) -> tuple[str, list[str]]:
    message = ChatCompletion.model_validate_json(answer, strict=True).choices[0].message
    calls = [call.function.arguments for call in message.tool_calls or () if call.type == "function"]
    return message.content or "", calls


def _streamed(answer: bytes) -> tuple[str, list[str]]:
    lines = [line.removeprefix("data: ") for line in answer.decode().split("\n") if line.startswith("data: ")]
    assert lines.pop() == "[DONE]"
    chunks = [ChatCompletionChunk.model_validate_json(line, strict=True) for line in lines]
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert len([choice for choice in choices if choice.finish_reason]) == 1
    assert chunks[-1].usage
    calls: dict[int, str] = {}
    for call in (call for choice in choices for call in choice.delta.tool_calls or ()):
        calls[call.index] = calls.get(call.index, "") + ((call.function and call.function.arguments) or "")
    return "".join(choice.delta.content or "" for choice in choices), list(calls.values())


def _valid_messages(sent: dict[str, Any]) -> None:
    """What Anthropic's API asks for, beyond its types: who speaks when, no blank texts, results behind their calls."""
    _whole(_MESSAGES.validate_python({name: value for name, value in sent.items() if name != "stream"}))
    messages = sent["messages"]
    if not messages:  # of blanks alone nothing is left to translate; the provider says so
        return
    assert [message["role"] for message in messages] == (["user", "assistant"] * len(messages))[: len(messages)]
    blocks = [block for message in messages for block in message["content"]]
    results = [block for block in blocks if block["type"] == "tool_result"]
    inner = [block for result in results for block in result["content"]]
    texts = [block["text"] for block in [*blocks, *inner, *sent.get("system", [])] if block["type"] == "text"]
    assert all(text.strip() for text in texts)
    for message, following in pairwise(messages):
        uses = {block["id"] for block in message["content"] if block["type"] == "tool_use"}
        assert {block.get("tool_use_id") for block in following["content"][: len(uses)]} == uses
    if messages[-1]["role"] == "assistant":
        assert not messages[-1]["content"][-1].get("text", ".")[-1].isspace()
    assert sent.get("tools") or not [block for block in blocks if block["type"] in ("tool_use", "tool_result")]
    assert all(tool["input_schema"]["type"] == "object" for tool in sent.get("tools", ()))
    assert 0 <= sent.get("temperature", 0) <= 1
