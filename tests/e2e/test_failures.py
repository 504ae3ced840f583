"""Every failure of the request's side: a clear error in OpenAI's shape, and nothing at the provider (rule 10)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import openai
import pytest

from policies.db import FILE_NAME
from tests.gateway_fixture import NewGateway, Running, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
SECRET = "m.okafor@example.com"
CARD = "4111 1111 1111 1111"


def chat(text: object = f"Mail {SECRET}", **more: object) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}], **more}


def error_of(body: bytes) -> dict[str, Any]:
    """The error in OpenAI's shape; it never quotes what was sent."""
    parsed = json.loads(body)
    assert set(parsed) == {"error"}
    assert set(parsed["error"]) == {"message", "type", "param", "code"}
    assert isinstance(parsed["error"]["message"], str)
    for value in (SECRET, CARD, "okafor", "4111"):
        assert value not in body.decode()
    error: dict[str, Any] = parsed["error"]
    return error


def nothing_left(gateway: Running) -> None:
    assert gateway.provider.requests == []
    assert gateway.backup.requests == []


BAD_BODIES = {
    "no JSON": (b'{"model":"gpt-4o","messages":[m.okafor@example.com]}', 400, "sting_bad_request"),
    "cut JSON": (b'{"model":"gpt-4o","messages":[{"content":"m.okafor@example.com', 400, "sting_bad_request"),
    "two documents": (b'{"model":"gpt-4o"} {"a":"m.okafor@example.com"}', 400, "sting_bad_request"),
    "empty": (b"", 400, "sting_bad_request"),
    "not an object": (b'["m.okafor@example.com"]', 400, "sting_bad_request"),
    "a string": (b'"m.okafor@example.com"', 400, "sting_bad_request"),
    "NaN": (b'{"model":"gpt-4o","messages":[],"temperature":NaN}', 400, "sting_bad_request"),
    "too large": (b'{"model":"gpt-4o","x":"' + b"okafor " * 200_000 + b'"}', 413, "sting_body_too_large"),
    "nested too deep": (b'{"model":"gpt-4o","x":' + b"[" * 500 + b"]" * 500 + b"}", 400, "sting_bad_request"),
    "nested a million deep": (b'{"model":"m","x":' + b"[" * 1_000_000, 400, "sting_bad_request"),
    "invalid UTF-8": (b'{"model":"gpt-4o","x":"okafor \xff"}', 400, "sting_bad_request"),
    "UTF-16": ('{"model":"gpt-4o","x":"okafor"}'.encode("utf-16"), 400, "sting_bad_request"),
    "no model": (b'{"messages":[{"role":"user","content":"m.okafor@example.com"}]}', 400, "sting_bad_request"),
    "a model of a strange shape": (b'{"model":"m.okafor@example.com\\n","messages":[]}', 400, "sting_bad_request"),
    "a control character": (b'{"model":"gpt-4o","x":"okafor \x01"}', 400, "sting_bad_request"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_body_that_cannot_be_read_is_refused(gateway: Running, name: str) -> None:
    body, status, code = BAD_BODIES[name]
    got, headers, answer = await gateway.call(CHAT, body)
    error = error_of(answer)
    assert (got, error["code"]) == (status, code)
    assert headers["content-type"].startswith("application/json")
    assert headers["cache-control"] == "private, no-store"
    nothing_left(gateway)


@pytest.mark.parametrize("stream", [False, True])
async def test_the_sdk_raises_its_own_errors(gateway: Running, stream: bool) -> None:  # noqa: FBT001 - parameter
    images: Any = [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}]}
    ]
    cases: list[tuple[type[openai.APIStatusError], str, dict[str, Any]]] = [
        (openai.AuthenticationError, "sting_invalid_key", {"key": "wrong"}),
        (openai.NotFoundError, "sting_model_not_allowed", {"key": "narrow", "model": "other"}),
        (openai.PermissionDeniedError, "sting_forbidden", {"key": "narrow", "policy": "observe"}),
        (openai.PermissionDeniedError, "sting_forbidden", {"policy": "no-such-policy"}),
        (openai.PermissionDeniedError, "sting_blocked", {"policy": "blocker", "text": f"Card {CARD}"}),
        (openai.UnprocessableEntityError, "sting_unscannable", {"messages": images}),
    ]
    for kind, code, case in cases:
        client = gateway.client(case.get("key", "dev"))
        messages: Any = case.get("messages", [{"role": "user", "content": case.get("text", SECRET)}])
        with pytest.raises(kind) as raised:
            await client.chat.completions.create(
                model=case.get("model", "gpt-4o"),
                messages=messages,
                stream=stream,
                extra_headers={"X-Sting-Policy": case["policy"]} if "policy" in case else None,
            )
        assert raised.value.code == code
        assert SECRET not in str(raised.value)
    nothing_left(gateway)


