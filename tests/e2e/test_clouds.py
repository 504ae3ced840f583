"""Bedrock and Vertex AI behind the gateway: by their documented wire formats; not run against the real services.

What leaves is compared with what Anthropic's own SDK for Bedrock sends, and signatures with botocore's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from anthropic import AnthropicBedrock, APIStatusError, AsyncAnthropic
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fake_clouds import FakeClouds, Seen, fake_clouds
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.timeout(120)
MAIL = "m.okafor@example.com"
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MODEL = "eu.anthropic.claude-sonnet-4-20250514-v1:0"
PLACE = "/v1/projects/p/locations/europe-west1"
SAID = [{"role": "user", "content": f"Write to {MAIL} today"}]


def account() -> str:
    """A service account that nobody has."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps({"client_email": "s@p.iam.gserviceaccount.com", "private_key_id": "k", "private_key": pem})


@asynccontextmanager
async def behind(new_gateway: NewGateway) -> AsyncIterator[tuple[Running, FakeClouds]]:
    """A gateway whose providers are the fake clouds."""
    async with fake_clouds() as clouds:
        aws = {"kind": "bedrock", "base_url": clouds.url, "local": True, "aws_region": "eu-central-1"}
        google = {"kind": "vertex", "base_url": clouds.url + PLACE, "local": True, "token_url": f"{clouds.url}/token"}
        providers = {
            "aws": {**aws, "api_key": f"{ACCESS}:{SECRET}"},
            "aws-key": {**aws, "api_key": "bedrock-api-key-made-up"},
            "aws-native": {**aws, "base_url": f"{clouds.url}/anthropic", "api_key": f"{ACCESS}:{SECRET}:session-1"},
            "google": {**google, "api_key": account()},
            "machine": {**google, "metadata_server": True},
            "wrong": {**google, "api_key": "no-account"},
        }
        models = {
            "claude": {"target": f"aws/{MODEL}"},
            "claude-google": {"target": "google/claude-sonnet-4@20250514"},
            "gemini": {"target": "google/google/gemini-2.5-flash"},
        }
        async with new_gateway(
            {f"providers.{name}": one for name, one in providers.items()} | {"models": models}
        ) as gateway:
            assert gateway.detector is not None
            gateway.detector.words[MAIL] = "EMAIL_ADDRESS"
            yield gateway, clouds


def sdk(gateway: Running) -> AsyncAnthropic:
    return AsyncAnthropic(base_url=gateway.url, api_key="sk-test-dev", max_retries=0)


def checked(seen: Seen, url: str, token: str = "") -> None:
    """The signature is what botocore makes of the same request."""
    told = seen.headers["authorization"]
    names = told.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    signed = {name: seen.headers[name] for name in names}
    theirs = AWSRequest("POST", url + seen.path, headers=signed, data=seen.body)
    theirs.context["timestamp"] = seen.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS, SECRET, token or None), "bedrock", "eu-central-1")
    signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
    assert told.endswith(f"Signature={signature}")
    assert "host" in names


async def streamed(client: AsyncAnthropic, model: str) -> str:
    async with client.messages.stream(model=model, max_tokens=9, messages=SAID) as stream:  # type: ignore[arg-type] # plain data
        return "".join([text async for text in stream.text_stream])


async def test_messages_at_bedrock(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds), sdk(gateway) as client:
        plain = await client.messages.create(
            model="claude",
            max_tokens=9,
            messages=SAID,
            extra_headers={"anthropic-beta": "one, two"},  # type: ignore[arg-type] # plain data
        )
        assert plain.content[0].text == f"Write to {MAIL} today"  # type: ignore[union-attr] # a text
        clouds.piece = 7
        assert await streamed(client, "claude") == f"Write to {MAIL} today"
        first, second = clouds.calls
        assert first.path == "/model/eu.anthropic.claude-sonnet-4-20250514-v1%3A0/invoke"
        assert second.path == "/model/eu.anthropic.claude-sonnet-4-20250514-v1%3A0/invoke-with-response-stream"
        assert first.json["anthropic_beta"] == ["one", "two"]
        for seen in clouds.calls:
            assert MAIL.encode() not in seen.body
            assert set(seen.headers) <= {
                "host",
                "content-type",
                "accept",
                "content-length",
                "x-amz-date",
                "authorization",
            }
            checked(seen, clouds.url)
        clouds.seen.clear()
        theirs = AnthropicBedrock(
            base_url=clouds.url, aws_access_key=ACCESS, aws_secret_key=SECRET, aws_region="eu-central-1", max_retries=0
        )
        with theirs:
            told = await asyncio.to_thread(
                lambda: list(theirs.messages.create(model=MODEL, max_tokens=9, messages=SAID, stream=True))  # type: ignore[arg-type,call-overload] # plain data
            )
        assert [event.type for event in told][-1] == "message_stop", "the frames are what Anthropic's SDK reads"
        ours, sdks = second.json, clouds.calls[0].json
        assert {name: ours[name] for name in ours if name not in ("messages", "system", "anthropic_version")} == {
            name: sdks[name] for name in sdks if name not in ("messages", "anthropic_version")
        }
        assert ours["anthropic_version"] == "bedrock-2023-05-31"


