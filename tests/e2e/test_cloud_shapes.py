"""Answers with the structure of recorded exchanges with Azure, Bedrock and Vertex AI, through the gateway.

`tests/cloud_shapes.py` names the recordings; what comes out is compared with what the cloud gave, value by value.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from tests import cloud_shapes as shapes
from tests.e2e.test_clouds import ACCESS, MODEL, PLACE, SECRET, account
from tests.fake_clouds import FakeClouds, Given, fake_clouds
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.timeout(300)
MAIL = "m.okafor@example.com"
SAID = f"Write to {MAIL} today"
ANTHROPIC = {"anthropic-version": "2023-06-01"}


@asynccontextmanager
async def behind(new_gateway: NewGateway) -> AsyncIterator[tuple[Running, FakeClouds]]:
    """A gateway in front of the three clouds."""
    async with fake_clouds() as clouds:
        common = {"local": True}
        providers = {
            "azure": {
                **common,
                "kind": "azure_openai",
                "base_url": f"{clouds.url}/openai",
                "api_version": "2024-10-21",
            },
            "aws": {**common, "kind": "bedrock", "base_url": clouds.url, "aws_region": "eu-central-1"},
            "google": {**common, "kind": "vertex", "base_url": clouds.url + PLACE, "token_url": f"{clouds.url}/token"},
        }
        providers["azure"]["api_key"] = "made-up-key-of-azure"
        providers["aws"]["api_key"] = f"{ACCESS}:{SECRET}"
        providers["google"]["api_key"] = account()
        providers["aws-native"] = {**providers["aws"], "base_url": f"{clouds.url}/anthropic"}
        models = {
            "on-azure": {"target": "azure/gpt-small"},
            "on-aws": {"target": f"aws/{MODEL}"},
            "on-google": {"target": "google/claude-sonnet-4@20250514"},
            "gemini": {"target": "google/google/gemini-2.5-flash"},
        }
        settings = {f"providers.{name}": one for name, one in providers.items()} | {"models": models}
        async with new_gateway(settings) as gateway:
            assert gateway.detector is not None
            gateway.detector.words[MAIL] = "EMAIL_ADDRESS"
            yield gateway, clouds


async def asked(gateway: Running, path: str, model: str, **more: Any) -> tuple[int, dict[str, str], bytes]:
    body = {"model": model, "messages": [{"role": "user", "content": SAID}], "max_tokens": 99, **more}
    return await gateway.call(path, body, headers=ANTHROPIC if "messages" in path else {})


def events_of(given: bytes) -> list[Any]:
    """What a stream says: server-sent events, or AWS's frames as botocore reads them."""
    if b"data: " in given:
        lines = [line[6:] for line in given.decode().splitlines() if line.startswith("data: ")]
        return [line if line == "[DONE]" else json.loads(line) for line in lines]
    buffer = EventStreamBuffer()
    buffer.add_data(given)
    payloads = [json.loads(message.payload) for message in buffer if ":event-type" in message.headers]
    return [json.loads(base64.b64decode(payload["bytes"])) for payload in payloads]


def parted(events: list[Any]) -> tuple[list[Any], dict[str, str]]:
    """Events without the deltas' texts, and these texts put together by their kind."""
    texts: dict[str, str] = {}

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(item) for item in value]
        if not isinstance(value, dict):
            return value
        for name in ("content", "text", "partial_json"):
            if isinstance(value.get(name), str):
                texts[name] = texts.get(name, "") + value[name]
                value = {**value, name: ""}
        return {name: bare(item) for name, item in value.items()}

    return [bare(event) for event in events], texts


STREAMS: tuple[tuple[str, str, Callable[[str], Given]], ...] = (
    ("/v1/chat/completions", "on-azure", shapes.azure_stream),
    ("/v1/messages", "on-aws", shapes.bedrock_stream),
    ("/v1/messages", "on-aws", shapes.bedrock_stream_unpadded),
    ("/v1/messages", "on-aws", shapes.bedrock_stream_guarded),
    ("/v1/messages", "on-google", shapes.vertex_stream),
    ("/v1/chat/completions", "gemini", shapes.gemini_stream),
)
WHOLE: tuple[tuple[str, str, Callable[[str], Given]], ...] = (
    ("/v1/chat/completions", "on-azure", shapes.azure_plain),
    ("/v1/chat/completions", "on-azure", shapes.azure_filtered),
    ("/v1/chat/completions", "on-azure", shapes.azure_refused),
    ("/v1/chat/completions", "on-azure", shapes.azure_limited),
    ("/v1/messages", "on-aws", shapes.bedrock_plain),
    ("/v1/messages", "on-google", shapes.vertex_refused_by_anthropic),
    ("/v1/chat/completions", "gemini", shapes.gemini_plain),
)


