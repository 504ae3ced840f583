"""Answers with the structure of recorded exchanges with Azure, Bedrock and Vertex AI, through the gateway.

`tests/cloud_shapes.py` and `tests/vertex_shapes.py` name the recordings; what comes out is compared with what the cloud
gave, value by value.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer

from tests import cloud_shapes as shapes
from tests import vertex_shapes
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
        for name in ("content", "text", "partial_json", "arguments"):
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
    ("/v1/messages", "on-google", vertex_shapes.vertex_stream),
    ("/v1/messages", "on-google", vertex_shapes.vertex_stream_told),
    ("/v1/chat/completions", "gemini", vertex_shapes.gemini_stream),
    ("/v1/chat/completions", "gemini", vertex_shapes.gemini_stream_of_arguments),
)
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
WHOLE: tuple[tuple[str, str, Callable[[str], Given]], ...] = (
    ("/v1/chat/completions", "on-azure", shapes.azure_plain),
    ("/v1/chat/completions", "on-azure", shapes.azure_filtered),
    ("/v1/chat/completions", "on-azure", shapes.azure_refused),
    ("/v1/chat/completions", "on-azure", shapes.azure_limited),
    ("/v1/messages", "on-aws", shapes.bedrock_plain),
    ("/v1/messages", "on-google", vertex_shapes.vertex_plain),
    ("/v1/messages", "on-google", vertex_shapes.vertex_refused_by_anthropic),
    ("/v1/chat/completions", "gemini", vertex_shapes.gemini_plain),
    ("/v1/chat/completions", "gemini", vertex_shapes.gemini_signed),
    ("/v1/chat/completions", "gemini", vertex_shapes.gemini_image),
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
            if shape is vertex_shapes.vertex_plain:
                assert headers["request-id"] == "req_vrtx_011Ab"
                assert not [name for name in headers if name.startswith(("x-vertex-", "x-frame", "alt-svc"))]
        assert MAIL.encode() not in b"".join(seen.body for seen in clouds.seen)


async def test_refusals_of_clouds_have_the_shape_that_was_asked_for(new_gateway: NewGateway) -> None:
    anthropics = {"type": "error", "error": {"type": "invalid_request_error", "message": ""}}
    openais = {"error": {"message": "", "type": "invalid_request_error", "param": None, "code": None}}
    table: tuple[tuple[str, str, Callable[[str], Given], dict[str, Any], str], ...] = (
        ("/v1/messages", "on-aws", shapes.bedrock_refused, anthropics, f"invalid: {SAID}"),
        ("/v1/messages", "aws-native/claude", shapes.bedrock_refused, anthropics, f"invalid: {SAID}"),
        ("/v1/messages", "on-google", vertex_shapes.vertex_refused, anthropics, f"not allowed: {SAID}"),
        ("/v1/chat/completions", "on-google", vertex_shapes.vertex_refused, openais, f"not allowed: {SAID}"),
        ("/v1/chat/completions", "gemini", vertex_shapes.vertex_refused, openais, f"not allowed: {SAID}"),
        ("/v1/messages", "on-google", vertex_shapes.vertex_not_found, anthropics, f"Nothing here: {SAID}"),
        ("/v1/chat/completions", "gemini", vertex_shapes.vertex_not_found, openais, f"Nothing here: {SAID}"),
        ("/v1/messages", "on-google", vertex_shapes.vertex_unauthorized, anthropics, f"Token refused: {SAID}"),
        ("/v1/chat/completions", "gemini", vertex_shapes.vertex_unauthorized, openais, f"Token refused: {SAID}"),
        ("/v1/messages", "on-google", vertex_shapes.vertex_exhausted, anthropics, "Quota exceeded."),
        ("/v1/chat/completions", "gemini", vertex_shapes.vertex_exhausted, openais, "Quota exceeded."),
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
                assert error["type"] == KINDS[status]
                assert "www-authenticate" not in headers
                if shape is shapes.bedrock_refused:
                    assert headers["request-id"] == "7be2-1"
        clouds.gives = shapes.bedrock_stream_broken
        _, _, answer = await asked(gateway, "/v1/messages", "on-aws", stream=True)
        last = events_of(answer)[-1]
        assert last["error"] == {"type": "api_error", "message": f"model failed on {SAID}"}


async def test_googles_signature_goes_back_as_it_came(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds):
        assert gateway.detector is not None
        gateway.detector.words["G+haB3dEf"] = "PERSON"  # a word of the signature: what a detector may see in base64
        clouds.gives = vertex_shapes.gemini_plain
        _, _, answer = await asked(gateway, "/v1/chat/completions", "gemini")
        message = json.loads(answer)["choices"][0]["message"]
        part = {"type": "text", "text": SAID, "extra_content": message["tool_calls"][0]["extra_content"]}
        turns = [{"role": "user", "content": SAID}, {"role": "assistant", "content": [part]}, message]
        turns.append({"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": MAIL})
        await gateway.call("/v1/chat/completions", {"model": "gemini", "messages": turns})
        first, second = (seen.json for seen in clouds.calls)
        (call,) = second["messages"][-2]["tool_calls"]
        assert call["extra_content"]["google"]["thought_signature"] == vertex_shapes.SIGNATURE
        assert second["messages"][-3]["content"][0]["extra_content"] == call["extra_content"]
        assert (call["id"], second["messages"][-1]["tool_call_id"]) == ("function-call-58-a", "function-call-58-a")
        assert json.loads(call["function"]["arguments"])["who"] == first["messages"][-1]["content"]
        assert MAIL.encode() not in b"".join(seen.body for seen in clouds.seen)


async def test_claudes_padding_at_google_comes_as_it_was(new_gateway: NewGateway) -> None:
    """Blanks before the last brace of an event: kept where a text of it was restored, too."""
    blanks = re.compile(rb"( *)\}\n\n")
    async with behind(new_gateway) as (gateway, clouds):
        clouds.gives = vertex_shapes.vertex_stream
        for said in ("Nothing of anybody", SAID):
            body = {
                "model": "on-google",
                "messages": [{"role": "user", "content": said}],
                "max_tokens": 9,
                "stream": True,
            }
            _, _, answer = await gateway.call("/v1/messages", body, headers=ANTHROPIC)
            direct = vertex_shapes.vertex_stream(said).body
            assert blanks.findall(answer) == blanks.findall(direct)
            assert said == SAID or answer == direct


@pytest.mark.parametrize(
    "part", [{"file_data": {"file_uri": "gs://ours/face.jpg"}}, {"inline_data": {"data": "iVBORw0KGgo="}}], ids=str
)
async def test_files_beside_a_message_for_gemini_are_refused(new_gateway: NewGateway, part: dict[str, Any]) -> None:
    async with behind(new_gateway) as (gateway, clouds):
        message = {"role": "user", "content": "Who is it?", "extra_content": {"google": {"parts": [part]}}}
        status, _, answer = await gateway.call("/v1/chat/completions", {"model": "gemini", "messages": [message]})
        assert (status, json.loads(answer)["error"]["code"]) == (422, "sting_unscannable")
        assert clouds.calls == []