async def test_blocks_say_that_a_retry_is_useless_and_what_was_found(gateway: Running) -> None:
    status, headers, answer = await gateway.call(CHAT, chat(f"Card {CARD}"), headers={"X-Sting-Policy": "blocker"})
    assert status == 403
    assert headers["x-should-retry"] == "false"
    assert "CREDIT_CARD" in error_of(answer)["message"]
    event = await gateway.audit(headers["x-sting-exchange"])
    assert (event["outcome"], event["status"]) == ("blocked", 403)
    nothing_left(gateway)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_data": "aGk=", "filename": "a.pdf"}},
    ],
)
async def test_what_cannot_be_read_is_refused_unless_the_policy_allows_it(
    gateway: Running, part: dict[str, Any]
) -> None:
    body = chat([{"type": "text", "text": "Look"}, part])
    status, headers, answer = await gateway.call(CHAT, body)
    assert (status, error_of(answer)["code"]) == (422, "sting_unscannable")
    assert error_of(answer)["param"].startswith("messages")
    assert headers["x-should-retry"] == "false"
    nothing_left(gateway)
    status, _, _ = await gateway.call(CHAT, body, headers={"X-Sting-Policy": "seeing"})
    assert status == 200
    assert gateway.provider.requests[-1].json["messages"][0]["content"][1] == part


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/audio/voices"),
        ("GET", CHAT),
        ("POST", "/v1/chat/completions/x/y"),
        ("POST", "/v1//chat/completions"),
        ("DELETE", "/v1/models/m"),
        ("PUT", "/v1/okafor"),
        ("OPTIONS", "/nowhere"),
    ],
)
async def test_an_unknown_route_is_refused(gateway: Running, method: str, path: str) -> None:
    status, _, answer = await gateway.call(path, chat(), method=method)
    assert (status, error_of(answer)["code"]) == (404, "sting_unknown_route")
    nothing_left(gateway)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/v1/v1/chat/completions", "`/v1` stands here twice"),
        ("/v1/v1/chat/completions", "ask for `POST /v1/chat/completions`"),
        ("/v1", "`/v1` is a base URL"),
        ("/v1/chat/completion", "Is `/v1/chat/completions` meant?"),
        ("/sting/v1/scrambel", "Is `/sting/v1/scramble` meant?"),
    ],
)
async def test_a_newcomers_slip_in_the_path_is_named(gateway: Running, path: str, says: str) -> None:
    status, _, answer = await gateway.call(path, chat())
    assert (status, error_of(answer)["code"]) == (404, "sting_unknown_route")
    assert says in error_of(answer)["message"]
    nothing_left(gateway)


async def test_the_consoles_api_is_told_from_ollamas_and_no_path_is_repeated(gateway: Running) -> None:
    status, _, answer = await gateway.call("/api/v1/policies", chat())  # below /api errors have Ollama's shape
    assert (status, "at the console's own address" in json.loads(answer)["error"]) == (404, True)
    for path in ("/v1/chat/completions-okafor", f"/v1/{'okafor' * 100}", "/v1/v1/okafor"):
        assert b"okafor" not in (await gateway.call(path, chat()))[2]


@pytest.mark.parametrize("path", [CHAT, "/v1/models", "/sting/v1/analyze", "/sting/v1/exchanges"])
async def test_a_missing_or_unknown_key_is_refused(gateway: Running, path: str) -> None:
    method = "GET" if path.endswith(("models", "exchanges")) else "POST"
    for key in (None, "unknown", "dev-and-more"):
        status, _, answer = await gateway.call(path, chat(), key=key, method=method)
        assert (status, error_of(answer)["code"]) == (401, "sting_invalid_key")
    nothing_left(gateway)


