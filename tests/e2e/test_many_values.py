"""A request of very many values: walked over aside, as the same bytes; beyond a bound it is refused in clear words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from policies.entity_types import ENTITY_TYPES
from proxy import exchange, receiving
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/v1/chat/completions"
EMAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example


def body(texts: int, name: str) -> dict[str, Any]:
    """A message of so many parts, one of them with an address; `name` keeps it apart from other tests' messages."""
    parts = [{"type": "text", "text": f"{name} {number}"} for number in range(texts)]
    parts[texts // 2]["text"] = f"write to {EMAIL}"
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]}


async def test_what_is_walked_over_aside_leaves_as_the_same_bytes(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks: list[Callable[..., object]] = []

    async def aside(work: Callable[..., object], *args: object) -> object:
        walks.append(work)
        return await asyncio.to_thread(work, *args)

    asked = body(450, "aside")
    await gateway.call(PATH, asked)
    assert not walks
    monkeypatch.setattr(receiving, "_MANY", 100)
    monkeypatch.setattr(receiving, "_LOOK_AT", 1_000)
    monkeypatch.setattr(receiving, "aside", aside)
    monkeypatch.setattr(exchange, "aside", aside)
    services = gateway.gateway.services
    for _ in range(2):  # read anew, and with its beginning known
        services.prefixes._entries.clear()
        status, _, _ = await gateway.call(PATH, asked)
        assert status == 200
    before, *again = (request.body for request in gateway.provider.requests[-3:])
    assert again == [before, before]
    assert EMAIL.encode() not in before
    assert len(walks) >= 6  # reading, finding the texts, putting the edits together


async def test_too_many_values_or_texts_are_refused_in_clear_words(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = len(gateway.provider.requests)
    monkeypatch.setattr(receiving, "_MOST_TEXTS", 20)
    status, _, answer = await gateway.call(PATH, body(30, "texts"))
    assert status == 413
    assert "The request has 30 texts, and the gateway takes 20 at once" in json.loads(answer)["error"]["message"]
    monkeypatch.setattr(receiving, "_MOST_VALUES", 50)
    status, _, answer = await gateway.call(PATH, body(30, "values"))
    assert status == 413
    assert json.loads(answer)["error"]["message"].startswith("The body has more than 50 values")
    assert len(gateway.provider.requests) == sent
