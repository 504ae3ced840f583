"""`/sting/v1/exchanges/{id}` shows the scrambled body that left, to the role audit of its tenant alone."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import pytest

from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAME = "Margaret Okafor"


async def kept(gateway: Running, exchange: str) -> dict[str, Any]:
    """The event, once what left is written too."""
    async with asyncio.timeout(10):
        while not (event := await gateway.audit(exchange))["left"]:  # noqa: ASYNC110 - another process's work has no event
            await asyncio.sleep(0.01)
    return event


async def test_the_body_that_left_is_shown_as_the_provider_got_it(gateway: Running) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": f"Write to {NAME} today."}]}
    status, headers, _ = await gateway.call("/v1/chat/completions", body)
    assert status == 200
    event = await kept(gateway, headers["x-sting-exchange"])
    sent = gateway.provider.requests[-1].body
    assert event["left"]["body"].encode() == sent
    assert event["left"]["sha256"] == hashlib.sha256(sent).hexdigest()
    assert (event["left"]["size"], event["left"]["truncated"]) == (len(sent), False)
    assert NAME not in json.dumps(event)


async def test_nothing_is_shown_of_what_never_left(gateway: Running) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "My card is 4111 1111 1111 1111."}]}
    status, headers, _ = await gateway.call("/v1/chat/completions", body, headers={"X-Sting-Policy": "blocker"})
    assert status == 403
    assert (await gateway.audit(headers["x-sting-exchange"]))["left"] is None


async def test_a_key_without_the_role_sees_nothing(gateway: Running) -> None:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
    _, headers, _ = await gateway.call("/v1/chat/completions", body)
    path = f"/sting/v1/exchanges/{headers['x-sting-exchange']}"
    assert (await gateway.call(path, method="GET", key="stranger"))[0] == 403
