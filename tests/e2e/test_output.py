"""What a model says by itself: reported, redacted or blocked, in every dialect, plain and streamed."""

from __future__ import annotations

import json

import aiohttp
import pytest

from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
NEW = ENTITY_TYPES["EMAIL_ADDRESS"].example
PATHS = {
    "/v1/chat/completions": "gpt-4o",
    "/v1/responses": "gpt-4o",
    "/v1/messages": "claude/claude-x",
    "/api/chat": "llama/small",
    "/api/generate": "llama/small",
    "/v1/completions": "gpt-4o",
}


async def asked(
    gateway: Running, path: str, mode: str, *, stream: bool, behaviour: Behaviour | None = None
) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer that holds a value that nobody sent."""
    gateway.provider.behaviour = behaviour or Behaviour(
        mutate=lambda text: f"{text} writes. Ask {NEW} too.\nBye", piece=3
    )
    body = {
        "model": PATHS[path],
        "max_tokens": 99,
        "stream": stream,
        "messages": [{"role": "user", "content": NAME}],
        "prompt": NAME,
        "input": NAME,
    }
    unused = {"/v1/responses": "messages prompt max_tokens", "/v1/completions": "messages input"}.get(
        path, "input prompt"
    )
    if path == "/api/generate":
        unused = "messages input"
    for name in unused.split():
        del body[name]
    headers = {"X-Sting-Policy": f"output-{mode}"} | ({"anthropic-version": "2023-06-01"} if "messages" in path else {})
    status, sent, answer = await gateway.call(path, body, headers=headers)
    assert NAME.encode() not in gateway.provider.bytes_seen
    return status, sent, answer.decode()


def joined(answer: str) -> str:
    """Every string below a key that holds answer text, in order."""
    found: list[str] = []

    def walk(value: object, key: str = "") -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        elif isinstance(value, str) and key in {"content", "text", "delta", "response", "arguments", "partial_json"}:
            found.append(value)

    for line in answer.splitlines():
        text = line.removeprefix("data: ")
        if text.startswith("{"):
            walk(json.loads(text))
    return "".join(found)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
async def test_what_was_not_sent_is_redacted(gateway: Running, path: str, *, stream: bool) -> None:
    status, headers, answer = await asked(gateway, path, "redact", stream=stream)
    text = joined(answer)
    assert status == 200
    assert NEW not in text
    assert f"{NAME} writes. Ask REDACTED_EMAIL_ADDRESS too.\nBye" in text
    if not stream:
        assert headers["x-sting-output"] == "EMAIL_ADDRESS=1"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
async def test_it_stops_the_answer(gateway: Running, path: str, *, stream: bool) -> None:
    if not stream:
        status, headers, answer = await asked(gateway, path, "block", stream=stream)
        assert (status, headers["x-should-retry"]) == (403, "false")
        assert "sting_blocked" in answer
    else:
        with pytest.raises(aiohttp.ClientPayloadError):
            await asked(gateway, path, "block", stream=stream)
        await gateway.settled()
    assert await gateway.metric("sting_blocks_total", reason="output") >= 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_blocked_stream_ends_in_an_error_and_never_brings_the_value(gateway: Running, path: str) -> None:
    gateway.provider.behaviour = Behaviour(mutate=lambda text: f"{text} writes. Ask {NEW} too.\nBye", piece=3)
    kind = "messages" if PATHS[path] != "llama/small" or path == "/api/chat" else "prompt"
    content: object = [{"role": "user", "content": NAME}] if kind == "messages" else NAME
    if path == "/v1/responses":
        kind, content = "input", NAME
    if path == "/v1/completions":
        kind, content = "prompt", NAME
    body = {"model": PATHS[path], "stream": True, kind: content} | ({"max_tokens": 9} if path == "/v1/messages" else {})
    headers = {"Authorization": "Bearer sk-test-dev", "X-Sting-Policy": "output-block"}
    seen: list[bytes] = []
    async with gateway.http.post(gateway.url + path, json=body, headers=headers) as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await _read(response, seen)
    answer = b"".join(seen)
    assert b"sting_blocked" in answer
    assert NEW.encode() not in answer
    assert b"Ask" not in answer


async def _read(response: aiohttp.ClientResponse, seen: list[bytes]) -> None:
    while part := await response.content.readany():
        seen.append(part)


@pytest.mark.parametrize("stream", [False, True])
async def test_it_is_only_counted(gateway: Running, *, stream: bool) -> None:
    labels = {"entity_type": "EMAIL_ADDRESS", "output": "report"}
    before = await gateway.metric("sting_output_findings_total", **labels)
    _, _, answer = await asked(gateway, "/v1/chat/completions", "report", stream=stream)
    assert f"Ask {NEW} too." in joined(answer)
    assert await gateway.metric("sting_output_findings_total", **labels) == before + 1


@pytest.mark.parametrize("stream", [False, True])
async def test_tool_arguments_stay_json(gateway: Running, *, stream: bool) -> None:
    tool = ("crm", json.dumps({"to": NEW, "note": f'about "{NEW}"'}))
    for path in ("/v1/chat/completions", "/v1/messages", "/api/chat"):
        _, _, answer = await asked(gateway, path, "redact", stream=stream, behaviour=Behaviour(tool=tool, piece=3))
        assert NEW not in answer
        if path == "/v1/chat/completions":
            made = json.loads(joined(answer))
            assert made == {"to": "REDACTED_EMAIL_ADDRESS", "note": 'about "REDACTED_EMAIL_ADDRESS"'}


@pytest.mark.parametrize(("mode", "status"), [("redact", 503), ("block", 503), ("report", 200)])
async def test_nothing_unread_comes_out_when_detection_fails(gateway: Running, mode: str, status: int) -> None:
    assert gateway.detector is not None
    detector = gateway.detector

    def breaks(text: str) -> str:
        detector.fails = True
        return f"{text} {NEW}"

    got, _, answer = await asked(
        gateway, "/v1/chat/completions", mode, stream=False, behaviour=Behaviour(mutate=breaks)
    )
    assert got == status
    assert (NEW in answer) is (mode == "report")


async def test_an_answer_that_says_what_was_sent_passes(gateway: Running) -> None:
    status, _, answer = await asked(
        gateway, "/v1/chat/completions", "block", stream=False, behaviour=Behaviour(mutate=lambda t: f"{t}: {NAME}!")
    )
    assert status == 200
    assert answer.count(NAME) == 2


@pytest.mark.parametrize("stream", [False, True])
async def test_the_audit_has_the_counts_and_no_value(gateway: Running, *, stream: bool) -> None:
    _, headers, _ = await asked(gateway, "/v1/chat/completions", "redact", stream=stream)
    event = await gateway.audit(headers["x-sting-exchange"])
    assert event["output"] == {"EMAIL_ADDRESS": 1}
    assert NEW not in json.dumps(event)
