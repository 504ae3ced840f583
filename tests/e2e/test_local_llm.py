"""A real language model answers through the upstream client and keeps or mangles our tokens as models do."""

from __future__ import annotations

import json

import pytest

from proxy.upstream.base import Provider, Timeouts, UpstreamRequest
from proxy.upstream.client import HttpClient
from tests.local_llm import LocalModel, missing

reason = missing()
pytestmark = [pytest.mark.long, pytest.mark.timeout(400), pytest.mark.skipif(reason is not None, reason=str(reason))]

PROMPT = "Write a short e-mail to PERSON_K7Q2M9XA about the delayed order."


def request(*, stream: bool) -> UpstreamRequest:
    messages = [
        {"role": "system", "content": "You write short e-mails. Copy names exactly as written."},
        {"role": "user", "content": PROMPT},
    ]
    body = {"model": "smollm2", "messages": messages, "temperature": 0, "max_tokens": 24, "stream": stream}
    headers = {"content-type": "application/json"}
    return UpstreamRequest("POST", "/v1/chat/completions", headers=headers, body=json.dumps(body).encode())


async def test_a_real_model_answers_plain_and_streamed() -> None:
    async with LocalModel() as model:
        provider = Provider("local", "openai", model.url, local=True, timeouts=Timeouts(10, 180, 180))
        client = HttpClient([provider])
        try:
            plain = json.loads(await (await client.send(provider, request(stream=False))).body(1_000_000))
            answer = await client.send(provider, request(stream=True))
            stream = b"".join([chunk async for chunk in answer.chunks()])
        finally:
            await client.close()
    text = plain["choices"][0]["message"]["content"]
    events = [line.removeprefix("data: ") for line in stream.decode().splitlines() if line.startswith("data: {")]
    deltas = [choice["delta"] for event in events for choice in json.loads(event)["choices"]]
    assert "PERSON_K7Q2M9XA" in text
    assert "".join(delta.get("content") or "" for delta in deltas) == text
    assert stream.rstrip().endswith(b"data: [DONE]")
