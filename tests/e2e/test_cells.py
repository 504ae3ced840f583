"""Every route of the application, plain and streamed, in every trouble: the caller's error shape, nothing leaks.

The table is compared with the application's own, so a new route has no place to hide.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from proxy.app import EXCHANGES, OLLAMA_EXCHANGES
from proxy.errors import VaultUnavailable
from proxy.multipart import read_form
from proxy.stored import ROUTES as STORED
from proxy.vault.base import Home
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

MAIL, CARD = "m.okafor@example.com", "4111 1111 1111 1111"
_TURN = [{"role": "user", "content": "@"}]
_ITEMS = [{"type": "message", "role": "user", "content": "@"}]
_MESSAGES = {"model": "claude/m", "max_tokens": 5, "messages": _TURN}
_QUESTION = {"type": "choice", "name": "q", "instructions": "Which?", "choices": [{"value": "@"}]}
_LINE = {"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "@"}}


@dataclass(frozen=True)
class Cell:
    """A request of a route; `form`: its fields make a form with a file."""

    path: str
    body: dict[str, Any] = field(default_factory=dict)
    form: str = ""

    def sent(self, text: str) -> tuple[object, dict[str, str]]:
        """Body and headers of the request that carries a text."""
        body = json.loads(json.dumps(self.body).replace("@", text))
        if not self.form:
            return body, {}
        parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in body.items()]
        content = json.dumps(_LINE).replace("@", text) if self.path == "/v1/files" else "a file"
        parts += [f'--b\r\nContent-Disposition: form-data; name="{self.form}"; filename="x"\r\n\r\n{content}']
        return "\r\n".join([*parts, "--b--"]).encode(), {"Content-Type": "multipart/form-data; boundary=b"}


def streamed(cell: Cell) -> Cell:
    """The same request with a streamed answer."""
    return Cell(cell.path, cell.body | {"stream": "true" if cell.form else True}, cell.form)


PLAIN = {
    cell.path: cell
    for cell in (
        Cell("/v1/chat/completions", {"model": "m", "messages": _TURN}),
        Cell("/v1/completions", {"model": "m", "prompt": "@"}),
        Cell("/v1/embeddings", {"model": "m", "input": "@"}),
        Cell("/v1/moderations", {"input": "@"}),
        Cell("/v1/responses", {"model": "m", "input": "@"}),
        Cell("/v1/responses/input_tokens", {"model": "m", "input": "@"}),
        Cell("/v1/responses/compact", {"model": "m", "input": _ITEMS}),
        Cell("/v1/conversations", {"items": _ITEMS}),
        Cell("/v1/conversations/conv_cell1", {"metadata": {"a": "@"}}),
        Cell("/v1/conversations/conv_cell1/items", {"items": _ITEMS}),
        Cell("/v1/decisions", {"model": "m", "input": "@", "questions": [_QUESTION]}),
        Cell("/v1/images/generations", {"model": "m", "prompt": "@"}),
        Cell("/v1/images/edits", {"model": "m", "prompt": "@"}, "image"),
        Cell("/v1/images/variations", {"model": "m", "user": "@"}, "image"),
        Cell("/v1/audio/speech", {"model": "m", "voice": "alloy", "input": "@"}),
        Cell("/v1/audio/transcriptions", {"model": "m", "prompt": "@"}, "file"),
        Cell("/v1/audio/translations", {"model": "m", "prompt": "@"}, "file"),
        Cell("/v1/messages", _MESSAGES),
        Cell("/v1/messages/count_tokens", _MESSAGES),
        Cell("/v1/messages/batches", {"requests": [{"custom_id": "a", "params": _MESSAGES}]}),
        Cell("/v1/batches", {"input_file_id": "file-cell1", "endpoint": "/v1/responses", "metadata": {"a": "@"}}),
        Cell("/v1/files", {"purpose": "batch"}, "file"),
        Cell("/v1/chat/completions/chatcmpl-cell1", {"metadata": {"a": "@"}}),
        Cell("/v1/vector_stores", {"name": "@"}),
        Cell("/v1/vector_stores/vs_cell1", {"name": "@"}),
        Cell("/v1/vector_stores/vs_cell1/search", {"query": "@"}),
        Cell("/v1/vector_stores/vs_cell1/files", {"file_id": "file-cell1", "attributes": {"a": "@"}}),
        Cell("/v1/vector_stores/vs_cell1/files/file-cell1", {"attributes": {"a": "@"}}),
        Cell("/v1/vector_stores/vs_cell1/file_batches", {"file_ids": ["file-cell1"], "attributes": {"a": "@"}}),
        Cell("/api/chat", {"model": "llama/m", "messages": _TURN, "stream": False}),
        Cell("/api/generate", {"model": "llama/m", "prompt": "@", "stream": False}),
        Cell("/api/embed", {"model": "llama/m", "input": ["@"]}),
        Cell("/api/embeddings", {"model": "llama/m", "prompt": "@"}),
    )
}
STREAMS = (
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/audio/transcriptions",
    "/v1/messages",
    "/api/chat",
    "/api/generate",
)
CELLS = {**PLAIN, **{f"{path} streamed": streamed(PLAIN[path]) for path in STREAMS}}
_OTHERS = (
    *(("/v1/chat/completions", model) for model in ("claude/m", "native/m", "llama/m")),
    *(("/v1/responses", model) for model in ("claude/m", "native/m", "vllm/m")),
    ("/v1/messages", "llama/m"),
)
TRANSLATED = {
    f"{path} to {model}{' streamed' if stream else ''}": Cell(
        path, PLAIN[path].body | {"model": model, "stream": stream}
    )
    for path, model in _OTHERS
    for stream in (False, True)
}
"""Requests of one API for providers of another, or of one that takes more APIs than its own."""
ALL = CELLS | TRANSLATED
IDS = {
    "/responses": "resp_cell1",
    "/conversations": "conv_cell1",
    "/batches": "batch_cell1",
    "/files": "file-cell1",
    "/messages": "msgbatch_cell1",
    "/vector_stores": "vs_cell1",
    "/chat": "chatcmpl-cell1",
}
"""An id that the gateway knows, by the beginning of its route."""
cells = pytest.mark.parametrize("name", ALL)
stored = pytest.mark.parametrize("route", STORED, ids=lambda route: f"{route.method} {route.path}")


async def test_the_table_names_every_route() -> None:
    routes = {f"/v1{path}" for path in EXCHANGES} | OLLAMA_EXCHANGES.keys() | {"/v1/files"}
    named = {path.replace("{object}", _id(path.removeprefix("/v1"))).replace("{item}", "file-cell1") for path in routes}
    assert named == PLAIN.keys()
    assert all(any(route.path.startswith(start) for start in IDS) for route in STORED)
    served = {("POST", path) for path in routes} | {(route.method, f"/v1{route.path}") for route in STORED}
    coverage = (Path(__file__).parents[2] / "docs" / "api-coverage.md").read_text()
    named_there = set(re.findall(r"\| ([A-Z]+) \| `(/[^`]+)` \| (?:full|mask-only) \|", coverage))
    assert named_there - served == SOCKETS
    assert served <= named_there


SOCKETS = {("GET", "/v1/responses"), ("GET", "/v1/realtime")}
"""Their cells are in test_sockets.py."""


def _id(path: str) -> str:
    return next((name for start, name in IDS.items() if path.startswith(start)), "")


def code_of(path: str, answer: bytes) -> str:
    """Our code, out of an error in the shape of the route's API; it never quotes what was sent."""
    for value in (MAIL, CARD, "okafor", "4111"):
        assert value not in answer.decode()
    told = json.loads(answer)
    if path.startswith("/api/"):
        assert set(told) == {"error", "code"}
        return str(told["code"])
    if path.startswith("/v1/messages"):
        assert told["type"] == "error"
        assert {"type", "message"} <= set(told["error"])
    else:
        assert set(told) == {"error"}
        assert set(told["error"]) == {"message", "type", "param", "code"}
    return str(told["error"]["code"])


