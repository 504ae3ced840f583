"""What other gateways were measured to lose, leak or repeat: here it is kept, scrambled, and asked for once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = ENTITY_TYPES["PERSON"].example, ENTITY_TYPES["EMAIL_ADDRESS"].example
KEY = ENTITY_TYPES["API_KEY"].example
CHAT = "/v1/chat/completions"
FIELDS: dict[str, Any] = {
    "user": "u-81",
    "metadata": {"ticket": "a"},
    "verbosity": "low",
    "max_tokens": 7,
    "max_completion_tokens": 7,
    "temperature": 0.5,
    "top_p": 1.0,
    "top_k": 4,
    "num_ctx": 2048,
    "n": 1,
    "seed": 5,
    "stop": ["END"],
    "presence_penalty": 0.0,
    "frequency_penalty": 0,
    "logit_bias": {"50256": -100},
    "logprobs": False,
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}],
    "response_format": {"type": "text"},
    "prediction": {"type": "content", "content": "a text"},
    "reasoning_effort": "low",
    "service_tier": "auto",
    "store": False,
    "prompt_cache_key": "k",
    "safety_identifier": "s",
    "web_search_options": {"search_context_size": "low"},
    "stream_options": {"include_usage": True},
    "x_unknown_field": {"kept": [1, 2.0, None, "as it is"]},
}
TURN: list[dict[str, Any]] = [{"role": "user", "content": "hi", "x_unknown": "kept"}]


@pytest.mark.parametrize("stream", [False, True])
async def test_every_field_of_a_request_stays_and_none_is_added(gateway: Running, *, stream: bool) -> None:
    asked = {"model": "m", "messages": TURN, **FIELDS, "stream": stream}
    status, _, answer = await gateway.call(CHAT, asked)
    assert status == 200, answer
    assert gateway.provider.requests[-1].json == asked
    assert not stream or b'"usage"' in answer


async def test_values_in_tool_definitions_and_in_arguments_do_not_leave(gateway: Running) -> None:
    schema = {
        "type": "object",
        "description": f"of {NAME}",
        "properties": {"to": {"enum": [MAIL], "default": MAIL, "examples": [MAIL]}, "by": {"const": NAME}},
    }
    tools = [{"type": "function", "function": {"name": "f", "description": f"for {NAME}", "parameters": schema}}]
    arguments = json.dumps({"to": MAIL, "deep": json.dumps({"by": NAME}), "key": KEY})
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    turn = [
        *TURN,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": f"sent to {MAIL}"},
    ]
    status, _, _ = await gateway.call(CHAT, {"model": "m", "messages": turn, "tools": tools})
    assert status == 200
    for value in (NAME, MAIL, KEY, "Okafor"):
        assert value.encode() not in gateway.provider.bytes_seen


@pytest.mark.parametrize("status", [400, 408, 409, 429, 500, 502, 503, 529])
async def test_a_failure_is_one_request_and_its_advice_is_kept(gateway: Running, status: int) -> None:
    """The SDKs try again by themselves: twice three tries would be nine."""
    advice = {"Retry-After": "7", "retry-after-ms": "7000", "x-ratelimit-remaining-requests": "0"}
    gateway.provider.behaviour = Behaviour(status=status, headers=advice)
    got, headers, answer = await gateway.call(CHAT, {"model": "m", "messages": TURN})
    assert (got, len(gateway.provider.requests)) == (status, 1)
    assert {name: headers[name.lower()] for name in advice} == advice
    assert headers["x-request-id"] == "req-fake-1"
    assert set(json.loads(answer)["error"]) >= {"message", "type", "code"}


@pytest.mark.parametrize(
    "literal",
    ["<PERSON_1>", "[[PERSON_1]]", "[[EMAIL_ADDRESS_1]]", "{{PERSON_1}}", "PERSON_1", "PERSON_K7Q2M9XA", "<PERSON>"],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_placeholder_that_a_user_typed_comes_back_as_typed(
    gateway: Running, literal: str, *, stream: bool
) -> None:
    gateway.provider.behaviour = Behaviour(piece=1)
    turn = [{"role": "user", "content": f"{NAME}, {MAIL}: what is {literal}?"}]
    status, _, answer = await gateway.call(CHAT, {"model": "m", "messages": turn, "stream": stream})
    assert status == 200
    events = [json.loads(line[6:]) for line in answer.decode().splitlines() if line.startswith("data: {")]
    choices = [choice for event in (events if stream else [json.loads(answer)]) for choice in event["choices"]]
    said = "".join(choice["delta" if stream else "message"].get("content") or "" for choice in choices)
    assert said == turn[0]["content"]
    assert NAME.encode() not in gateway.provider.bytes_seen
