"""OpenAI's responses with models that know chat completions only: plain, streamed, with tools, and what is refused."""

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
MODELS = {"claude/claude-x": "/v1/messages", "native/small": "/api/chat", "vllm/small": "/v1/chat/completions"}
TOOL: dict[str, Any] = {
    "type": "function",
    "name": "mail",
    "description": f"Mails {NAME}",
    "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    "strict": False,
}


@pytest.mark.parametrize("model", MODELS)
async def test_a_plain_answer(gateway: Running, model: str) -> None:
    answer = await gateway.client().responses.create(
        model=model, instructions=f"About {NAME}.", input=f"Dear {NAME}!", max_output_tokens=50, temperature=0
    )
    assert answer.output_text == f"Dear {NAME}!"
    assert (answer.status, answer.object, answer.instructions) == ("completed", "response", f"About {NAME}.")
    assert answer.usage
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
    (request,) = gateway.provider.requests
    assert request.target == MODELS[model]
    assert NAME.encode() not in request.raw
    assert b"PERSON_" in request.body


@pytest.mark.parametrize("piece", [0, 1, 5])
@pytest.mark.parametrize("model", MODELS)
async def test_a_stream(gateway: Running, model: str, piece: int) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece)
    stream = await gateway.client().responses.create(model=model, input=f"Dear {NAME}!", stream=True)
    events = [event async for event in stream]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [event.type for event in events[:4]] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    done = next(event.text for event in events if event.type == "response.output_text.done")
    assert deltas == done == f"Dear {NAME}!"
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == f"Dear {NAME}!"
    assert events[-1].response.usage is not None
    assert events[-1].response.usage.output_tokens == 7
    assert NAME.encode() not in gateway.provider.bytes_seen


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
async def test_tools_and_the_turn_after(gateway: Running, model: str, *, stream: bool) -> None:
    client = gateway.client()
    await client.responses.create(model=model, input=NAME)
    token = next(word for word in gateway.provider.requests[-1].body.decode().split('"') if word.startswith("PERSON_"))
    gateway.provider.behaviour = Behaviour(tool=("mail", json.dumps({"to": token})))
    asked: dict[str, Any] = {"model": model, "input": f"Mail {NAME}", "tools": [TOOL], "tool_choice": "auto"}
    if stream:
        async with client.responses.stream(**asked) as events:
            answer = await events.get_final_response()
    else:
        answer = await client.responses.create(**asked)
    (call,) = [item for item in answer.output if item.type == "function_call"]
    assert call.name == "mail"
    assert json.loads(call.arguments) == {"to": NAME}
    gateway.provider.behaviour = Behaviour(text="Done.")
    turn = [
        {"role": "user", "content": f"Mail {NAME}"},
        *[item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in answer.output],
        {"type": "function_call_output", "call_id": call.call_id, "output": "ok"},
    ]
    last = await client.responses.create(model=model, input=turn, tools=[TOOL], store=False)  # type: ignore[arg-type, list-item]
    assert last.output_text == "Done."
    assert NAME.encode() not in gateway.provider.bytes_seen
    left = gateway.provider.requests[-1].json["messages"]
    assert left[-1].get("role") == ("user" if "claude" in model else "tool")
    assert "ok" in json.dumps(left[-1])


@pytest.mark.parametrize("model", MODELS)
async def test_structured_output(gateway: Running, model: str) -> None:
    name = 'Jo "JD" Doe'
    assert gateway.detector
    gateway.detector.words[name] = "PERSON"
    gateway.provider.behaviour = Behaviour(mutate=lambda text: json.dumps({"who": text}))
    schema = {"type": "object", "properties": {"who": {"type": "string"}}}
    answer = await gateway.client().responses.create(
        model=model, input=name, text={"format": {"type": "json_schema", "name": "who", "schema": schema}}
    )
    assert json.loads(answer.output_text) == {"who": name}


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("background", {"background": True}),
        ("tools[0]", {"tools": [{"type": "web_search"}]}),
        ("include", {"include": ["message.output_text.logprobs"]}),
        ("input[0]", {"input": [{"type": "shell_call_output", "call_id": "call_1", "output": []}]}),
        ("tool_choice", {"tool_choice": {"type": "file_search"}}),
    ],
)
async def test_what_cannot_be_said_is_refused_by_name(gateway: Running, field: str, more: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await gateway.client().responses.create(**{"model": "claude/claude-x", "input": "Hi", **more})
    assert caught.value.param == field
    assert not gateway.provider.requests


async def test_what_was_not_stored_cannot_be_gone_on_from(gateway: Running) -> None:
    client = gateway.client()
    first = await client.responses.create(model="claude/claude-x", input="Hi")
    assert first.model_dump()["store"] is False
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)):
        await client.responses.create(model="claude/claude-x", input="And?", previous_response_id=first.id)
    assert len(gateway.provider.requests) == 1


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
async def test_errors_of_the_provider(gateway: Running, model: str, *, stream: bool) -> None:
    gateway.provider.behaviour = Behaviour(status=429, headers={"retry-after": "7"}, quote_prompt=True)
    with pytest.raises(openai.RateLimitError) as caught:
        await gateway.client().responses.create(model=model, input=NAME, stream=stream)
    assert caught.value.response.headers["retry-after"] == "7"
    assert NAME in str(caught.value)


@pytest.mark.parametrize("model", MODELS)
async def test_a_cut_stream_has_no_clean_end(gateway: Running, model: str) -> None:
    gateway.provider.behaviour = Behaviour(text="word " * 40, cut_after=600)
    types: list[str] = []

    async def read() -> None:
        stream = await gateway.client().responses.create(model=model, input="Hi", stream=True)
        types.extend([event.type async for event in stream])

    with pytest.raises(openai.APIError):
        await read()
    assert "response.completed" not in types