async def known(gateway: Running) -> None:
    """Have the gateway know the objects of `IDS` as those of the key `dev`."""
    services = gateway.gateway.services
    principal = await services.keys.authenticate("sk-test-dev")
    assert principal is not None
    for name in IDS.values():
        home = Home("claude" if name.startswith("msgbatch") else "fake", ("cell",))
        await services.objects.link(principal.tenant, principal.owner, [name], home, 60)


async def called(
    gateway: Running, name: str, text: str, policy: str = "seeing"
) -> tuple[int, dict[str, str], bytes, bool]:
    """Status, headers and body of an answer, and whether it ended as it should."""
    await known(gateway)
    body, more = ALL[name].sent(text)
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Authorization": "Bearer sk-test-dev", "X-Sting-Policy": policy, **more}
    return await read(gateway, "POST", ALL[name].path, headers=headers, **sent)


async def read(gateway: Running, method: str, path: str, **more: Any) -> tuple[int, dict[str, str], bytes, bool]:
    got, ended_well = b"", True
    async with gateway.http.request(method, gateway.url + path, **more) as answer:
        try:
            async for chunk in answer.content.iter_any():
                got += chunk
        except (OSError, ValueError, aiohttp.ClientError):
            ended_well = False
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, got, ended_well


@cells
async def test_what_the_policy_blocks(gateway: Running, name: str) -> None:
    status, headers, answer, _ = await called(gateway, name, f"My card is {CARD}.", "seeing-blocker")
    assert (status, code_of(name, answer)) == (403, "sting_blocked")
    assert headers["x-should-retry"] == "false"
    assert gateway.provider.requests == []


