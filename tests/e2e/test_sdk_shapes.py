"""OpenAI's own SDK and the other shapes of an answer: tool calls, structured output, several choices, usage, models."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = "Margaret Okafor", "m.okafor@example.com"
QUOTED = 'Ann "Nan" O\\Neil'
"""A made-up original with quotes and a backslash: put raw into JSON, it would break it."""
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "send_mail",
            "description": "Sends a mail.",
            "parameters": {"type": "object", "properties": {"to": {"type": "string"}, "text": {"type": "string"}}},
        },
    }
]


@pytest.fixture
def quoting(gateway: Running) -> Running:
    """The gateway, whose detector also finds a value that JSON must escape."""
    assert gateway.detector is not None
    gateway.detector.words[QUOTED] = "PERSON"
    return gateway


async def tokens_of(gateway: Running, *originals: str) -> list[str]:
    """What leaves in place of these values; balanced names alike in all sessions of a vault."""
    _, _, body = await gateway.call("/sting/v1/scramble", {"texts": list(originals)})
    texts: list[str] = json.loads(body)["texts"]
    assert not set(texts) & set(originals)
    return texts


def say(*originals: str) -> list[Any]:
    return [{"role": "user", "content": "Write to " + " and ".join(originals) + "."}]


@pytest.mark.parametrize("piece", [0, 1, 5])
async def test_tool_arguments_come_back_as_valid_json(quoting: Running, piece: int) -> None:
    name, mail = await tokens_of(quoting, QUOTED, MAIL)
    arguments = json.dumps({"to": mail, "text": f"Dear {name},\nyour {name.lower()}", "n": 1})
    quoting.provider.behaviour = Behaviour(tool=("send_mail", arguments), piece=piece)
    wanted = {"to": MAIL, "text": f"Dear {QUOTED},\nyour {QUOTED}", "n": 1}
    client = quoting.client()
    plain = await client.chat.completions.create(model="gpt-4o", messages=say(QUOTED, MAIL), tools=TOOLS)
    call: Any = (plain.choices[0].message.tool_calls or [])[0]
    assert json.loads(call.function.arguments) == wanted
    assert call.function.name == "send_mail"
    streamed = ""
    async for event in await client.chat.completions.create(
        model="gpt-4o", messages=say(QUOTED, MAIL), tools=TOOLS, stream=True
    ):
        for part in event.choices[0].delta.tool_calls or []:
            streamed += (part.function.arguments if part.function else None) or ""
    assert json.loads(streamed) == wanted


async def test_arguments_with_json_in_a_json_string_stay_valid_twice(quoting: Running) -> None:
    (name,) = await tokens_of(quoting, QUOTED)
    arguments = json.dumps({"payload": json.dumps({"customer": name})})
    quoting.provider.behaviour = Behaviour(tool=("send_mail", arguments), piece=2)
    events = await quoting.client().chat.completions.create(
        model="gpt-4o", messages=say(QUOTED), tools=TOOLS, stream=True
    )
    streamed = ""
    async for event in events:
        for part in event.choices[0].delta.tool_calls or []:
            streamed += (part.function.arguments if part.function else None) or ""
    assert json.loads(json.loads(streamed)["payload"]) == {"customer": QUOTED}


@pytest.mark.parametrize("kind", ["json_object", "json_schema"])
async def test_structured_output_stays_valid_json(quoting: Running, kind: str) -> None:
    (name,) = await tokens_of(quoting, QUOTED)
    quoting.provider.behaviour = Behaviour(text=json.dumps({"customer": name, "mood": "good"}), piece=3)
    shape: Any = {"type": kind}
    if kind == "json_schema":
        shape["json_schema"] = {"name": "mood", "schema": {"type": "object", "properties": {"customer": {}}}}
    client = quoting.client()
    plain = await client.chat.completions.create(model="gpt-4o", messages=say(QUOTED), response_format=shape)
    assert json.loads(plain.choices[0].message.content or "") == {"customer": QUOTED, "mood": "good"}
    streamed = ""
    async for event in await client.chat.completions.create(
        model="gpt-4o", messages=say(QUOTED), response_format=shape, stream=True
    ):
        streamed += event.choices[0].delta.content or ""
    assert json.loads(streamed) == {"customer": QUOTED, "mood": "good"}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/api/chat"])
@pytest.mark.parametrize("piece", [0, 1])
async def test_json_that_was_asked_for_in_words_stays_valid(quoting: Running, path: str, piece: int) -> None:
    (name,) = await tokens_of(quoting, QUOTED)
    fenced = f'```json\n{json.dumps([{"customer": name}])}\n```\nFor "{name}"'
    model = {"/v1/messages": "claude/m", "/api/chat": "llama/m"}.get(path, "m")
    body = {"model": model, "max_tokens": 9, "messages": say(QUOTED)}
    for text, wanted in (
        (json.dumps({"customer": name}), json.dumps({"customer": QUOTED})),
        (fenced, f'```json\n{json.dumps([{"customer": QUOTED}])}\n```\nFor "{QUOTED}"'),
        (f'```\n{{"customer": "{name}"}}\n```', f"```\n{json.dumps({'customer': QUOTED})}\n```"),
        (f'She is "{name}"', f'She is "{QUOTED}"'),
        (f'[{name}] and "{name}"', f'[{QUOTED}] and "{QUOTED}"'),
    ):
        quoting.provider.behaviour = Behaviour(text=text, piece=piece)
        _, _, plain = await quoting.call(path, {**body, "stream": False})
        answer = json.loads(plain)
        said = answer.get("content") or [answer.get("message") or answer["choices"][0]["message"]]
        assert (said[0].get("text") or said[0]["content"]) == wanted
        _, _, streamed = await quoting.call(path, {**body, "stream": True})
        pieces = re.findall(r'"(?:content|text)":\s?("(?:[^"\\]|\\.)*")', streamed.decode())
        assert "".join(map(json.loads, pieces)) == wanted


async def test_two_choices_that_interleave_are_restored_each_by_itself(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(piece=1)
    texts = ["", ""]
    ends = 0
    async for event in await gateway.client().chat.completions.create(
        model="gpt-4o", messages=say(NAME, MAIL), n=2, stream=True
    ):
        for choice in event.choices:
            texts[choice.index] += choice.delta.content or ""
            ends += choice.finish_reason == "stop"
    assert texts == [f"Write to {NAME} and {MAIL}."] * 2
    assert ends == 2
    plain = await gateway.client().chat.completions.create(model="gpt-4o", messages=say(NAME, MAIL), n=2)
    assert [choice.message.content for choice in plain.choices] == texts


async def test_a_legacy_function_call_is_restored(quoting: Running) -> None:
    (name,) = await tokens_of(quoting, QUOTED)
    call = {"name": "look_up", "arguments": json.dumps({"who": name})}
    message = {"role": "assistant", "content": None, "function_call": call}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "function_call"}],
    }
    quoting.provider.once(Behaviour(raw=json.dumps(answer).encode()))
    functions: Any = [{"name": "look_up", "parameters": {"type": "object", "properties": {"who": {"type": "string"}}}}]
    got = await quoting.client().chat.completions.create(model="gpt-4o", messages=say(QUOTED), functions=functions)
    assert got.choices[0].message.function_call is not None
    assert json.loads(got.choices[0].message.function_call.arguments) == {"who": QUOTED}


async def test_a_streamed_legacy_function_call_is_restored(quoting: Running) -> None:
    (name,) = await tokens_of(quoting, QUOTED)
    arguments = json.dumps({"who": name})
    deltas: list[dict[str, Any]] = [{"role": "assistant", "function_call": {"name": "look_up", "arguments": ""}}]
    deltas += [{"function_call": {"arguments": arguments[at : at + 4]}} for at in range(0, len(arguments), 4)]
    events: list[Any] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "function_call"}]})
    raw = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n"
    quoting.provider.once(Behaviour(raw=raw, content_type="text/event-stream"))
    body = {"model": "gpt-4o", "messages": say(QUOTED), "stream": True}
    _, _, stream = await quoting.call("/v1/chat/completions", body)
    lines = [json.loads(line[6:]) for line in stream.decode().splitlines() if line.startswith("data: {")]
    pieces = [line["choices"][0]["delta"].get("function_call", {}).get("arguments", "") for line in lines]
    assert json.loads("".join(pieces)) == {"who": QUOTED}


async def test_the_usage_chunk_and_the_end_mark_are_kept(gateway: Running) -> None:
    events = [
        event
        async for event in await gateway.client().chat.completions.create(
            model="gpt-4o", messages=say(NAME), stream=True, stream_options={"include_usage": True}
        )
    ]
    assert events[-1].choices == []
    assert events[-1].usage is not None
    assert events[-1].usage.total_tokens == 18
    body = {"model": "gpt-4o", "messages": say(NAME), "stream": True}
    _, headers, stream = await gateway.call("/v1/chat/completions", body)
    assert stream.endswith(b"data: [DONE]\n\n")
    assert headers["content-type"].startswith("text/event-stream")


async def test_usage_stands_in_the_audit_of_plain_and_streamed_answers(gateway: Running) -> None:
    shapes: list[dict[str, Any]] = [{}, {"stream": True, "stream_options": {"include_usage": True}}]
    for stream in shapes:
        body = {"model": "gpt-4o", "messages": say(NAME), **stream}
        _, headers, _ = await gateway.call("/v1/chat/completions", body)
        event = await gateway.audit(headers["x-sting-exchange"])
        assert (event["tokens_in"], event["tokens_out"]) == (11, 7)
        assert (event["outcome"], event["restored"], event["entities"]) == ("ok", 1, {"PERSON": 1})


async def test_no_event_is_added_dropped_or_reordered(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(piece=2)
    body = {"model": "gpt-4o", "messages": say(NAME, MAIL), "stream": True, "n": 2}
    _, _, stream = await gateway.call("/v1/chat/completions", body)
    sent = gateway.provider.requests[-1]
    async with gateway.http.post(f"{gateway.provider.url}/v1/chat/completions", data=sent.body) as direct:
        original = await direct.read()

    def indices(raw: bytes) -> list[int]:
        lines = [line for line in raw.decode().splitlines() if line.startswith("data: {")]
        return [json.loads(line[6:])["choices"][0]["index"] for line in lines]

    assert indices(stream) == indices(original)
    assert stream.count(b"\n\n") == original.count(b"\n\n")


async def test_models_are_listed_for_the_sdk(gateway: Running) -> None:
    names = [model.id async for model in gateway.client().models.list()]
    assert names == ["alias", "sting-demo", "with-fallback"]
    assert (await gateway.client().models.retrieve("alias")).id == "alias"
    assert gateway.provider.requests == []


async def test_routes_answer_without_their_v1_too(gateway: Running) -> None:
    status, _, body = await gateway.call("/chat/completions", {"model": "gpt-4o", "messages": say(NAME)})
    assert status == 200
    assert NAME in json.loads(body)["choices"][0]["message"]["content"]
    assert gateway.provider.requests[-1].target == "/v1/chat/completions"
