"""OpenAI's Responses and Realtime APIs over a WebSocket: scrambled and restored event by event, audio never."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from proxy import sockets
from proxy.errors import BudgetExceeded, VaultUnavailable
from proxy.upstream.base import Provider, ProviderFailed, UpstreamRequest
from proxy.upstream.sockets import open_socket
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, CARD = "Margaret Okafor", "4111 1111 1111 1111"
ENDS = ("response.completed", "response.done", "error")
RESPONSES, REALTIME = "/v1/responses", "/v1/realtime?model=gpt-realtime"


@dataclass
class Talk:
    """A client's end of a connection."""

    socket: aiohttp.ClientWebSocketResponse

    async def say(self, **event: Any) -> None:
        await self.socket.send_str(json.dumps(event))

    async def hear(self) -> list[dict[str, Any]]:
        """Events up to one that ends a response, or the connection."""
        heard: list[dict[str, Any]] = []
        async with asyncio.timeout(30):
            while not heard or heard[-1]["type"] not in ENDS:
                message = await self.socket.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                heard.append(json.loads(message.data))
        return heard

    async def closed(self) -> int | None:
        """The code that the connection is closed with."""
        async with asyncio.timeout(30):
            while not self.socket.closed:
                await self.socket.receive()
        return self.socket.close_code


@asynccontextmanager
async def talking(gateway: Running, path: str, policy: str = "sockets", key: str = "dev") -> AsyncIterator[Talk]:
    headers = {"Authorization": f"Bearer sk-test-{key}", "X-Sting-Policy": policy, "X-Customer": NAME}
    async with gateway.http.ws_connect(gateway.url + path, headers=headers) as socket:
        yield Talk(socket)
    await gateway.settled()


def nothing_leaked(gateway: Running) -> None:
    assert gateway.provider.requests
    for original in (NAME, "Okafor", CARD, "sk-test"):
        assert original.encode() not in gateway.provider.bytes_seen


def spoken(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


@pytest.mark.parametrize("piece", [1, 5])
async def test_responses_are_restored_event_by_event(gateway: Running, piece: int) -> None:
    gateway.provider.behaviour = Behaviour(piece=piece)
    async with talking(gateway, RESPONSES) as talk:
        await talk.say(type="response.create", model="alias", input=f"I am {NAME}", instructions=f"Serve {NAME}.")
        events = await talk.hear()
        assert spoken(events) == f"I am {NAME}"
        done = events[-1]["response"]
        assert (done["output"][-1]["content"][0]["text"], done["instructions"]) == (f"I am {NAME}", f"Serve {NAME}.")
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        text = {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}}
        gateway.provider.behaviour = Behaviour(piece=piece, text=json.dumps({"a": _token(gateway)}))
        again = {"input": "Who am I?", "previous_response_id": done["id"], "text": text}
        await talk.say(type="response.create", model="alias", **again)
        assert json.loads(spoken(await talk.hear())) == {"a": NAME}
    sent = [json.loads(request.body) for request in gateway.provider.requests if request.method == "WS"]
    assert {event["model"] for event in sent} == {"real-model"}
    assert gateway.provider.requests[0].header("authorization") == "Bearer sk-provider-secret"
    nothing_leaked(gateway)


def _token(gateway: Running) -> str:
    return re.findall(r"PERSON_[0-9A-Z]{8}", gateway.provider.bytes_seen.decode())[0]


async def test_a_stored_response_of_a_socket_is_restored_over_http(gateway: Running) -> None:
    async with talking(gateway, RESPONSES) as talk:
        await talk.say(type="response.create", model="gpt-5", input=f"I am {NAME}")
        name = (await talk.hear())[-1]["response"]["id"]
    _, _, body = await gateway.call(f"{RESPONSES}/{name}", method="GET")
    assert json.loads(body)["output"][-1]["content"][0]["text"] == f"I am {NAME}"
    status, _, _ = await gateway.call(f"{RESPONSES}/{name}", method="GET", key="stranger")
    assert status == 404


