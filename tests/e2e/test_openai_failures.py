"""Every (route x plain or streamed x failure) of OpenAI's further routes: the caller's error shape, nothing leaves."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAIL, CARD = "m.okafor@example.com", "4111 1111 1111 1111"
ROUTES: dict[str, tuple[str, dict[str, Any]]] = {
    "responses": ("/v1/responses", {"model": "m", "input": "@"}),
    "responses streamed": ("/v1/responses", {"model": "m", "input": "@", "stream": True}),
    "completions": ("/v1/completions", {"model": "m", "prompt": "@"}),
    "completions streamed": ("/v1/completions", {"model": "m", "prompt": "@", "stream": True}),
    "embeddings": ("/v1/embeddings", {"model": "m", "input": "@"}),
    "moderations": ("/v1/moderations", {"input": "@"}),
    "conversations": ("/v1/conversations", {"items": [{"type": "message", "role": "user", "content": "@"}]}),
}


def request(name: str, text: str) -> tuple[str, dict[str, Any]]:
    path, body = ROUTES[name]
    return path, json.loads(json.dumps(body).replace("@", text))


def error_of(answer: bytes) -> dict[str, Any]:
    """The error in OpenAI's shape; it never quotes what was sent."""
    parsed: dict[str, Any] = json.loads(answer)
    assert set(parsed) == {"error"}
    assert set(parsed["error"]) == {"message", "type", "param", "code"}
    for value in (MAIL, CARD, "okafor", "4111"):
        assert value not in answer.decode()
    return dict(parsed["error"])


def nothing_left(gateway: Running) -> None:
    assert gateway.provider.requests == []
    assert gateway.backup.requests == []


@pytest.mark.parametrize("name", ROUTES)
async def test_what_the_policy_blocks_does_not_leave(gateway: Running, name: str) -> None:
    path, body = request(name, CARD)
    status, headers, answer = await gateway.call(path, body, headers={"X-Sting-Policy": "blocker"})
    assert (status, error_of(answer)["code"]) == (403, "sting_blocked")
    assert headers["x-should-retry"] == "false"
    nothing_left(gateway)


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
@pytest.mark.parametrize("name", ROUTES)
async def test_without_detection_nothing_leaves(gateway: Running, name: str, trouble: str) -> None:
    assert gateway.detector is not None
    setattr(gateway.detector, trouble, True)
    path, body = request(name, f"{name} {trouble} {MAIL}")
    status, _, answer = await gateway.call(path, body)
    assert (status, error_of(answer)["code"]) == (503, "sting_detector_unavailable")
    nothing_left(gateway)


async def test_without_the_vault_nothing_leaves(new_gateway: NewGateway) -> None:
    async with new_gateway() as gateway:
        vault: Any = gateway.gateway.services.vault

        async def gone(*_: object, **__: object) -> None:
            raise ConnectionError

        vault._client.execute_command = gone
        for name in ROUTES:
            path, body = request(name, f"Write to {MAIL}")
            status, _, answer = await gateway.call(path, body)
            assert (status, error_of(answer)["code"]) == (503, "sting_vault_unavailable"), name
        nothing_left(gateway)


@pytest.mark.parametrize("name", [name for name in ROUTES if "streamed" not in name])
async def test_a_plain_answer_that_is_cut_is_an_error(gateway: Running, name: str) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=20)
    path, body = request(name, f"Write to {MAIL}")
    status, _, answer = await gateway.call(path, body)
    assert (status, error_of(answer)["code"]) == (502, "sting_upstream_failed")


@pytest.mark.parametrize("name", [name for name in ROUTES if "streamed" in name])
async def test_a_stream_that_is_cut_ends_with_an_error_event(gateway: Running, name: str) -> None:
    path, body = request(name, f"Write to {MAIL}, then to {MAIL} again, please")
    gateway.provider.behaviour = Behaviour(cut_after=400 if "completions" in name else 3000)
    headers = {"Authorization": "Bearer sk-test-dev"}
    async with gateway.http.post(gateway.url + path, json=body, headers=headers) as answer:
        raw = b""
        try:
            async for chunk in answer.content.iter_any():
                raw += chunk
            ended_well = True
        except aiohttp.ClientError:
            ended_well = False
    assert not ended_well
    last = raw.decode().strip().rpartition("\n\n")[2].splitlines()[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "sting_upstream_failed"


@pytest.mark.parametrize("status", [400, 401, 429, 500])
@pytest.mark.parametrize("name", ROUTES)
async def test_a_providers_error_comes_through_restored(gateway: Running, name: str, status: int) -> None:
    _, _, scrambled = await gateway.call("/sting/v1/scramble", {"texts": [MAIL]})
    (token,) = json.loads(scrambled)["texts"]
    gateway.provider.behaviour = Behaviour(
        status=status, error_message=f"Not to {token}", headers={"retry-after": "7", "x-request-id": "req-9"}
    )
    path, body = request(name, f"Write to {MAIL}")
    got, headers, answer = await gateway.call(path, body)
    assert (got, headers["retry-after"], headers["x-request-id"]) == (status, "7", "req-9")
    assert json.loads(answer)["error"]["message"] == f"Not to {MAIL}"


@pytest.mark.parametrize("name", ROUTES)
async def test_wrong_keys_and_bodies_are_refused(gateway: Running, name: str) -> None:
    path, body = request(name, MAIL)
    for key in (None, "unknown"):
        status, _, answer = await gateway.call(path, body, key=key)
        assert (status, error_of(answer)["code"]) == (401, "sting_invalid_key")
    for wrong in (b"[]", b'{"model":"m","input":', b"\xff", b"{" * 500):
        status, _, answer = await gateway.call(path, wrong)
        assert (status, error_of(answer)["code"]) == (400, "sting_bad_request")
    nothing_left(gateway)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/responses/resp_68a1"),
        ("DELETE", "/v1/responses/resp_68a1"),
        ("POST", "/v1/responses/resp_68a1/cancel"),
        ("GET", "/v1/responses/resp_68a1/input_items"),
        ("GET", "/v1/conversations/conv_68a1"),
        ("GET", "/v1/conversations/conv_68a1/items/msg_68a1"),
        ("POST", "/v1/conversations/conv_68a1/items"),
    ],
)
async def test_stored_objects_need_a_key_and_an_owner(gateway: Running, method: str, path: str) -> None:
    body = {"items": []} if method == "POST" else None
    status, _, answer = await gateway.call(path, body, method=method, key=None)
    assert (status, error_of(answer)["code"]) == (401, "sting_invalid_key")
    status, _, answer = await gateway.call(path, body, method=method)
    assert (status, error_of(answer)["code"]) == (404, "sting_not_found")
    strange = path.replace("resp_68a1", "m.okafor%40example.com").replace("conv_68a1", "..%2Fmodels")
    status, _, answer = await gateway.call(strange, body, method=method)
    assert status in {400, 404}
    assert error_of(answer)
    nothing_left(gateway)