async def test_answers_come_as_the_cloud_gave_them_with_originals_in_them(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds):
        for path, model, shape in STREAMS:
            clouds.gives = shape
            for clouds.piece in (0, 7):
                status, headers, answer = await asked(gateway, path, model, stream=True)
                assert (status, headers["content-type"].partition(";")[0]) == (200, "text/event-stream"), shape
                direct = events_of(shape(SAID).body)
                assert parted(events_of(answer)) == parted(direct), (shape, clouds.piece)
        clouds.piece = 0
        for path, model, shape in WHOLE:
            clouds.gives = shape
            status, headers, answer = await asked(gateway, path, model)
            assert (status, json.loads(answer)) == (shape(SAID).status, json.loads(shape(SAID).body)), shape
            if shape is shapes.azure_limited:
                assert (headers["retry-after"], headers["retry-after-ms"]) == ("22", "22000")
            if shape is shapes.azure_plain:
                assert (headers["x-request-id"], headers["x-ratelimit-reset-tokens"]) == ("r-1", "7")
        assert MAIL.encode() not in b"".join(seen.body for seen in clouds.seen)


async def test_refusals_of_clouds_have_the_shape_that_was_asked_for(new_gateway: NewGateway) -> None:
    anthropics = {"type": "error", "error": {"type": "invalid_request_error", "message": ""}}
    openais = {"error": {"message": "", "type": "invalid_request_error", "param": None, "code": None}}
    table: tuple[tuple[str, str, Callable[[str], Given], dict[str, Any], str], ...] = (
        ("/v1/messages", "on-aws", shapes.bedrock_refused, anthropics, f"invalid: {SAID}"),
        ("/v1/messages", "aws-native/claude", shapes.bedrock_refused, anthropics, f"invalid: {SAID}"),
        ("/v1/messages", "on-google", shapes.vertex_refused, anthropics, f"not allowed: {SAID}"),
        ("/v1/chat/completions", "on-google", shapes.vertex_refused, openais, f"not allowed: {SAID}"),
        ("/v1/chat/completions", "gemini", shapes.vertex_refused, openais, f"not allowed: {SAID}"),
        ("/v1/messages", "on-google", shapes.vertex_exhausted, anthropics, "Quota exceeded."),
        ("/v1/chat/completions", "gemini", shapes.vertex_exhausted, openais, "Quota exceeded."),
    )
    async with behind(new_gateway) as (gateway, clouds):
        for path, model, shape, frame, message in table:
            clouds.gives = shape
            for stream in (False, True):
                gateway.gateway.services.health._states.clear()
                status, headers, answer = await asked(gateway, path, model, stream=stream)
                assert (status, headers["content-type"].partition(";")[0]) == (shape("").status, "application/json")
                told = json.loads(answer)
                error = told["error"]
                assert (set(told), set(error)) == (set(frame), set(frame["error"])), (shape, told)
                assert error["message"] == message
                assert error["type"] == ("rate_limit_error" if status == 429 else "invalid_request_error")
                if shape is shapes.bedrock_refused:
                    assert headers["request-id"] == "7be2-1"
        clouds.gives = shapes.bedrock_stream_broken
        _, _, answer = await asked(gateway, "/v1/messages", "on-aws", stream=True)
        last = events_of(answer)[-1]
        assert last["error"] == {"type": "api_error", "message": f"model failed on {SAID}"}


async def test_googles_signature_goes_back_as_it_came(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds):
        assert gateway.detector is not None
        gateway.detector.words[shapes.SIGNATURE[5:20]] = "PERSON"  # what a detector may see in base64
        clouds.gives = shapes.gemini_plain
        _, _, answer = await asked(gateway, "/v1/chat/completions", "gemini")
        message = json.loads(answer)["choices"][0]["message"]
        turns = [{"role": "user", "content": SAID}, message]
        turns.append({"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": MAIL})
        await gateway.call("/v1/chat/completions", {"model": "gemini", "messages": turns})
        first, second = (seen.json for seen in clouds.calls)
        (call,) = second["messages"][-2]["tool_calls"]
        assert call["extra_content"]["google"]["thought_signature"] == shapes.SIGNATURE
        assert (call["id"], second["messages"][-1]["tool_call_id"]) == ("function-call-58-a", "function-call-58-a")
        assert json.loads(call["function"]["arguments"])["who"] == first["messages"][-1]["content"]
        assert MAIL.encode() not in b"".join(seen.body for seen in clouds.seen)