async def test_a_role_that_a_key_lacks_is_refused(gateway: Running) -> None:
    cases = [("/sting/v1/restore", "POST"), ("/sting/v1/exchanges", "GET"), ("/sting/v1/exchanges/ex_1", "GET")]
    for path, method in cases:
        status, _, answer = await gateway.call(path, {"texts": [], "session": "x"}, key="narrow", method=method)
        assert (status, error_of(answer)["code"]) == (403, "sting_forbidden"), path


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("trouble", ["fails", "hangs"])
async def test_detection_that_fails_or_hangs_lets_nothing_leave(
    gateway: Running,
    trouble: str,
    stream: bool,  # noqa: FBT001 - parameter
) -> None:
    assert gateway.detector is not None
    setattr(gateway.detector, trouble, True)
    text = f"{trouble} {stream}: {SECRET}"
    status, headers, answer = await gateway.call(CHAT, chat(text, stream=stream))
    assert (status, error_of(answer)["code"]) == (503, "sting_detector_unavailable")
    nothing_left(gateway)
    setattr(gateway.detector, trouble, False)
    status, _, _ = await gateway.call(CHAT, chat(text, stream=stream))
    assert status == 200
    event = await gateway.audit(headers["x-sting-exchange"])
    assert (event["outcome"], event["status"]) == ("failed", 503)


async def test_a_vault_that_is_down_lets_nothing_leave_and_the_gateway_is_not_ready(new_gateway: NewGateway) -> None:
    async with new_gateway() as gateway:
        status, _, _ = await gateway.call(CHAT, chat())
        assert status == 200
        status, _, body = await gateway.call("/readyz", method="GET")
        assert status == 200, body
        pid = await valkey_pid(gateway)
        gateway.begin()
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not alive(pid))
        for body_sent in (chat(), chat(stream=True), chat("no finding at all")):
            status, _, answer = await gateway.call(CHAT, body_sent)
            assert (status, error_of(answer)["code"]) == (503, "sting_vault_unavailable")
        status, _, answer = await gateway.call("/sting/v1/scramble", {"texts": [SECRET], "session": "s"})
        assert (status, error_of(answer)["code"]) == (503, "sting_vault_unavailable")
        nothing_left(gateway)
        gateway.gateway.readiness._known = None
        status, _, body = await gateway.call("/readyz", method="GET")
        assert status == 503
        assert json.loads(body)["problems"]["vault"]
        status, _, _ = await gateway.call("/healthz", method="GET")
        assert status == 200


async def valkey_pid(gateway: Running) -> int:
    async with gateway.store() as store:
        return int((await store.info("server"))["process_id"])


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - it may vanish while it is read
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def rename_tables(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as direct:
        tables = [name for (name,) in direct.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if not table.startswith("sqlite_"):
                direct.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")


async def test_a_database_without_naming_keys_lets_nothing_leave(new_gateway: NewGateway) -> None:
    async with new_gateway() as gateway:
        # Nothing was asked before: the naming key of this vault must be read from the database.
        await asyncio.to_thread(rename_tables, gateway.settings.data_dir / FILE_NAME)
        status, _, answer = await gateway.call(CHAT, chat())
        assert status == 503, answer
        assert error_of(answer)["code"] == "sting_vault_unavailable"
        nothing_left(gateway)


async def test_an_unexpected_fault_is_told_by_its_id_alone(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"what a fault may quote: {SECRET}")

    monkeypatch.setattr("proxy.exchange._upstream_request", broken)
    status, headers, answer = await gateway.call(CHAT, chat())
    error = error_of(answer)
    assert (status, error["code"]) == (500, "sting_internal")
    assert headers["x-sting-exchange"] in error["message"]
    nothing_left(gateway)


async def test_concurrent_failures_leave_no_exchange_in_flight(gateway: Running) -> None:
    assert gateway.detector is not None
    gateway.detector.fails = True
    answers = await asyncio.gather(*(gateway.call(CHAT, chat(f"number {n} {SECRET}")) for n in range(20)))
    assert {status for status, _, _ in answers} == {503}
    await gateway.settled()
    assert await gateway.metric("sting_in_flight") == 0


async def test_a_gateway_that_ends_at_once_after_its_start_does_not_hang(new_gateway: NewGateway) -> None:
    async with asyncio.timeout(30), new_gateway():
        pass
