"""Every route of Anthropic's and Ollama's API, plain and streamed, in every trouble: the caller's shape, no leak."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from proxy.errors import VaultUnavailable
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAIL, CARD = "m.okafor@example.com", "4111 1111 1111 1111"


def turn(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def bodies(text: str) -> dict[str, dict[str, Any]]:
    """A request of each route that carries a text."""
    return {
        "/v1/messages": {"model": "claude-test", "max_tokens": 5, "messages": turn(text)},
        "/v1/messages/count_tokens": {"model": "claude-test", "messages": turn(text)},
        "/api/chat": {"model": "llama/m", "messages": turn(text)},
        "/api/generate": {"model": "llama/m", "prompt": text},
        "/api/embed": {"model": "llama/m", "input": [text]},
        "/api/embeddings": {"model": "llama/m", "prompt": text},
    }


ROUTES = list(bodies(""))
STREAMED = ["/v1/messages", "/api/chat", "/api/generate"]
CELLS = [*((path, False) for path in ROUTES), *((path, True) for path in STREAMED)]
cells = pytest.mark.parametrize(("path", "streamed"), CELLS)


def asked(path: str, text: str, *, streamed: bool) -> dict[str, Any]:
    return bodies(text)[path] | {"stream": streamed}


def code_of(path: str, body: bytes) -> str:
    """Our code, out of an error in the shape of the route's API; it never quotes what was sent."""
    told = json.loads(body)
    for value in (MAIL, CARD, "okafor", "4111"):
        assert value not in body.decode()
    if path.startswith("/api/"):
        assert set(told) == {"error", "code"}
        assert isinstance(told["error"], str)
        return str(told["code"])
    assert told["type"] == "error"
    assert {"type", "message"} <= set(told["error"])
    return str(told["error"]["code"])


@cells
async def test_what_the_policy_blocks_is_refused(gateway: Running, path: str, *, streamed: bool) -> None:
    body = asked(path, f"My card is {CARD}.", streamed=streamed)
    status, headers, answer = await gateway.call(path, body, headers={"X-Sting-Policy": "blocker"})
    assert (status, code_of(path, answer)) == (403, "sting_blocked")
    assert headers["x-should-retry"] == "false"
    assert gateway.provider.requests == []


@cells
@pytest.mark.parametrize("trouble", ["fails", "hangs"])
async def test_detection_that_fails_or_hangs_lets_nothing_leave(
    gateway: Running, path: str, trouble: str, *, streamed: bool
) -> None:
    assert gateway.detector is not None
    setattr(gateway.detector, trouble, True)
    body = asked(path, f"Mail {MAIL} now, {trouble} {path} {streamed}", streamed=streamed)
    status, _, answer = await gateway.call(path, body)
    assert (status, code_of(path, answer)) == (503, "sting_detector_unavailable")
    assert gateway.provider.requests == []


@cells
async def test_a_vault_that_is_down_lets_nothing_leave(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, path: str, *, streamed: bool
) -> None:
    async def down(*_: object) -> None:
        raise VaultUnavailable("The vault cannot be used.")

    monkeypatch.setattr(type(gateway.gateway.services.vault), "store", down)
    status, _, answer = await gateway.call(path, asked(path, f"Mail {MAIL}", streamed=streamed))
    assert (status, code_of(path, answer)) == (503, "sting_vault_unavailable")
    assert gateway.provider.requests == []


@cells
async def test_without_a_key_nothing_is_done(gateway: Running, path: str, *, streamed: bool) -> None:
    status, _, answer = await gateway.call(path, asked(path, MAIL, streamed=streamed), key=None)
    assert (status, code_of(path, answer)) == (401, "sting_invalid_key")
    assert gateway.provider.requests == []


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("raw", [b'{"model":"m","x":okafor}', b"", b'["okafor"]', b'{"x":"\xff okafor"}'])
async def test_what_is_no_json_object_is_refused(gateway: Running, path: str, raw: bytes) -> None:
    status, _, answer = await gateway.call(path, raw)
    assert (status, code_of(path, answer)) == (400, "sting_bad_request")


@pytest.mark.parametrize("path", ROUTES)
async def test_a_body_that_is_too_large_is_refused(gateway: Running, path: str) -> None:
    status, _, answer = await gateway.call(path, b'{"model":"m","x":"' + b"okafor " * 200_000 + b'"}')
    assert (status, code_of(path, answer)) == (413, "sting_body_too_large")


@cells
async def test_an_answer_that_is_cut_short_has_no_clean_end(gateway: Running, path: str, *, streamed: bool) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=10)
    body = asked(path, f"Mail {MAIL} as often as you can, and then some more.", streamed=streamed)
    if streamed:
        status, _, answer = await _cut(gateway, path, body)
        assert status == 200
        assert b"sting_upstream_failed" in answer
    else:
        status, _, answer = await gateway.call(path, body)
        assert (status, code_of(path, answer)) == (502, "sting_upstream_failed")


async def _cut(gateway: Running, path: str, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """What came of an answer whose connection breaks at its end."""
    sent = {"Authorization": "Bearer sk-test-dev"}
    got = b""
    async with gateway.http.post(gateway.url + path, json=body, headers=sent) as answer:
        try:
            async for chunk in answer.content.iter_any():
                got += chunk
        except (OSError, ValueError, aiohttp.ClientError):
            pass
        return answer.status, dict(answer.headers), got


@cells
async def test_errors_of_the_provider_keep_their_status_and_give_originals_back(
    gateway: Running, path: str, *, streamed: bool
) -> None:
    gateway.provider.behaviour = Behaviour(status=429, quote_prompt=True, headers={"retry-after": "7"})
    text = f"Mail {MAIL}" if "embed" not in path else "Mail nobody"
    status, headers, answer = await gateway.call(path, asked(path, text, streamed=streamed))
    assert (status, headers["retry-after"]) == (429, "7")
    quoted = text if not path.endswith("/embed") else "made-up error"
    assert quoted in answer.decode()


ODD = b'{ "unknown" :{"b":1.0,"a":2,"a":123456789012345678901234567890},\t"x":"\\u00e9 \\/ \\ud800 \xc3\xa9", %b}\r\n'
REST = {
    "/v1/messages": b'"max_tokens":5,"model":"claude-test","messages":[{"content":"Hello","role":"user"}]',
    "/v1/messages/count_tokens": b'"model":"claude-test","messages":[{"content":[{"text":"Hi"}],"role":"user"}]',
    "/api/chat": b'"stream":false,"messages":[{"role":"user","content":"Hello"}],"model":"m"',
    "/api/generate": b'"stream":false,"prompt":"Hello","model":"m"',
    "/api/embed": b'"model":"m","input":"Hello"',
    "/api/embeddings": b'"model":"m","prompt":"Hello"',
}


@pytest.mark.parametrize("path", ROUTES)
async def test_a_request_without_findings_leaves_as_the_very_same_bytes(gateway: Running, path: str) -> None:
    gateway.provider.behaviour = Behaviour(text="Hello")
    status, _, _ = await gateway.call(f"{path}?beta=true", ODD % REST[path])
    assert status == 200
    assert gateway.provider.requests[0].body == ODD % REST[path]
    assert gateway.provider.requests[0].target == f"{path}?beta=true"