async def test_a_long_connection_restores_from_the_sessions_that_were_named_last(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[str, ...]] = []
    keep = sockets.keep_home

    async def keep_home(services: Any, run: Any, home: Any, ids: Any) -> None:
        kept.append(home.sessions)
        await keep(services, run, home, ids)

    monkeypatch.setattr(sockets, "MOST_SESSIONS", 2)
    monkeypatch.setattr(sockets, "keep_home", keep_home)
    answers = [await gateway.call(RESPONSES, {"model": "gpt-5", "input": f"{n}: {NAME}"}) for n in range(4)]
    names = [json.loads(body)["id"] for _, _, body in answers]
    async with talking(gateway, RESPONSES) as talk:
        for name in names:
            await talk.say(type="response.create", model="gpt-5", input="Who?", previous_response_id=name)
            assert (await talk.hear())[-1]["type"] == "response.completed"
    assert [len(sessions) for sessions in dict.fromkeys(kept)] == [2, 3, 3, 3]
    assert kept[-1][0] == kept[0][0]  # the connection's own
    assert kept[-1][2] == next(sessions for sessions in reversed(kept) if sessions != kept[-1])[1]


async def test_what_one_user_may_spend_counts_on_a_socket_too(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    users: list[str] = []

    async def admit_user(_limiter: Any, _principal: Any, user: str, _exchange: str) -> None:
        users.append(user)
        raise BudgetExceeded("What one user of this key may spend is used up.")

    monkeypatch.setattr(type(gateway.gateway.services.limiter), "admit_user", admit_user)
    async with talking(gateway, RESPONSES) as talk:
        await talk.say(type="response.create", model="m", input="Hello", user=NAME)
        assert (await talk.hear())[-1]["error"]["code"] == "sting_budget_exceeded"
    assert len(users[0]) == 24
    assert [request.method for request in gateway.provider.requests].count("WS") == 0


async def test_a_provider_that_leads_elsewhere_is_not_followed() -> None:
    """Its key and all that is said would go along."""
    came: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        came.append(request.path)
        if request.path == "/v1/realtime":
            raise web.HTTPTemporaryRedirect("/elsewhere")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        return socket

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        provider = Provider("house", "azure_openai", address, api_key="sk-house", local=True)
        with pytest.raises(ProviderFailed):
            await open_socket(provider, UpstreamRequest("GET", "/v1/realtime"))
    finally:
        await runner.cleanup()
    assert came == ["/v1/realtime"]


async def test_realtime_text_is_restored_event_by_event(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(piece=2)
    async with talking(gateway, REALTIME) as talk:
        settings = {"type": "realtime", "output_modalities": ["text"], "instructions": f"Serve {NAME}."}
        await talk.say(type="session.update", session=settings)
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": f"I am {NAME}"}]}
        await talk.say(type="conversation.item.create", item=item)
        await talk.say(type="response.create")
        events = await talk.hear()
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["session.created", "session.updated", "conversation.item.done"]
    assert events[1]["session"]["instructions"] == f"Serve {NAME}."
    assert events[2]["item"]["content"][0]["text"] == f"I am {NAME}"
    assert spoken(events) == f"I am {NAME}"
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == f"I am {NAME}"
    assert gateway.provider.requests[0].target == REALTIME
    nothing_leaked(gateway)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "input_audio_buffer.append", "audio": "b2thZm9y"},
        {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["audio"]}},
        {"type": "response.create", "response": {"output_modalities": ["text", "audio"]}},
        {"type": "conversation.item.create", "item": {"content": [{"type": "input_audio", "audio": "b2thZm9y"}]}},
        {"type": "conversation.item.create", "item": {"content": [{"type": "x", "audio": "b2thZm9y"}]}},
        {"type": "an.event.of.tomorrow", "text": NAME},
        {"type": "conversation.item.create", "item": {"content": [{"type": "input_image", "image_url": "data:,x"}]}},
    ],
)
async def test_audio_and_unknown_events_do_not_pass(gateway: Running, event: dict[str, Any]) -> None:
    async with talking(gateway, REALTIME) as talk:
        await talk.say(**event)
        *_, refused = await talk.hear()
        assert refused["error"]["code"] in {"sting_bad_request", "sting_unscannable"}
        assert "okafor" not in json.dumps(refused).lower()
    assert [request.method for request in gateway.provider.requests] == ["GET"]


async def test_a_provider_that_speaks_ends_the_connection(gateway: Running) -> None:
    gateway.provider.behaviour = Behaviour(text="speak")
    async with talking(gateway, REALTIME) as talk:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
        await talk.say(type="conversation.item.create", item=item)
        await talk.say(type="response.create")
        events = await talk.hear()
        assert "output_modalities" in events[-1]["error"]["message"]
        assert await talk.closed() == 1011


@pytest.mark.parametrize(("path", "code"), [(RESPONSES, "sting_blocked"), (REALTIME, "sting_blocked")])
async def test_what_the_policy_blocks_does_not_leave(gateway: Running, path: str, code: str) -> None:
    async with talking(gateway, path, "sockets-blocker") as talk:
        await talk.say(type="response.create", **_asked(path, f"Card {CARD}"))
        *_, refused = await talk.hear()
        assert refused["error"]["code"] == code
        await talk.say(type="response.create", **_asked(path, "No card"))
        assert (await talk.hear())[-1]["type"] != "error"
    nothing_leaked(gateway)