@cells
async def test_detection_is_down(gateway: Running, name: str) -> None:
    assert gateway.detector is not None
    gateway.detector.fails = True
    status, _, answer, _ = await called(gateway, name, f"Mail {MAIL} now, {name.replace('/', ' ')} cell")
    assert (status, code_of(name, answer)) == (503, "sting_detector_unavailable")
    assert gateway.provider.requests == []


@pytest.fixture
def no_vault(gateway: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vault stores nothing."""

    async def down(*_: object) -> None:
        raise VaultUnavailable("The vault cannot be used.")

    monkeypatch.setattr(type(gateway.gateway.services.vault), "store", down)


@cells
@pytest.mark.usefixtures("no_vault")
async def test_the_vault_is_down(gateway: Running, name: str) -> None:
    status, _, answer, _ = await called(gateway, name, f"Mail {MAIL}")
    assert (status, code_of(name, answer)) == (503, "sting_vault_unavailable")
    assert gateway.provider.requests == []


@cells
async def test_the_provider_is_cut_off(gateway: Running, name: str) -> None:
    as_it_comes = name.endswith("streamed") or name == "/v1/audio/speech"
    gateway.provider.behaviour = Behaviour(raw=None if as_it_comes else b'{"id":"x","object":"y"}', cut_after=10)
    status, _, answer, ended_well = await called(gateway, name, f"Mail {MAIL} as often as you can, and then some more.")
    assert MAIL.encode() not in gateway.provider.bytes_seen
    if name.endswith("streamed"):
        assert (status, ended_well) == (200, False)
        assert b"sting_upstream_failed" in answer
    elif name == "/v1/audio/speech":
        assert (status, ended_well) == (200, False)
    else:
        assert (status, code_of(name, answer)) == (502, "sting_upstream_failed")


@pytest.mark.parametrize("name", CELLS)
async def test_with_detection_off_the_same_bytes_leave(gateway: Running, name: str) -> None:
    """But for the model under its provider's prefix; a form keeps its fields and files, not its boundary."""
    assert gateway.detector is not None
    gateway.detector.words = {"nothing of all this": "PERSON"}
    gateway.provider.behaviour = Behaviour(raw=b'{"id":"x"}')
    await known(gateway)
    body, more = CELLS[name].sent(f"Mail {MAIL} \u00e9 now")
    sent = body if isinstance(body, bytes) else json.dumps(body, indent=1, ensure_ascii=False).encode()
    kept = {
        "user-agent": "Odd/1.0",
        "content-type": "application/json; charset=utf-8",
        "idempotency-key": "k-1",
        **more,
    }
    headers = {"Authorization": "Bearer sk-test-dev", "X-Sting-Policy": "seeing"} | kept
    status, _, answer, _ = await read(gateway, "POST", f"{CELLS[name].path}?beta=true", headers=headers, data=sent)
    assert status == 200, answer
    (request,) = gateway.provider.requests
    assert request.method == "POST"
    assert request.target == CELLS[name].path + ("" if CELLS[name].path == "/v1/files" else "?beta=true")
    if CELLS[name].form:
        left = read_form(request.header("content-type") or "", request.body)
        assert left[:-1] == read_form(more["Content-Type"], sent)[:-1]
        assert left[-1].content == read_form(more["Content-Type"], sent)[-1].content
    else:
        assert request.body == sent.replace(b'"llama/m"', b'"m"').replace(b'"claude/m"', b'"m"')
        assert {header: request.header(header) for header in kept} == kept


async def asked_again(gateway: Running, route: Any, query: str = "") -> tuple[int, dict[str, str], bytes, bool]:
    await known(gateway)
    path = route.path.replace("{object}", _id(route.path)).replace("{item}", "msg_cell1") + query
    return await read(gateway, route.method, f"/v1{path}", headers={"Authorization": "Bearer sk-test-dev"})


@stored
@pytest.mark.usefixtures("no_vault")
async def test_the_vault_is_down_for_what_is_stored(gateway: Running, route: Any) -> None:
    status, _, answer, _ = await asked_again(gateway, route)
    assert (status, code_of(f"/v1{route.path}", answer)) == (503, "sting_vault_unavailable")
    assert gateway.provider.requests == []


@stored
async def test_the_provider_is_cut_off_for_what_is_stored(gateway: Running, route: Any) -> None:
    gateway.provider.behaviour = Behaviour(raw=b'{"id":"x","object":"y"}', cut_after=10)
    status, _, answer, ended_well = await asked_again(gateway, route)
    if route.lines:
        assert (status, ended_well) == (200, False)
        assert b"sting_upstream_failed" in answer
    else:
        assert (status, code_of(f"/v1{route.path}", answer)) == (502, "sting_upstream_failed")


@pytest.mark.parametrize("query", ["?stream=true", "?stream=true&starting_after=1"])
async def test_a_stored_response_that_is_streamed(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    route = next(one for one in STORED if (one.method, one.path) == ("GET", "/responses/{object}"))
    events = "".join(
        f'data: {{"type":"response.output_text.delta","sequence_number":{number},"delta":"so"}}\n\n'
        for number in range(9)
    )
    gateway.provider.behaviour = Behaviour(raw=events.encode(), content_type="text/event-stream", cut_after=400)
    status, _, answer, ended_well = await asked_again(gateway, route, query)
    assert (status, ended_well) == (200, False)
    assert b"sting_upstream_failed" in answer
    gateway.provider.requests.clear()

    async def down(*_: object) -> None:
        raise VaultUnavailable("The vault cannot be used.")

    monkeypatch.setattr(type(gateway.gateway.services.vault), "store", down)
    status, _, answer, _ = await asked_again(gateway, route, query)
    assert (status, code_of("/v1/responses", answer)) == (503, "sting_vault_unavailable")
    assert gateway.provider.requests == []
