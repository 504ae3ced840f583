"""OpenAI's SDK with models of Anthropic and Ollama: what is sent, what comes back, and how it fails."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
MAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example
MODELS = {"claude/claude-x": "/v1/messages", "native/small": "/api/chat"}
TOOL = {"type": "function", "function": {"name": "mail", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("model", MODELS)
async def test_a_plain_answer(gateway: Running, model: str) -> None:
    answer = await gateway.client().chat.completions.create(
        model=model, messages=[{"role": "system", "content": "Hi"}, {"role": "user", "content": f"{NAME}, {MAIL}"}]
    )
    assert answer.choices[0].message.content == f"{NAME}, {MAIL}"
    assert (answer.object, answer.choices[0].finish_reason) == ("chat.completion", "stop")
    assert answer.usage
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 7)
    (request,) = gateway.provider.requests
    assert request.target == MODELS[model]
    assert request.json["model"] == model.partition("/")[2]
    assert NAME.encode() not in request.raw
    assert b"codes" in request.body, "the notice goes along"
    assert request.header("x-api-key") == ("sk-ant-provider-secret" if "claude" in model else None)
    assert b"sk-test-dev" not in request.raw


@pytest.mark.parametrize("piece", [0, 1, 5])
@pytest.mark.parametrize("model", MODELS)
async def test_a_stream(gateway: Running, model: str, piece: int) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece)
    stream = await gateway.client().chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": f"Dear {NAME}!"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == f"Dear {NAME}!"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == 7
    assert NAME.encode() not in gateway.provider.bytes_seen


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
async def test_tools(gateway: Running, model: str, *, stream: bool) -> None:
    client = gateway.client()
    first = await client.chat.completions.create(model=model, messages=[{"role": "user", "content": NAME}])
    assert first.choices[0].message.content == NAME
    token = next(word for word in gateway.provider.requests[-1].body.decode().split('"') if word.startswith("PERSON_"))
    gateway.provider.behaviour = Behaviour(tool=("mail", json.dumps({"to": token})))
    asked = client.chat.completions.stream if stream else client.chat.completions.create
    messages = [{"role": "user", "content": f"Mail {NAME}"}]
    if stream:
        async with asked(model=model, messages=messages, tools=[TOOL]) as events:  # type: ignore[attr-defined, call-overload]
            answer = await events.get_final_completion()
    else:
        answer = await asked(model=model, messages=messages, tools=[TOOL])  # type: ignore[misc, call-overload]
    (call,) = answer.choices[0].message.tool_calls
    assert json.loads(call.function.arguments) == {"to": NAME}
    assert answer.choices[0].finish_reason == "tool_calls"
    gateway.provider.behaviour = Behaviour(text="Done.")
    turn = [
        *messages,
        answer.choices[0].message.model_dump(),
        {"role": "tool", "tool_call_id": call.id, "content": "ok"},
    ]
    last = await client.chat.completions.create(model=model, messages=turn, tools=[TOOL])  # type: ignore[call-overload]
    assert last.choices[0].message.content == "Done."
    assert NAME.encode() not in gateway.provider.bytes_seen


@pytest.mark.parametrize("model", MODELS)
async def test_structured_output(gateway: Running, model: str) -> None:
    name = 'Jo "JD" Doe'
    assert gateway.detector
    gateway.detector.words[name] = "PERSON"
    gateway.provider.behaviour = Behaviour(mutate=lambda text: json.dumps({"who": text}))
    schema = {"name": "who", "schema": {"type": "object", "properties": {"who": {"type": "string"}}}}
    answer = await gateway.client().chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": name}],
        response_format={"type": "json_schema", "json_schema": schema},  # type: ignore[typeddict-item]
    )
    assert json.loads(answer.choices[0].message.content or "") == {"who": name}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
async def test_errors_of_the_provider(gateway: Running, model: str, *, stream: bool) -> None:
    gateway.provider.behaviour = Behaviour(status=429, headers={"retry-after": "7"}, quote_prompt=True)
    with pytest.raises(openai.RateLimitError) as caught:
        await gateway.client().chat.completions.create(
            model=model, messages=[{"role": "user", "content": NAME}], stream=stream
        )
    assert caught.value.response.headers["retry-after"] == "7"
    assert NAME in caught.value.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (404, "not_found_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
    ],
)
@pytest.mark.parametrize("raw", [b'{"error":"no"}', b"<p>no</p>"])
async def test_an_error_without_a_kind_gets_that_of_its_status(
    gateway: Running, raw: bytes, status: int, kind: str
) -> None:
    gateway.provider.behaviour = Behaviour(status=status, raw=raw)
    for model in MODELS:
        with pytest.raises(openai.APIStatusError) as caught:
            await gateway.client().chat.completions.create(model=model, messages=[{"role": "user", "content": "x"}])
        assert (caught.value.status_code, caught.value.type) == (status, kind)


@pytest.mark.parametrize("model", MODELS)
async def test_parallel_calls_and_their_results(gateway: Running, model: str) -> None:
    """Two calls of one turn, both results and what the user adds: in order, scrambled, paired as the API wants it."""
    calls: list[Any] = [
        {"id": f"call_{n}", "type": "function", "function": {"name": f"f{n}", "arguments": json.dumps({"who": NAME})}}
        for n in (1, 2)
    ]
    messages: list[Any] = [
        {"role": "user", "content": "Do both"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": f"call_{n}", "content": f"{n}: {NAME}"} for n in (1, 2)),
        {"role": "user", "content": "And?"},
    ]
    gateway.provider.behaviour = Behaviour(text="fine")
    answer = await gateway.client().chat.completions.create(model=model, messages=messages)
    assert answer.choices[0].message.content == "fine"
    assert NAME.encode() not in gateway.provider.bytes_seen
    sent = gateway.provider.requests[-1].json["messages"]
    if model.startswith("claude"):
        assert [block["id"] for block in sent[1]["content"]] == ["call_1", "call_2"]
        assert [block.get("tool_use_id") for block in sent[2]["content"]] == ["call_1", "call_2", None]
        told = [block["content"][0]["text"] for block in sent[2]["content"][:2]]
    else:
        sent = [one for one in sent if one["role"] != "system"]
        assert [call["function"]["name"] for call in sent[1]["tool_calls"]] == ["f1", "f2"]
        assert [one["tool_name"] for one in sent[2:4]] == ["f1", "f2"]
        told = [one["content"] for one in sent[2:4]]
    assert [one[:3] for one in told] == ["1: ", "2: "]


@pytest.mark.parametrize("model", MODELS)
async def test_a_cut_stream_is_an_error(gateway: Running, model: str) -> None:
    gateway.provider.behaviour = Behaviour(text="one two three four five six seven", cut_after=700)
    stream = await gateway.client().chat.completions.create(
        model=model, messages=[{"role": "user", "content": NAME}], stream=True
    )
    with pytest.raises(openai.APIError):
        _ = [chunk async for chunk in stream]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0]"),
    ],
)
async def test_what_has_no_word_there_is_refused(gateway: Running, model: str, more: object, param: str) -> None:
    assert isinstance(more, dict)
    with pytest.raises(openai.BadRequestError) as caught:
        await gateway.client().chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Hi"}], **more
        )
    assert caught.value.param == param
    assert not gateway.provider.requests


async def test_images_pass_where_the_policy_lets_them(gateway: Running) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    message = {"role": "user", "content": [{"type": "text", "text": "Look"}, image]}
    client = gateway.client()
    for model in MODELS:
        with pytest.raises(openai.UnprocessableEntityError):
            await client.chat.completions.create(model=model, messages=[message])  # type: ignore[list-item]
        await client.chat.completions.create(
            model=model,
            messages=[message],  # type: ignore[list-item]
            extra_headers={"X-Sting-Policy": "seeing"},
        )
    sent = [request.json["messages"][-1] for request in gateway.provider.requests]
    assert sent[0]["content"][1]["source"] == {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    assert sent[1]["images"] == ["AAAA"]


@pytest.mark.parametrize("index", ["[]", '{"a": 1}'])
@pytest.mark.parametrize("kind", ["content_block_start", "content_block_delta", "content_block_stop"])
async def test_an_event_of_an_index_that_is_none_is_the_providers_failure(
    gateway: Running, kind: str, index: str
) -> None:
    """And no fault of ours: nobody is told to ask the gateway's operator."""
    event = f'{{"type": "{kind}", "index": {index}, "content_block": {{"type": "tool_use", "id": "t", "name": "f"}}}}'
    raw = f"event: {kind}\ndata: {event}\n\n".encode()
    gateway.provider.behaviour = Behaviour(raw=raw, content_type="text/event-stream")
    stream = await gateway.client().chat.completions.create(
        model="claude/x", messages=[{"role": "user", "content": NAME}], stream=True
    )
    with pytest.raises(openai.APIError) as caught:
        _ = [chunk async for chunk in stream]
    assert caught.value.code == "sting_upstream_failed"
