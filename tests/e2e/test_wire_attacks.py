"""Seeded values in every odd place of a request: none reaches the provider, whatever the gateway answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from yarl import URL

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAIL = ENTITY_TYPES["EMAIL_ADDRESS"].example
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in MAIL)
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
_SHAPES: dict[str, Any] = {
    "text": MAIL,
    "list": [MAIL],
    "fields": {"id": MAIL, "type": MAIL, "role": MAIL, "model": MAIL, "url": MAIL, "data": MAIL, "format": MAIL},
    "key": {MAIL: 1},
    "deep": {"a": [{"b": [{MAIL: {"c": MAIL}}]}]},
    "JSON": json.dumps({MAIL: [MAIL, json.dumps({"d": MAIL})]}),
}
_FIELDS = {
    CHAT: "user metadata stop prediction new_field tool_choice service_tier response_format web_search_options audio",
    RESPONSES: "instructions metadata user prompt text tool_choice reasoning include truncation context_management odd",
    MESSAGES: "system metadata stop_sequences thinking container service_tier context_management output_config odd",
    "/api/chat": "format options keep_alive think odd",
}
_BODIES: dict[str, dict[str, Any]] = {
    CHAT: {"model": "m", "messages": [{"role": "user", "content": "x"}]},
    RESPONSES: {"model": "m", "input": "x"},
    MESSAGES: {"model": "claude/m", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]},
    "/api/chat": {"model": "llama/m", "stream": False, "messages": [{"role": "user", "content": "x"}]},
}
_MESSAGE = {"role": "user", "content": [{"type": "text", "text": "x"}]}


def left(gateway: Running) -> str:
    """All that the providers were sent, with JSON's escapes undone."""
    seen = gateway.provider.bytes_seen + gateway.backup.bytes_seen
    return seen.decode("utf-8", "replace").replace(ESCAPED, MAIL)


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("path", _FIELDS)
async def test_fields_of_any_shape(gateway: Running, path: str, shape: str) -> None:
    gateway.provider.behaviour = Behaviour(raw=b"{}")
    for name in _FIELDS[path].split():
        await gateway.call(path, _BODIES[path] | {name: _SHAPES[shape]})
        assert MAIL not in left(gateway), name


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, f'{{"model":"m","messages":[{{"role":"user","content":"{MAIL}"}}],"messages":[]}}'),
        (CHAT, f'{{"model":"m","messages":[],"messages":[{{"role":"user","content":"{MAIL}","content":"x"}}]}}'),
        (CHAT, f'{{"model":"m","\\u006dessages":[{{"r\\u006fle":"user","c\\u006fntent":"{ESCAPED}"}}]}}'),
        (CHAT, f'{{"model":"m","messages":[{{"role":"user","content":"x","{ESCAPED}":1}}]}}'),
        (CHAT, f'{{"model":"m","messages":[]}} {MAIL}'),
        (CHAT, f'\ufeff{{"model":"m","messages":[{{"role":"user","content":"{MAIL}"}}]}}'),
        (RESPONSES, json.dumps({"model": "m", "input": [{"type": "message", "name": MAIL, **_MESSAGE}]})),
        (RESPONSES, json.dumps({"model": "m", "input": [{"name": MAIL, "role": "user", "content": "x"}]})),
        (MESSAGES, json.dumps(_BODIES[MESSAGES] | {"system": [{"type": "text", "text": "x", "name": MAIL}]})),
        (MESSAGES, json.dumps(_BODIES[MESSAGES] | {"system": [{"type": "text", "text": MAIL, "cache_control": {}}]})),
        ("/api/show", json.dumps({"model": f"llama/{MAIL}", "system": MAIL})),
        ("/api/show", json.dumps({"name": f"llama/{MAIL}"})),
    ],
)
async def test_bodies(gateway: Running, path: str, body: str) -> None:
    await gateway.call(path, body.encode())
    assert MAIL not in left(gateway)