async def test_other_ways_to_bedrock(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds), sdk(gateway) as client:
        await client.messages.create(model="aws-key/m", max_tokens=9, messages=SAID)  # type: ignore[arg-type] # plain data
        await client.messages.create(model="aws-native/anthropic.claude-opus-5", max_tokens=9, messages=SAID)  # type: ignore[arg-type] # plain data
        by_key, native = clouds.calls
        assert by_key.headers["authorization"] == "Bearer bedrock-api-key-made-up"
        assert (native.path, native.json["model"]) == ("/anthropic/v1/messages", "anthropic.claude-opus-5")
        assert "anthropic_version" not in native.json
        checked(native, clouds.url, "session-1")
        status, _, answer = await gateway.call(
            "/v1/chat/completions", {"model": "claude", "messages": SAID, "stream": True}
        )
        assert status == 200
        assert "[DONE]" in answer.decode(), "OpenAI's clients can use it"
        assert b"okafor" not in b"".join(one.body for one in clouds.seen)
        status, _, answer = await gateway.call("/v1/responses", {"model": "claude", "input": MAIL, "store": False})
        assert (status, MAIL.encode() in answer) == (200, True)


async def test_failures_of_bedrock_are_anthropics(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds), sdk(gateway) as client:
        clouds.refuse = (429, "ThrottlingException")
        with pytest.raises(APIStatusError) as caught:
            await client.messages.create(model="claude", max_tokens=9, messages=SAID)  # type: ignore[arg-type] # plain data
        assert (caught.value.status_code, caught.value.request_id) == (429, "req-1")
        assert caught.value.body["error"] == {"type": "rate_limit_error", "message": "made-up refusal"}  # type: ignore[index] # JSON
        for ends, told in (("exception", "slow down"), ("cut", "ended early"), ("changed", "no answer")):
            clouds.ends = ends
            headers = {"anthropic-version": "2023-06-01"}
            body = {"model": "claude", "max_tokens": 9, "messages": SAID, "stream": True}
            async with gateway.http.post(
                f"{gateway.url}/v1/messages", json=body, headers=headers | {"x-api-key": "sk-test-dev"}
            ) as answer:
                raw = b""
                try:
                    async for chunk in answer.content.iter_any():
                        raw += chunk
                except Exception:  # noqa: BLE001, S110 - a broken end is what is wanted
                    pass
            assert b"event: error" in raw, ends
            assert told.encode() in raw, ends
            assert MAIL.encode() in raw, "what had come was given, restored"
            assert (b"message_stop" in raw) is False
        status, _, answer_body = await gateway.call("/v1/messages/count_tokens", {"model": "claude", "messages": SAID})
        assert (status, b"messages only" in answer_body) == (404, True)


async def test_vertex(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds), sdk(gateway) as client:
        plain = await client.messages.create(model="claude-google", max_tokens=9, messages=SAID)  # type: ignore[arg-type] # plain data
        assert plain.content[0].text == f"Write to {MAIL} today"  # type: ignore[union-attr] # a text
        assert await streamed(client, "claude-google") == f"Write to {MAIL} today"
        for model in ("claude-google", "gemini", "machine/google/gemini-2.5-flash"):
            status, _, answer = await gateway.call("/v1/chat/completions", {"model": model, "messages": SAID})
            assert (status, MAIL.encode() in answer) == (200, True), answer
        model = "/publishers/anthropic/models/claude-sonnet-4@20250514"
        assert [one.path.removeprefix(PLACE) for one in clouds.calls] == [
            f"{model}:rawPredict",
            f"{model}:streamRawPredict",
            f"{model}:rawPredict",
            "/endpoints/openapi/chat/completions",
            "/endpoints/openapi/chat/completions",
        ]
        first, second, *_ = clouds.calls
        assert (first.json["anthropic_version"], "model" in first.json) == ("vertex-2023-10-16", False)
        assert second.json["stream"] is True
        assert "anthropic-version" not in first.headers
        assert clouds.calls[3].json["model"] == "google/gemini-2.5-flash"
        assert [one.headers["authorization"] for one in clouds.calls] == [
            *["Bearer ya29.made-up-1"] * 4,
            "Bearer ya29.made-up-2",
        ]
        by_account, by_machine = (one for one in clouds.seen if one.path == "/token")
        assert parse_qs(by_account.body.decode())["assertion"][0].count(".") == 2
        assert (by_machine.method, by_machine.headers["metadata-flavor"]) == ("GET", "Google")
        assert b"okafor" not in b"".join(one.body for one in clouds.seen)


async def test_failures_of_vertex(new_gateway: NewGateway) -> None:
    async with behind(new_gateway) as (gateway, clouds):
        calls: dict[str, Any] = {"anthropic-version": "2023-06-01"}
        status, _, answer = await gateway.call(
            "/v1/messages", {"model": "gemini", "max_tokens": 9, "messages": SAID}, headers=calls
        )
        assert (status, b"by OpenAI's" in answer) == (400, True)
        status, _, answer = await gateway.call("/v1/chat/completions", {"model": "wrong/claude-x", "messages": SAID})
        assert (status, b"no service account" in answer or b"has no key" in answer) == (502, True)
        clouds.life = 0
        for _ in range(2):
            await gateway.call("/v1/chat/completions", {"model": "gemini", "messages": SAID})
        assert clouds.tokens == 2, "a token that has ended is not used again"
        assert not any(one.path.endswith("/token") and MAIL.encode() in one.body for one in clouds.seen)
