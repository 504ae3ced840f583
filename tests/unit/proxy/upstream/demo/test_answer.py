"""The demo model's answers have the shape of OpenAI's, as the official SDK reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from proxy.upstream.base import UpstreamRequest
from proxy.upstream.demo import answer_offline

LIMIT = 1_000_000
HELLO = [{"role": "user", "content": "Write to PERSON_K7Q2M9XA about the order"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "write_order",
        "description": "Write an order",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}


def request(**fields: object) -> UpstreamRequest:
    body = {"model": "gpt-4o", "messages": HELLO, **fields}
    return UpstreamRequest("POST", "/v1/chat/completions", body=json.dumps(body).encode())


async def plain(**fields: object) -> ChatCompletion:
    answer = answer_offline(request(**fields))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return ChatCompletion.model_validate_json(await answer.body(LIMIT), strict=True)


async def streamed(**fields: object) -> list[ChatCompletionChunk]:
    answer = answer_offline(request(stream=True, **fields))
    assert answer.headers["content-type"] == "text/event-stream"
    events = [chunk async for chunk in answer.chunks()]
    assert all(event.startswith(b"data: ") and event.endswith(b"\n\n") for event in events)
    assert events.pop() == b"data: [DONE]\n\n"
    return [ChatCompletionChunk.model_validate_json(event[6:], strict=True) for event in events]


def text_of(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices if choice.index == index)


async def test_it_calls_itself_a_demo_whatever_model_was_asked_for() -> None:
    completion = await plain()
    assert completion.model == "sting-demo"
    assert completion.choices[0].finish_reason == "stop"
    assert "PERSON_K7Q2M9XA" in (completion.choices[0].message.content or "")


async def test_a_stream_says_the_same_word_by_word() -> None:
    chunks = await streamed()
    assert text_of(chunks) == (await plain()).choices[0].message.content
    assert len(chunks) > 10
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all(chunk.usage is None for chunk in chunks)


async def test_usage_comes_when_it_is_asked_for() -> None:
    chunks = await streamed(stream_options={"include_usage": True})
    usage = (await plain()).usage
    assert usage is not None
    assert usage.completion_tokens > 5
    assert (chunks[-1].choices, chunks[-1].usage) == ([], usage)


async def test_a_tool_call_is_json_in_a_string_plain_and_in_pieces() -> None:
    message = (await plain(tools=[TOOL])).choices[0]
    assert (message.finish_reason, message.message.content) == ("tool_calls", None)
    assert message.message.tool_calls is not None
    wanted: Any = message.message.tool_calls[0]
    assert json.loads(wanted.function.arguments) == {"name": "PERSON_K7Q2M9XA"}
    chunks = await streamed(tools=[TOOL])
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert (calls[0].id, calls[0].function and calls[0].function.name) == (wanted.id, "write_order")
    assert "".join(call.function.arguments or "" for call in calls if call.function) == wanted.function.arguments
    assert len(calls) > 2


async def test_several_choices() -> None:
    completion = await plain(n=3)
    assert [choice.index for choice in completion.choices] == [0, 1, 2]
    chunks = await streamed(n=3)
    assert [text_of(chunks, i) for i in range(3)] == [choice.message.content for choice in completion.choices]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_a_limit_of_tokens_cuts(name: str) -> None:
    completion = await plain(**{name: 3})
    assert completion.choices[0].finish_reason == "length"
    assert completion.choices[0].message.content == "I will write"


async def test_a_stop_string_cuts() -> None:
    assert (await plain(stop=["nowhere", " write"])).choices[0].message.content == "I will"
    assert text_of(await streamed(stop=" write")) == "I will"


async def test_a_lone_surrogate_in_the_prompt_is_no_trouble() -> None:
    body = b'{"messages": [{"role": "user", "content": "Summarise: \\ud800 came by."}]}'
    answer = answer_offline(UpstreamRequest("POST", "/v1/chat/completions", body=body))
    assert b"\\ud800" in await answer.body(LIMIT)


async def test_the_models_list_has_one_entry() -> None:
    listed = json.loads(await answer_offline(UpstreamRequest("GET", "/v1/models")).body(LIMIT))
    assert [entry["id"] for entry in listed["data"]] == ["sting-demo"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/embeddings", b"{}", 404),
        ("GET", "/v1/chat/completions", b"", 404),
        ("POST", "/v1/chat/completions", b"no json", 400),
        ("POST", "/v1/chat/completions", b"[" * 100_000, 400),
        ("POST", "/v1/chat/completions", b"[1]", 400),
    ],
)
async def test_what_it_cannot_answer_is_an_error_in_the_same_shape(
    method: str, path: str, body: bytes, status: int
) -> None:
    answer = answer_offline(UpstreamRequest(method, path, body=body))
    assert answer.status == status
    assert json.loads(await answer.body(LIMIT))["error"]["message"]


async def test_a_closed_answer_has_nothing_more() -> None:
    answer = answer_offline(request(stream=True))
    chunks = answer.chunks()
    await anext(chunks)
    answer.close()
    assert [chunk async for chunk in chunks] == []