@pytest.mark.parametrize(
    "name",
    [
        *("User-Agent", "OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta", "Idempotency-Key", "X-Stainless-OS"),
        *("Anthropic-Beta", "Accept", "Cookie", "Referer", "From", "X-Forwarded-For", "Traceparent", "Baggage"),
        *("X-Sting-Session", "X-Request-Id", "Content-Language"),
    ],
)
async def test_headers(gateway: Running, name: str) -> None:
    status, _, _ = await gateway.call(CHAT, _BODIES[CHAT], headers={name: MAIL})
    assert status == 200
    assert MAIL not in left(gateway)


@pytest.mark.parametrize(
    "name", ["User-Agent", "OpenAI-Organization", "OpenAI-Beta", "Idempotency-Key", "X-Stainless-OS"]
)
@pytest.mark.parametrize("number", ["4111111111111111", "4111-1111-1111-1111", "415-555-0132", "536-22-1849"])
async def test_numbers_in_headers_and_in_the_place_of_names(gateway: Running, name: str, number: str) -> None:
    status, _, _ = await gateway.call(CHAT, _BODIES[CHAT], headers={name: number})
    assert status == 200
    assert number not in left(gateway)
    for model in (number, f"fake/{number}", f"gpt-{number}"):
        assert (await gateway.call(CHAT, _BODIES[CHAT] | {"model": model}))[0] == 400
    assert number not in left(gateway)