def _asked(path: str, text: str) -> dict[str, Any]:
    if path == RESPONSES:
        return {"model": "m", "input": text}
    return {"response": {"instructions": text}}


@pytest.mark.parametrize("path", [RESPONSES, REALTIME])
async def test_without_detection_or_vault_nothing_leaves(
    gateway: Running, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gateway.detector

    async def down(*_: object) -> None:
        raise VaultUnavailable("The vault cannot be used.")

    async with talking(gateway, path) as talk:
        gateway.detector.fails = True
        await talk.say(type="response.create", **_asked(path, f"{path[4:9]} of {NAME}"))
        assert (await talk.hear())[-1]["error"]["code"] == "sting_detector_unavailable"
        gateway.detector.fails = False
        monkeypatch.setattr(type(gateway.gateway.services.vault), "store", down)
        await talk.say(type="response.create", **_asked(path, f"{path[4:9]} of {NAME}"))
        assert (await talk.hear())[-1]["error"]["code"] == "sting_vault_unavailable"
    assert [request.method for request in gateway.provider.requests].count("WS") == 0


async def test_a_provider_that_breaks_off_is_told(gateway: Running) -> None:
    async with talking(gateway, RESPONSES) as talk:
        gateway.provider.behaviour = Behaviour(text="close")
        await talk.say(type="response.create", model="m", input="Hello")
        events = await talk.hear()
        assert events[-1]["error"]["code"] == "sting_upstream_failed"
        assert await talk.closed() == 1011


async def test_events_stand_in_the_audit_with_their_usage(gateway: Running) -> None:
    async with talking(gateway, RESPONSES) as talk:
        await talk.say(type="response.create", model="audited-by-socket", input=f"Audited {NAME}")
        await talk.hear()
    rows: list[dict[str, Any]] = []
    async with asyncio.timeout(30):
        while not rows:
            _, _, body = await gateway.call("/sting/v1/exchanges?model=audited-by-socket", method="GET")
            rows = [row for row in json.loads(body)["exchanges"] if row["outcome"] == "ok"]
            await asyncio.sleep(0.01)
    (row,) = rows
    assert (row["route"], row["provider"], row["tokens_in"]) == (RESPONSES, "fake", 11)
    assert row["entities"]
    assert row["restored"] > 0


@pytest.mark.parametrize(
    ("policy", "key", "path", "status"),
    [
        ("balanced", "dev", RESPONSES, 403),
        ("balanced", "dev", REALTIME, 403),
        ("sockets", "unknown", RESPONSES, 401),
        ("sockets", "stranger", RESPONSES, 403),
        ("sockets", "dev", "/v1/realtime?model=m&user=okafor", 400),
        ("sockets", "dev", "/v1/realtime?model=refused/m", 502),
        ("sockets", "dev", "/v1/chat/completions", 403),
    ],
)
async def test_upgrades_that_are_refused(gateway: Running, policy: str, key: str, path: str, status: int) -> None:
    headers = {"Authorization": f"Bearer sk-test-{key}", "X-Sting-Policy": policy}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await gateway.http.ws_connect(gateway.url + path, headers=headers)
    assert refused.value.status == status
    assert gateway.provider.requests == []


@pytest.mark.parametrize("gone", [True, False])
async def test_an_event_that_never_left_is_accounted_too(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    """A client that goes while its event is looked at, and a fault of ours: the key's place is free again."""
    looked_at, told = asyncio.Event(), asyncio.Event()
    accounted: list[Any] = []

    def account(_services: object, turn: Any) -> None:
        accounted.append(turn)
        told.set()

    async def scramble(*_: Any) -> None:
        looked_at.set()
        if not gone:
            raise RuntimeError(NAME)
        await asyncio.Event().wait()

    monkeypatch.setattr(sockets, "scramble", scramble)
    monkeypatch.setattr(sockets, "account", account)
    async with talking(gateway, RESPONSES) as talk:
        await talk.say(type="response.create", model="alias", input=f"I am {NAME}")
        async with asyncio.timeout(10):
            await looked_at.wait()
            if gone:
                connection = talk.socket._response.connection
                assert connection is not None
                assert connection.transport is not None
                connection.transport.abort()
            await told.wait()
    assert [turn.outcome for turn in accounted] == ["client_gone" if gone else "failed"]
