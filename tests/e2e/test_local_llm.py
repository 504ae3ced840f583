"""A real language model answers through the upstream client and keeps or mangles our tokens as models do."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from policies.sections_providers import Provider as SettingsProvider
from policies.settings import load_settings
from proxy.serving import listening
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


NAMES = ("Margaret Okafor", "Daniel Whitfield", "Priya Natarajan", "Tom Becker", "Elena Petrova", "James Sullivan")
TOKEN = re.compile(r"\bPERSON_[0-9A-HJKMNP-TV-Z]{8}\b")


async def test_what_a_real_model_makes_of_tokens_is_restored(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Names go through the gateway to the model and come back; never another person's, whatever it makes of tokens.

    How many come back depends on the model and on the tokens, which differ with every installation: that is printed.
    """
    settings = load_settings(
        None, environ={}, overrides={"data_dir": tmp_path, "gateway.port": 0, "detection.workers": 1}
    )
    said: list[str] = []
    async with LocalModel() as model:
        local = SettingsProvider(kind="openai", base_url=model.url, local=True)
        settings = settings.model_copy(update={"providers": {"local": local}, "default_provider": "local"})
        async with (
            listening(settings, drain=1) as place,
            AsyncOpenAI(base_url=f"{place.url}/v1", api_key=place.local_key, max_retries=0, timeout=300) as client,
        ):
            for name in NAMES:
                stream = await client.chat.completions.create(
                    model="smollm2",
                    messages=[
                        {"role": "system", "content": "You write short e-mails. Copy names exactly as written."},
                        {"role": "user", "content": f"Write a short e-mail to {name} about the delayed order."},
                    ],
                    temperature=0,
                    max_tokens=32,
                    stream=True,
                )
                said.append("".join([chunk.choices[0].delta.content or "" async for chunk in stream]))
    named = sum(name in text for name, text in zip(NAMES, said, strict=True))
    left = sum(bool(TOKEN.search(text)) for text in said)
    figures = (
        f"{named} of {len(NAMES)} answers hold the name that was asked for, {left} a token that could not be restored"
    )
    record_property("real model", figures)
    sys.stdout.write(f"a real model: {figures}\n")
    assert named, "not one name came back"
    for name, text in zip(NAMES, said, strict=True):
        assert not any(other in text for other in NAMES if other != name), "a wrong person was restored"
