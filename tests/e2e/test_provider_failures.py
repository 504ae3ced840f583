"""Every failure of the provider's side: status, body and headers reach the client, restored; nothing ends cleanly that
was cut; another provider is asked only where the configuration says so, and only before the first byte."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import openai
import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
NAME = "Margaret Okafor"
MESSAGES: list[Any] = [{"role": "user", "content": f"Write to {NAME}."}]


def chat(model: str = "gpt-4o", **more: object) -> dict[str, Any]:
    return {"model": model, "messages": MESSAGES, **more}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
async def test_an_error_of_the_provider_passes_with_its_status_headers_and_restored_body(
    gateway: Running,
    status: int,
    kind: type[openai.APIStatusError],
    stream: bool,  # noqa: FBT001 - parameter
) -> None:
    headers = {"retry-after": "7", "x-ratelimit-remaining-tokens": "3", "x-internal": "secret", "set-cookie": "a=b"}
    gateway.provider.behaviour = Behaviour(status=status, headers=headers, quote_prompt=True)
    with pytest.raises(kind) as raised:
        await gateway.client().chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=stream)
    got = raised.value.response.headers
    assert got["retry-after"] == "7"
    assert got["x-request-id"] == "req-fake-1"
    assert got["x-ratelimit-remaining-tokens"] == "3"
    assert "x-internal" not in got
    assert "set-cookie" not in got
    assert raised.value.body == {
        "message": f"made-up error: Write to {NAME}.",
        "type": "fake_error",
        "param": None,
        "code": "fake",
    }
    event = await gateway.audit(got["x-sting-exchange"])
    assert (event["outcome"], event["status"]) == ("upstream_error", status)
    assert len(gateway.provider.requests) == 1


async def test_an_error_page_that_is_no_json_is_restored_too(gateway: Running) -> None:
    _, _, body = await gateway.call("/sting/v1/scramble", {"texts": [NAME]})
    (token,) = json.loads(body)["texts"]
    page = f"<html>Sorry {token}, \xff".encode("latin-1")
    gateway.provider.behaviour = Behaviour(status=502, raw=page, content_type="text/html")
    status, headers, answer = await gateway.call(CHAT, chat())
    assert status == 502
    assert headers["content-type"] == "text/html"
    assert answer == f"<html>Sorry {NAME}, ".encode() + b"\xff"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("model", "status"), [("slow/m", 504), ("refused/m", 502)])
async def test_a_provider_that_is_silent_or_not_there(
    gateway: Running,
    model: str,
    status: int,
    stream: bool,  # noqa: FBT001 - parameter
) -> None:
    gateway.provider.behaviour = Behaviour(never=True)
    with pytest.raises(openai.InternalServerError) as raised:
        await gateway.client().chat.completions.create(model=model, messages=MESSAGES, stream=stream)
    assert raised.value.status_code == status
    assert raised.value.code == "sting_upstream_failed"
    assert "127.0.0.1" not in raised.value.message
    event = await gateway.audit(raised.value.response.headers["x-sting-exchange"])
    assert (event["outcome"], event["entities"]) == ("upstream_error", {"PERSON": 1})


@pytest.mark.parametrize(
    "raw", [b"<html>", b'{"choices":[{"message":{"content":"cut', b"\xff\xfe", b"", b'{"a":' + b"[" * 5000]
)
async def test_an_answer_that_is_no_json_is_refused(gateway: Running, raw: bytes) -> None:
    gateway.provider.behaviour = Behaviour(raw=raw)
    status, _, answer = await gateway.call(CHAT, chat())
    assert (status, json.loads(answer)["error"]["code"]) == (502, "sting_upstream_failed")


async def test_a_redirect_is_not_followed(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(status=307, raw=b"", headers={"location": f"{gateway.backup.url}/v1/x"})
    status, headers, answer = await gateway.call(CHAT, chat())
    assert (status, json.loads(answer)["error"]["code"]) == (502, "sting_upstream_failed")
    assert "location" not in headers
    assert gateway.backup.requests == []


async def test_a_plain_answer_that_is_cut_raises(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=90)
    with pytest.raises(openai.InternalServerError) as raised:
        await gateway.client().chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert raised.value.code == "sting_upstream_failed"


async def whole_stream(gateway: Running) -> bytes:
    """A stream as the provider sends it."""
    await gateway.call(CHAT, chat(stream=True))
    async with gateway.http.post(gateway.provider.url + CHAT, data=gateway.provider.requests[-1].body) as direct:
        return await direct.read()


async def read(gateway: Running, text: list[str], model: str = "gpt-4o") -> None:
    """Collect what a stream says until it ends or breaks."""
    async for event in await gateway.client().chat.completions.create(model=model, messages=MESSAGES, stream=True):
        text += [event.choices[0].delta.content or ""]


async def test_a_stream_cut_anywhere_never_ends_cleanly(gateway: Running) -> None:
    stream = await whole_stream(gateway)
    positions = sorted({*range(60, len(stream) - 1, 97), stream.index(b"PERSON_") + 3, len(stream) - 14})
    for position in positions:
        gateway.provider.behaviour = Behaviour(cut_after=position)
        text: list[str] = []
        with pytest.raises(openai.APIError):
            await read(gateway, text)
        assert f"Write to {NAME}.".startswith("".join(text)), position


async def test_what_was_held_of_a_cut_stream_is_flushed_before_the_error(gateway: Running) -> None:
    pieces = ["Write to ", "PERSON"]
    events = [b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % piece.encode() for piece in pieces]
    raw = b"".join(events)
    gateway.provider.behaviour = Behaviour(
        raw=raw + b" " * 10, content_type="text/event-stream", cut_after=len(raw), headers={}
    )
    text: list[str] = []
    with pytest.raises(openai.APIError):
        await read(gateway, text)
    assert text == pieces


async def lines_of(answer: aiohttp.ClientResponse, lines: list[bytes]) -> None:
    """Collect the lines of an answer until it ends or breaks."""
    async for line in answer.content:
        lines.append(line)  # noqa: PERF401 - what came before the break counts


async def test_a_cut_stream_is_told_in_the_audit_and_the_metrics(gateway: Running) -> None:
    stream = await whole_stream(gateway)
    before = await gateway.metric("sting_requests_total", route=CHAT, outcome="cut", status="200")
    gateway.provider.behaviour = Behaviour(cut_after=len(stream) // 2)
    request = gateway.http.post(
        gateway.url + CHAT, json=chat(stream=True), headers={"Authorization": "Bearer sk-test-dev"}
    )
    async with request as answer:
        exchange = answer.headers["x-sting-exchange"]
        lines: list[bytes] = []
        with pytest.raises(aiohttp.ClientPayloadError):
            await lines_of(answer, lines)
    assert b'"sting_upstream_failed"' in lines[-2]
    assert b"data: [DONE]\n" not in lines
    event = await gateway.audit(exchange)
    assert (event["outcome"], event["status"]) == ("cut", 200)
    assert await gateway.metric("sting_requests_total", route=CHAT, outcome="cut", status="200") == before + 1


async def test_a_stream_of_garbage_never_ends_cleanly(gateway: Running) -> None:
    for raw in (b'data: {"choices": broken\n\n', b'data: {"choices":[{"delta":{"content":"no end'):
        gateway.provider.behaviour = Behaviour(raw=raw, content_type="text/event-stream")
        with pytest.raises((openai.APIError, json.JSONDecodeError)):
            await read(gateway, [])


@pytest.mark.parametrize("stream", [False, True])
async def test_the_fallback_answers_only_where_one_is_configured(
    gateway: Running,
    stream: bool,  # noqa: FBT001 - parameter
) -> None:
    gateway.provider.behaviour = Behaviour(status=503)
    status, _, answer = await gateway.call(CHAT, chat("with-fallback", stream=stream))
    assert status == 200
    assert NAME.encode() in answer
    assert [request.json["model"] for request in gateway.provider.requests] == ["first"]
    assert [request.json["model"] for request in gateway.backup.requests] == ["second"]
    gateway.begin()
    gateway.provider.behaviour = Behaviour(status=503)
    status, _, _ = await gateway.call(CHAT, chat(stream=stream))
    assert status == 503
    assert gateway.backup.requests == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_fault_of_the_request_asks_no_other_provider(gateway: Running, status: int) -> None:
    gateway.provider.behaviour = Behaviour(status=status)
    got, _, _ = await gateway.call(CHAT, chat("with-fallback"))
    assert got == status
    assert gateway.backup.requests == []


async def test_no_other_provider_is_asked_after_the_first_byte(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(cut_after=200)
    with pytest.raises(openai.APIError):
        await read(gateway, [], "with-fallback")
    assert gateway.backup.requests == []


async def test_when_all_fail_the_last_error_is_told(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(status=503)
    gateway.backup.behaviour = Behaviour(status=429, headers={"retry-after": "3"})
    status, headers, _ = await gateway.call(CHAT, chat("with-fallback"))
    assert (status, headers["retry-after"]) == (429, "3")


@pytest.mark.parametrize("stream", [False, True])
async def test_a_provider_that_quotes_its_key_in_an_error_tells_the_client_nothing(
    gateway: Running, *, stream: bool
) -> None:
    gateway.provider.behaviour = Behaviour(status=401, error_message="wrong key sk-provider-secret here")
    with pytest.raises(openai.AuthenticationError) as raised:
        await gateway.client().chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=stream)
    assert isinstance(raised.value.body, dict)
    assert raised.value.body["message"] == "wrong key *** here"