async def test_ids_that_no_provider_makes_are_looked_into(gateway: Running) -> None:
    card = "4111111111111111"
    assert gateway.detector is not None
    gateway.detector.words[f"call_{card}"] = "CREDIT_CARD"
    call = {"id": f"call_{card}", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    tool = {"role": "tool", "tool_call_id": f"call_{card}", "content": "x"}
    await gateway.call(CHAT, {"model": "m", "messages": [{"role": "assistant", "tool_calls": [call]}, tool]})
    assert card not in left(gateway)
    sent = gateway.provider.requests[-1].json["messages"]
    assert sent[-1]["tool_call_id"] == sent[-2]["tool_calls"][0]["id"], "they are a pair still"


@pytest.mark.parametrize(
    ("path", "tools"),
    [
        (CHAT, [{"type": "function", "function": {"name": MAIL}}]),
        (CHAT, [{"type": "custom", "custom": {"name": f"Ask {MAIL}"}}]),
        (RESPONSES, [{"type": "function", "name": MAIL}, {"type": "mcp", "server_label": f"of {MAIL}"}]),
        (MESSAGES, [{"name": MAIL, "input_schema": {"properties": {MAIL: {}}, "required": [MAIL]}}]),
        ("/api/chat", [{"type": "function", "function": {"name": f"Ask {MAIL}"}}]),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_name_that_no_tool_can_have_is_replaced_and_comes_back(
    gateway: Running, path: str, tools: list[dict[str, Any]], *, stream: bool
) -> None:
    asked = _BODIES[path] | {"tools": tools, "stream": stream}
    assert (await gateway.call(path, asked))[0] == 200
    assert MAIL not in left(gateway)
    offered = gateway.provider.requests[-1].json["tools"][0]
    name = (offered.get("function") or offered.get("custom") or offered)["name"]
    assert "EMAIL_ADDRESS_" in name
    gateway.provider.behaviour = Behaviour(tool=(name, "{}"))
    _, _, answer = await gateway.call(path, asked)
    assert MAIL in answer.decode(), "the client finds its tool by this name"
    assert "EMAIL_ADDRESS_" not in answer.decode()


async def test_what_sdks_say_of_themselves_leaves(gateway: Running) -> None:
    """Whatever the SDKs of today put there: nothing of it is taken for somebody's."""
    gateway.provider.behaviour = Behaviour(raw=b"{}")
    await gateway.client().chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
    headers = {name.lower().decode() for name, _ in gateway.provider.requests[-1].headers}
    assert {
        f"x-stainless-{name}" for name in "lang os arch runtime async retry-count package-version".split()
    } <= headers
    assert "user-agent" in headers
    await gateway.call(CHAT, _BODIES[CHAT], headers={"X-Stainless-Foo": "Margaret", "X-Stainless-OS": "Margaret"})
    assert "Margaret" not in left(gateway)


async def test_a_content_type(gateway: Running) -> None:
    status, _, _ = await gateway.call(CHAT, _BODIES[CHAT], headers={"Content-Type": f"application/json; name={MAIL}"})
    assert status == 200
    assert gateway.provider.requests[-1].header("content-type") == "application/json"
    assert MAIL not in left(gateway)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (CHAT, ("seed",)),
        (CHAT, ("max_tokens",)),
        (CHAT, ("logit_bias", "50256")),
        (RESPONSES, ("max_output_tokens",)),
        (MESSAGES, ("max_tokens",)),
        (MESSAGES, ("thinking", "budget_tokens")),
        ("/api/chat", ("options", "seed")),
    ],
)
async def test_a_setting_that_is_a_number_stays_one_and_is_no_card(
    gateway: Running, path: str, place: tuple[str, ...]
) -> None:
    card = 4111111111111111
    assert gateway.detector is not None
    gateway.detector.words[str(card)] = "CREDIT_CARD"
    setting: Any = card
    for step in reversed(place[1:]):
        setting = {step: setting}
    numbers = []
    for _ in range(2):
        await gateway.call(path, _BODIES[path] | {place[0]: setting})
        assert str(card) not in left(gateway)
        found = gateway.provider.requests[-1].json
        for step in place:
            found = found[step]
        numbers.append(found)
    assert numbers[0] == numbers[1]
    assert isinstance(numbers[0], int)
    assert len(str(numbers[0])) == len(str(card))
    await gateway.call(path, _BODIES[path] | {"odd": [card]})
    assert str(card) not in left(gateway)


async def test_a_number_across_the_border_of_two_parts_does_not_leave(gateway: Running) -> None:
    card, first, second = "4111 1111 1111 1111", "My card: 4111 11", "11 1111 1111."
    assert gateway.detector is not None
    gateway.detector.words[card] = "CREDIT_CARD"
    parts = [{"type": "text", "text": first}, {"type": "text", "text": second}]
    gateway.provider.behaviour = Behaviour(mirror=True)
    _, _, answer = await gateway.call(CHAT, {"model": "m", "messages": [{"role": "user", "content": parts}]})
    sent = gateway.provider.requests[-1].json["messages"][-1]["content"]
    assert not any(digits in part["text"] for part in sent for digits in ("4111", "1111"))
    assert first in answer.decode().replace("\\", "")
    assert second in answer.decode().replace("\\", "")


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/v1/chat/completions/", "ask for `POST /v1/chat/completions`"),
        ("POST", "//v1//chat/completions", "ask for `POST /v1/chat/completions`"),
        ("POST", "/v1/chat%2Fcompletions", "ask for `POST /v1/chat/completions`"),
        ("POST", "/v1/images/generations/", "ask for `POST /v1/images/generations`"),
        ("GET", f"/v1/files/{MAIL}/content/", "ask for `GET /v1/files/{object}/content`"),
        ("PATCH", "/v1/chat/completions", "This route is asked by POST."),
        ("GET", "/api/chat", "This route is asked by POST."),
        ("GET", "/v1/chat/completions", "Lists of stored chats are refused"),
        ("DELETE", "/v1/models/m", "Models are made and deleted at the provider"),
        ("POST", "/v1/nothing", "does not know this route"),
    ],
)
async def test_what_is_refused_says_what_was_meant(gateway: Running, method: str, path: str, said: str) -> None:
    async with gateway.http.request(method, URL(gateway.url + path, encoded=True)) as answer:
        told = await answer.text()
    assert answer.status == 404
    assert said in told
    assert MAIL not in told
    assert gateway.provider.requests == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_a_body_with_a_byte_order_mark_is_told_so(gateway: Running, encoding: str) -> None:
    status, _, answer = await gateway.call(CHAT, json.dumps(_BODIES[CHAT]).encode(encoding))
    assert status == 400
    assert "begins with a byte order mark" in json.loads(answer)["error"]["message"]


async def test_files_of_anthropics_api_are_refused_in_its_shape(gateway: Running) -> None:
    headers = {"anthropic-version": "2023-06-01"}
    status, _, answer = await gateway.call("/v1/files", b"x", headers=headers)
    assert (status, json.loads(answer)["type"]) == (404, "error")
