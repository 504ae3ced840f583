"""What HTTP allows: packed bodies both ways, bombs, slow clients, HEAD and OPTIONS, 100-continue."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import sys
import zlib
from collections.abc import Callable
from urllib.parse import urlsplit

import brotli
import pytest
from aiohttp import ClientSession, web
from aiohttp.compression_utils import ZLibDecompressor

from policies.broken_requests import quotes_nothing
from policies.entity_types import ENTITY_TYPES
from tests.fake_provider import Behaviour
from tests.gateway_fixture import NewGateway, Running

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
BODY = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": f"Hi {NAME}"}]}).encode()
CHAT = "/v1/chat/completions"


@pytest.mark.parametrize("coding", PACK)
async def test_packed_requests_are_scrambled(gateway: Running, coding: str) -> None:
    status, _, answer = await gateway.call(CHAT, PACK[coding](BODY), headers={"Content-Encoding": coding})
    assert status == 200, answer
    assert NAME in json.loads(answer)["choices"][0]["message"]["content"]
    (request,) = gateway.provider.requests
    assert NAME.encode() not in request.raw
    assert b"PERSON_" in request.body
    assert request.header("content-encoding") is None


@pytest.mark.parametrize("coding", ["x-gzip", "compress", "gzip, br"])
async def test_other_codings_are_named_in_the_refusal(gateway: Running, coding: str) -> None:
    status, _, answer = await gateway.call(CHAT, gzip.compress(BODY), headers={"Content-Encoding": coding})
    assert status == 400
    assert "send gzip, deflate, br, zstd or none" in answer.decode()
    assert gateway.provider.requests == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("coding", PACK)
async def test_packed_answers_are_restored(gateway: Running, coding: str, *, stream: bool) -> None:
    await gateway.call(CHAT, BODY)
    token = json.loads(gateway.provider.requests[0].body)["messages"][-1]["content"].removeprefix("Hi ")
    if stream:
        chunk = {"id": "x", "choices": [{"index": 0, "delta": {"content": token}, "finish_reason": None}]}
        raw, kind = b"data: " + json.dumps(chunk).encode() + b"\n\ndata: [DONE]\n\n", "text/event-stream"
    else:
        raw = json.dumps({"choices": [{"index": 0, "message": {"role": "assistant", "content": token}}]}).encode()
        kind = "application/json"
    gateway.provider.behaviour = Behaviour(
        raw=PACK[coding](raw), headers={"Content-Encoding": coding, "Content-Type": kind}
    )
    status, headers, answer = await gateway.call(CHAT, BODY)
    assert status == 200
    assert NAME in answer.decode()
    assert "content-encoding" not in headers


@pytest.mark.parametrize("coding", PACK)
async def test_a_bomb_is_refused_and_costs_little(gateway: Running, coding: str) -> None:
    bomb = PACK[coding](b'{"a":"' + b" " * 20_000_000 + b'"}')
    assert len(bomb) < 1_000_000
    status, _, answer = await gateway.call(CHAT, bomb, headers={"Content-Encoding": coding})
    assert (status, json.loads(answer)["error"]["code"]) == (413, "sting_body_too_large")


@pytest.mark.parametrize(
    ("path", "key", "status"), [(CHAT, "sk-test-dev", 413), (CHAT, "sk-wrong", 401), ("/no/such/route", "", 404)]
)
async def test_a_bomb_is_not_unpacked_behind_the_answer(
    gateway: Running, monkeypatch: pytest.MonkeyPatch, path: str, key: str, status: int
) -> None:
    """Nobody reads the rest, so nobody needs it; without a key hardly anything is unpacked at all."""
    unpacked, unpack = 0, ZLibDecompressor.decompress_sync

    def counted(self: ZLibDecompressor, *args: int, **options: int) -> bytes:
        nonlocal unpacked
        out: bytes = unpack(self, *args, **options)  # type: ignore[arg-type]  # passed through
        unpacked += len(out)
        return out

    monkeypatch.setattr(ZLibDecompressor, "decompress_sync", counted)
    bomb = gzip.compress(b" " * 80_000_000, 1)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Encoding: gzip\r\n"
    sent = f"{head}Content-Type: application/json\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    reader, writer = await _talk(gateway, sent + bomb)
    assert (await reader.readline()).startswith(f"HTTP/1.1 {status} ".encode())
    with contextlib.suppress(ConnectionError):  # closed before all of it was taken
        await reader.read()
    writer.close()
    assert unpacked < (8_000_000 if status == 413 else 4_000_000)


@pytest.mark.parametrize("coding", [*PACK, "compress", "aes128gcm"])
async def test_what_is_not_what_it_says_is_refused(gateway: Running, coding: str) -> None:
    status, _, answer = await gateway.call(CHAT, b"\x00not packed at all", headers={"Content-Encoding": coding})
    assert status == 400, answer
    assert not gateway.provider.requests


async def test_the_gateways_own_routes_refuse_it_too(gateway: Running) -> None:
    status, _, answer = await gateway.call("/sting/v1/analyze", b"\x00not packed", headers={"Content-Encoding": "gzip"})
    assert status == 400, answer


async def _talk(gateway: Running, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(gateway.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def test_a_body_is_asked_for_when_the_client_waits(gateway: Running) -> None:
    head = (
        f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test-dev\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await _talk(gateway, head.encode())
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    writer.write(BODY)
    answer = await reader.read()
    assert b"200 OK" in answer
    assert NAME.encode() in answer
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("version", "more", "goes_on"),
    [("1.1", "", True), ("1.1", "Connection: close\r\n", False), ("1.0", "", False)],
)
async def test_an_answer_is_the_same_however_the_connection_goes_on(
    gateway: Running, version: str, more: str, *, goes_on: bool
) -> None:
    head = (
        f"POST {CHAT} HTTP/{version}\r\nHost: x\r\nAuthorization: Bearer sk-test-dev\r\n{more}"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    )
    times = 2 if goes_on else 1
    reader, writer = await _talk(gateway, (head.encode() + BODY) * times)
    async with asyncio.timeout(30):
        for _ in range(times):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
            assert first == f"HTTP/{version} 200 OK"
            assert NAME in json.loads(body)["choices"][0]["message"]["content"]
            assert {"date", "server", "x-sting-exchange", "x-sting-restored"} <= headers.keys()
            assert headers["content-type"].startswith("application/json")
        if not goes_on:
            assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


def _written(line: str, *more: str, body: bytes = BODY, length: bool = True) -> bytes:
    """A request as bytes."""
    lengths = [f"Content-Length: {len(body)}"] if length else []
    head = [line, "Host: x", "Authorization: Bearer sk-test-dev", "Content-Type: application/json", *more, *lengths]
    return "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1") + body


_CHUNKED = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
_MAIL = "m.okafor@example.com"


@pytest.mark.parametrize("line", [f"POST http://{_MAIL}{CHAT}?beta=true HTTP/1.1", f"POST {CHAT}?beta=true HTTP/1.1"])
async def test_a_whole_address_leaves_as_its_path(gateway: Running, line: str) -> None:
    reader, writer = await _talk(gateway, _written(line))
    assert b"200 OK" in await reader.read()
    (request,) = gateway.provider.requests
    assert request.target == f"{CHAT}?beta=true"
    assert _MAIL.encode() not in request.raw
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (_written(f"POST {CHAT} HTTP/1.1", "Transfer-Encoding: chunked", body=_CHUNKED, length=False), 200),
        (_written(f"POST {CHAT} HTTP/1.1", "Transfer-Encoding: chunked", body=_CHUNKED), 400),
        (_written(f"POST {CHAT} HTTP/1.1", "Transfer-Encoding: gzip", length=False), 400),
        (_written(f"POST {CHAT} HTTP/1.1", "Content-Length: 5"), 400),
        (_written(f"POST {CHAT} HTTP/1.1", "Content-Length: -1", length=False), 400),
        (_written(f"POST {CHAT} HTTP/1.1", f"User-Agent: a\r\n {_MAIL}"), 400),
        (_written(f"POST {CHAT}?{'a' * 20_000} HTTP/1.1"), 400),
        (_written(f"POST {CHAT} HTTP/1.1", f"X-Long: {'a' * 20_000}"), 400),
        (_written(f"POST {CHAT} HTTP/1.1", body=b'{"model":"m","x":' + b"[" * 9_999 + b"]" * 9_999 + b"}"), 400),
        (_written(f"POST {CHAT}#{_MAIL} HTTP/1.1"), 404),
        (_written(f"POST /v1/{_MAIL}/../chat/completions HTTP/1.1"), 404),
        (_written(f"POST {CHAT};{_MAIL} HTTP/1.1"), 404),
        (_written(f"PUT {CHAT} HTTP/1.1"), 404),
        (_written(f"POST {CHAT} HTTP/1.1", "Expect: 200-perhaps"), 417),
    ],
)
async def test_what_servers_differ_about_is_refused(gateway: Running, sent: bytes, status: int) -> None:
    reader, writer = await _talk(gateway, sent)
    answer = b""
    with contextlib.suppress(ConnectionError):  # who is refused before all was read may be cut off before the answer
        answer = await reader.read()
    assert (answer.split(maxsplit=2)[1] == str(status).encode()) if answer else status >= 400
    assert len(gateway.provider.requests) == (status == 200)
    assert _MAIL.encode() not in gateway.provider.bytes_seen
    writer.close()
    await writer.wait_closed()


_CHUNKS = "Transfer-Encoding: chunked"
_NO_HTTP = {
    "first line": f"{_MAIL} wrote\r\n\r\n".encode(),
    "method": _written(f"PO({_MAIL}) {CHAT} HTTP/1.1"),
    "version": _written(f"POST {CHAT} HTTP/{_MAIL}"),
    "address": _written(f"POST http://[{_MAIL}/x HTTP/1.1"),
    "path": _written(f"POST /v1/\xe9{_MAIL} HTTP/1.1"),
    "long path": _written(f"POST {CHAT}?{_MAIL * 1000} HTTP/1.1"),
    "name of a header": _written(f"POST {CHAT} HTTP/1.1", f"X {_MAIL}: 1"),
    "header": _written(f"POST {CHAT} HTTP/1.1", f"X-A: {_MAIL}\x01"),
    "long header": _written(f"POST {CHAT} HTTP/1.1", f"X-A: {_MAIL * 1000}"),
    "chunk": _written(f"POST {CHAT} HTTP/1.1", _CHUNKS, body=f"{_MAIL}\r\nxx".encode(), length=False),
    "expectation": _written(f"POST {CHAT} HTTP/1.1", f"Expect: {_MAIL}"),
    "every path": f"CONNECT {_MAIL}:443 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
}


@pytest.mark.parametrize("broken", _NO_HTTP)
async def test_what_is_no_http_is_not_repeated(gateway: Running, caplog: pytest.LogCaptureFixture, broken: str) -> None:
    caplog.set_level("DEBUG")
    reader, writer = await _talk(gateway, _NO_HTTP[broken])
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    answer = await reader.readexactly(length)
    assert head.split()[1] in (b"400", b"404", b"417")
    assert json.loads(answer)["error"]["code"] in ("sting_bad_request", "sting_unknown_route")
    assert _MAIL.encode() not in head + answer
    # asyncio's tell of the test's own writes; aiohttp's and ours are the gateway's.
    told = [caplog.handler.format(record) for record in caplog.records if record.name != "asyncio"]
    assert not [line for line in told if _MAIL in line or "Traceback" in line]
    assert not [record for record in caplog.records if record.levelname == "ERROR"], "anybody could fill the log"
    assert gateway.provider.requests == []
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("query", ["?beta=true", "?api-version=2024-06-01"])
async def test_a_harmless_query_changes_nothing(gateway: Running, query: str) -> None:
    status, _, answer = await gateway.call(CHAT + query, BODY)
    assert status == 200, answer
    assert NAME in json.loads(answer)["choices"][0]["message"]["content"]


async def test_slow_clients_are_let_go(new_gateway: NewGateway) -> None:
    async with new_gateway({"gateway.keep_alive_s": 0.3, "gateway.body_timeout_s": 0.3}) as gateway:
        async with asyncio.timeout(10):
            reader, writer = await _talk(gateway, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            assert await reader.read() == b"", "no head"
            writer.close()
            await writer.wait_closed()
            for path in (CHAT, "/sting/v1/analyze", "/api/show"):
                lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test-dev\r\n"
                reader, writer = await _talk(gateway, f"{lines}Content-Length: 99\r\n\r\n{{".encode())
                answer = await reader.readuntil(b"}")
                assert b"408" in answer, path
                assert b"sting_body_too_slow" in answer
                writer.close()
                await writer.wait_closed()


async def test_a_list_that_trickles_in_is_let_go(new_gateway: NewGateway) -> None:
    """A byte now and then is no pace, however often one comes; nothing of the list is kept."""
    async with new_gateway({"gateway.body_timeout_s": 0.4}) as gateway, asyncio.timeout(20):
        head = "PUT /sting/v1/values/staff HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-test-service\r\n"
        line = b'{"value": "Chidi Okafor", "entity_type": "PERSON"}\n'
        reader, writer = await _talk(gateway, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        answer = asyncio.create_task(reader.readuntil(b"}"))
        sent = 0
        while not answer.done():
            writer.write(b"1\r\n" + line[sent % len(line) :][:1] + b"\r\n")
            await writer.drain()
            sent += 1
            await asyncio.wait([answer], timeout=0.02)
        assert b" 408 " in answer.result()
        assert b"sting_body_too_slow" in answer.result()
        assert sent > 3, "it had not stopped"
        writer.close()
        assert (await gateway.call("/sting/v1/values/staff", key="service", method="GET"))[0] == 404


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/readyz", "/api/tags", "/"])
async def test_head_is_get_without_a_body(gateway: Running, path: str) -> None:
    status, headers, answer = await gateway.call(path, method="HEAD")
    assert (status, answer) == (200, b"")
    assert "content-type" in headers


@pytest.mark.parametrize(("path", "allowed"), [(CHAT, "OPTIONS, POST"), ("/v1/models", "GET, HEAD, OPTIONS")])
async def test_options_tell_methods_and_let_no_other_origin_in(gateway: Running, path: str, allowed: str) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    status, headers, answer = await gateway.call(path, method="OPTIONS", key=None, headers=origin)
    assert (status, answer, headers["allow"]) == (204, b"", allowed)
    assert not [name for name in headers if name.startswith("access-control")]
    assert (await gateway.call("/v1/nothing", method="OPTIONS", key=None))[0] == 404


async def test_a_handler_that_failed_tells_no_text_of_the_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(_: web.Request) -> web.Response:
        raise RuntimeError("m.okafor@example.com")

    app = web.Application()
    app.router.add_get("/", failing)
    runner = web.AppRunner(app)
    await runner.setup()
    quotes_nothing(runner.server)
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with ClientSession() as http, http.get(f"http://{host}:{port}/") as answer:
            assert answer.status == 500
            assert (await answer.json())["error"]["code"] == "sting_internal"
            assert "okafor" not in await answer.text()
    finally:
        await runner.cleanup()
    assert "okafor" not in caplog.text
    assert [record.fault for record in caplog.records if record.name == "policies.broken_requests"] == ["RuntimeError"]  # type: ignore[attr-defined]
