"""The offline demo model for the SDKs of Anthropic and Ollama."""

from __future__ import annotations

import json

import pytest
from ollama import AsyncClient

from policies.entity_types import ENTITY_TYPES
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
MAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example
PROMPT = f"Write a short reply to {NAME} about the refund. Use {MAIL}."
SCHEMA = {"type": "object", "properties": {"email": {"type": "string"}}, "required": ["email"]}


async def test_anthropic(gateway: Running) -> None:
    from anthropic import AsyncAnthropic

    async with AsyncAnthropic(base_url=gateway.url, api_key="sk-test-dev", max_retries=0) as client:
        messages = [{"role": "user", "content": PROMPT}]
        plain = await client.messages.create(model="sting-demo", max_tokens=500, messages=messages)  # type: ignore[arg-type]
        (block,) = plain.content
        assert block.type == "text"
        assert NAME.split()[0] in block.text
        assert plain.stop_reason == "end_turn"
        async with client.messages.stream(model="sting-demo", max_tokens=500, messages=messages) as stream:  # type: ignore[arg-type]
            last = await stream.get_final_message()
        assert last.content[0].text == block.text  # type: ignore[union-attr]
        tool = {"name": "mail", "description": "Send an email", "input_schema": SCHEMA}
        choice = {"type": "tool", "name": "mail"}
        for streamed in (False, True):
            async with client.messages.stream(
                model="sting-demo",
                max_tokens=500,
                messages=messages,
                tools=[tool],
                tool_choice=choice,  # type: ignore[list-item, arg-type]
            ) as stream:
                called = await stream.get_final_message()
            if not streamed:
                called = await client.messages.create(  # type: ignore[call-overload]
                    model="sting-demo", max_tokens=500, messages=messages, tools=[tool], tool_choice=choice
                )
            assert called.content[0].input == {"email": MAIL}  # type: ignore[union-attr]
            assert called.stop_reason == "tool_use"
        counted = await client.messages.count_tokens(model="sting-demo", messages=messages)  # type: ignore[arg-type]
        assert counted.input_tokens > 5
    assert not gateway.provider.requests


async def test_ollama(gateway: Running) -> None:
    client = AsyncClient(host=gateway.url, headers={"Authorization": "Bearer sk-test-dev"})
    async with client._client:
        await _ollama(gateway, client)


async def _ollama(gateway: Running, client: AsyncClient) -> None:
    messages = [{"role": "user", "content": PROMPT}]
    plain = await client.chat("sting-demo", messages)
    assert NAME.split()[0] in (plain.message.content or "")
    parts = [part async for part in await client.chat("sting-demo", messages, stream=True)]
    assert "".join(part.message.content or "" for part in parts) == plain.message.content
    assert parts[-1].done
    made = await client.generate("sting-demo", PROMPT, format=SCHEMA)
    assert json.loads(made.response) == {"email": MAIL}
    assert not gateway.provider.requests
    assert "sting-demo" in [model.model for model in (await client.list()).models]
