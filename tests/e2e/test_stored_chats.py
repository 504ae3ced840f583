"""Chats that the provider keeps: read, changed and deleted later, by their owner only."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, MAIL = ENTITY_TYPES["PERSON"].example, ENTITY_TYPES["EMAIL_ADDRESS"].example
TURN: Any = [{"role": "user", "content": f"Write to {NAME}"}]


def kept(gateway: Running) -> bytes:
    """What a provider tells of the chat that it was sent last."""
    said = gateway.provider.requests[-1].json["messages"][-1]["content"]
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"to": said})}}
    message = {"role": "assistant", "content": said, "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
    return json.dumps({"id": "chatcmpl-kept", "object": "chat.completion", "choices": [choice]}).encode()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_chat_is_kept_and_told_again(gateway: Running, *, stream: bool) -> None:
    client, stranger = gateway.client(), gateway.client("stranger")
    asked = await client.chat.completions.create(model="m", messages=TURN, store=True, stream=stream, user=str(stream))
    name = [chunk.id async for chunk in asked].pop() if stream else asked.id  # type: ignore[union-attr]
    gateway.provider.behaviour = Behaviour(raw=kept(gateway))
    told = await client.chat.completions.retrieve(name)
    assert told.choices[0].message.content == TURN[0]["content"]
    call: Any = (told.choices[0].message.tool_calls or [])[0]
    assert json.loads(call.function.arguments) == {"to": TURN[0]["content"]}
    said = {"id": f"{name}-0", "role": "user", "content": told.choices[0].message.content}
    page = {
        "object": "list",
        "data": [{**said, "content": gateway.provider.requests[0].json["messages"][-1]["content"]}],
    }
    gateway.provider.behaviour = Behaviour(raw=json.dumps(page).encode())
    messages = await client.chat.completions.messages.list(name, limit=3)
    assert messages.data[0].content == TURN[0]["content"]
    gateway.provider.behaviour = Behaviour(raw=b'{"id":"x"}')
    await client.chat.completions.update(name, metadata={"for": MAIL})
    for value in (NAME, MAIL):
        assert value.encode() not in gateway.provider.bytes_seen
    left = len(gateway.provider.requests)
    for call in (
        stranger.chat.completions.retrieve(name),
        stranger.chat.completions.update(name, metadata={}),
        stranger.chat.completions.delete(name),
        stranger.chat.completions.messages.list(name),
    ):
        with pytest.raises(openai.NotFoundError):
            await call
    assert len(gateway.provider.requests) == left, "nothing was asked of the provider"
    await client.chat.completions.delete(name)
    with pytest.raises(openai.NotFoundError):
        await client.chat.completions.retrieve(name)


async def test_a_chat_that_is_not_kept_has_no_id_here(gateway: Running) -> None:
    made = await gateway.client().chat.completions.create(model="m", messages=[{"role": "user", "content": "other"}])
    with pytest.raises(openai.NotFoundError):
        await gateway.client("service").chat.completions.retrieve(made.id)
