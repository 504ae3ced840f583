"""What providers do by themselves, by policy: keep what was said, run tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAREFUL = {"X-Sting-Policy": "careful"}
_TURN = [{"role": "user", "content": "Hello"}]
_TALK = {"model": "claude/m", "max_tokens": 5, "messages": _TURN}
_FETCH = {"type": "tool_definition", "definition": {"type": "web_fetch_20250910", "name": "web_fetch"}}
_ADDED = {"type": "tool_addition", "tool": _FETCH}
_BATCH = {"requests": [{"custom_id": "a", "params": _TALK | {"tools": [{"type": "code_execution_20250825"}]}}]}


@pytest.mark.parametrize(
    ("path", "body", "left"),
    [
        ("/v1/responses", {"model": "m", "input": "Hello"}, False),
        ("/v1/responses", {"model": "m", "store": True, "input": "Hello"}, False),
        ("/v1/responses", {"model": "m", "store": None, "input": "Hello"}, False),
        ("/v1/responses", {"store": False, "model": "m", "input": "Hello"}, False),
        ("/v1/chat/completions", {"model": "m", "messages": _TURN, "store": True}, False),
        ("/v1/chat/completions", {"model": "m", "messages": _TURN}, None),
        ("/v1/messages", _TALK, None),
    ],
)
async def test_a_policy_has_nothing_kept(
    gateway: Running, path: str, body: dict[str, Any], *, left: bool | None
) -> None:
    status, _, answer = await gateway.call(path, body, headers=CAREFUL)
    assert status == 200
    sent = gateway.provider.requests[-1].json
    assert sent.get("store") is left
    assert {name: value for name, value in sent.items() if name not in ("store", "model")} == {
        name: value for name, value in body.items() if name not in ("store", "model")
    }
    if path == "/v1/responses":
        status, _, _ = await gateway.call(f"{path}/{json.loads(answer)['id']}", method="GET")
        assert status == 404  # it was not kept, so its id is not known here either


async def test_a_word_that_stands_twice_has_nothing_kept_either(gateway: Running) -> None:
    raw = b'{"store":false,"model":"m","input":"Hello","store":true}'
    status, _, _ = await gateway.call("/v1/responses", raw, headers=CAREFUL)
    assert status == 200
    assert b"true" not in gateway.provider.requests[-1].body


@pytest.mark.parametrize(
    ("path", "body", "tool"),
    [
        ("/v1/responses", {"model": "m", "input": "x", "tools": [{"type": "mcp", "server_label": "s"}]}, "mcp"),
        ("/v1/responses", {"model": "m", "input": "x", "tools": [{"type": "web_search_preview_2025_03_11"}]}, None),
        ("/v1/responses", {"model": "m", "input": "x", "tools": [{"type": "function", "name": "f"}]}, None),
        ("/v1/responses", {"model": "m", "input": "x", "tools": [{"type": "Okafor's"}]}, "other"),
        ("/v1/chat/completions", {"model": "m", "messages": _TURN, "web_search_options": {}}, None),
        ("/v1/messages", _TALK | {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, None),
        ("/v1/messages", _TALK | {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}, "web_fetch"),
        ("/v1/messages", _TALK | {"tools": [{"type": "bash_20250124", "name": "bash"}]}, None),
        ("/v1/messages", _TALK | {"mcp_servers": [{"type": "url", "url": "https://a.example", "name": "a"}]}, "mcp"),
        ("/v1/messages/batches", _BATCH, "code_execution"),
        ("/v1/messages", _TALK | {"messages": [*_TURN, {"role": "system", "content": [_ADDED]}]}, "web_fetch"),
    ],
)
async def test_a_policy_says_which_tools_a_provider_may_run(
    gateway: Running, path: str, body: dict[str, Any], tool: str | None
) -> None:
    status, headers, answer = await gateway.call(path, body, headers=CAREFUL)
    if tool is None:
        assert status == 200, answer
        return
    assert (status, headers["x-should-retry"]) == (403, "false")
    assert f"`{tool}`" in json.loads(answer)["error"]["message"]
    assert b"Okafor" not in answer
    assert gateway.provider.requests == []
    status, _, _ = await gateway.call(path, body)
    assert status == 200


_DRAWING = {"type": "image_generation", "model": "dall-e-3"}
_IN_SVG = {"type": "image_generation", "svg": {"model": "o9-author"}}
_ADVISOR = {"type": "advisor_20260301", "name": "advisor", "model": "claude-opus"}


@pytest.mark.parametrize(
    ("path", "more", "param"),
    [
        ("/v1/responses", {"input": "x", "tools": [_DRAWING]}, "tools[0].model"),
        ("/v1/responses", {"input": "x", "tools": [_IN_SVG]}, "tools[0].svg.model"),
        ("/v1/responses", {"input": [{"type": "additional_tools", "tools": [_DRAWING]}]}, "input[0].tools[0]"),
        ("/v1/responses", {"input": "x", "moderation": {"model": "omni-9"}}, "moderation.model"),
        ("/v1/responses/compact", {"input": _TURN, "tools": [_DRAWING]}, "tools[0].model"),
        ("/v1/chat/completions", {"messages": _TURN, "moderation": {"model": "omni-9"}}, "moderation.model"),
        ("/v1/images/generations", {"prompt": "x", "svg": {"model": "o9-author"}}, "svg.model"),
        ("/v1/messages", _TALK | {"tools": [_ADVISOR]}, "tools[0].model"),
        ("/v1/messages/count_tokens", {"messages": _TURN, "tools": [_ADVISOR]}, "tools[0].model"),
        (
            "/v1/messages",
            _TALK
            | {
                "messages": [
                    *_TURN,
                    {"role": "system", "content": [{"type": "tool_addition", "tool": {"definition": _ADVISOR}}]},
                ]
            },
            "messages[1].content[0]",
        ),
        (
            "/v1/messages/batches",
            {"requests": [{"custom_id": "a", "params": _TALK | {"model": "gpt-5", "tools": [_ADVISOR]}}]},
            "requests[0].params.tools",
        ),
    ],
)
async def test_every_model_that_a_body_names_is_one_of_the_keys(
    gateway: Running, path: str, more: dict[str, Any], param: str
) -> None:
    body = more if "requests" in more else {"model": "gpt-5", **{k: v for k, v in more.items() if k != "model"}}
    status, _, answer = await gateway.call(path, body, key="narrow")
    error = json.loads(answer)["error"]
    assert (status, param in error["message"]) == (404, True), answer
    assert not gateway.provider.requests
    assert (await gateway.call(path, body))[0] == 200, "a key of all models may"


async def test_what_a_tool_is_called_with_names_no_model(gateway: Running) -> None:
    schema = {"type": "object", "properties": {"model": {"type": "string"}, "tools": {"default": [{"model": "x"}]}}}
    called = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"tools": [{"model": "my car"}]}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
    body = _TALK | {
        "model": "gpt-5",
        "tools": [{"name": "f", "input_schema": schema}],
        "messages": [*_TURN, {"role": "assistant", "content": [called]}, {"role": "user", "content": [result]}],
    }
    status, _, answer = await gateway.call("/v1/messages", body, key="narrow")
    assert status == 200, answer


async def test_a_provider_falls_back_to_models_of_the_key_only(gateway: Running) -> None:
    for model, expected in (("gpt-4", 200), ("claude-opus", 404)):
        body = _TALK | {"model": "gpt-5", "fallbacks": [{"model": model}]}
        status, _, answer = await gateway.call("/v1/messages", body, key="narrow")
        assert status == expected, answer
    assert len(gateway.provider.requests) == 1


async def test_both_hold_on_a_websocket(gateway: Running) -> None:
    headers = {"Authorization": "Bearer sk-test-dev", **CAREFUL}
    async with gateway.http.ws_connect(gateway.url + "/v1/responses", headers=headers) as socket:
        await socket.send_json({"type": "response.create", "model": "m", "input": "x", "tools": [{"type": "mcp"}]})
        assert (await socket.receive_json(timeout=30))["error"]["code"] == "sting_blocked"
        await socket.send_json({"type": "response.create", "model": "m", "input": "x"})
        assert (await socket.receive_json(timeout=30))["type"] == "response.created"
    await gateway.settled()
    sent = [json.loads(request.body) for request in gateway.provider.requests if request.method == "WS"]
    assert [event["store"] for event in sent] == [False]
