"""The connector of HTTP APIs against a real server on this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors import http_client
from connectors.base import ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.registry import open_connector
from tests.connector_contract import ROWS, ConnectorContract, people

LOOPBACK = Boundaries(private_networks=(ipaddress.ip_network("127.0.0.0/8"),))
TOKEN = "t0ken-s3cret"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]
PEOPLE = json.loads(json.dumps(people(), default=str))


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        servers.append(TestServer(app, host="127.0.0.1"))
        await servers[-1].start_server()
        return str(servers[-1].make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


async def api(request: web.Request) -> web.StreamResponse:
    """An API with every kind of paging, that wants a token."""
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return web.json_response({"error": TOKEN}, status=401)
    if request.path == "/nobody":
        return web.json_response({"data": [], "total": 0})
    start = int(request.query.get("offset", 0)) or int(request.query.get("cursor", 0))
    start = start or (int(request.query.get("page", 1)) - 1) * 100
    page = PEOPLE[start : start + 100]
    more = start + 100 if start + 100 < ROWS else None
    body = {"data": page, "total": ROWS, "next": more, "link": more and f"/people?offset={more}"}
    headers = {"Link": f'</people?offset={more}>; rel="next"'} if more else {}
    return web.json_response(body, headers=headers)


PAGING = [
    {"kind": "page"},
    {"kind": "offset"},
    {"kind": "cursor", "next": "next"},
    {"kind": "next", "next": "link"},
    {"kind": "link"},
]


class TestHttpConnector(ConnectorContract):
    kind = "http"
    boundaries = LOOPBACK

    @pytest.fixture(params=PAGING, ids=lambda paging: str(paging["kind"]))
    async def config(self, serve: Serve, request: pytest.FixtureRequest) -> dict[str, Any]:
        columns = {name: name for name in PEOPLE[0]}
        lists = [
            {"name": name, "path": f"/{name}", "records": "data", "total": "total", "columns": columns}
            for name in ("people", "nobody")
        ]
        lists[0]["paging"] = request.param
        auth = {"kind": "bearer", "token": TOKEN}
        return {"base_url": await serve(api), "resources": lists, "auth": auth, "requests_per_second": 1000}


async def read(url: str, boundaries: Boundaries = LOOPBACK, **config: Any) -> list[dict[str, Any]]:
    resource = {"name": "x", "path": "/x", **config.pop("resource", {})}
    whole = {"base_url": url, "resources": [resource], "requests_per_second": 1000, "timeout_s": 5, **config}
    connector = open_connector("http", whole, boundaries)
    return [row async for batch in connector.read(Reading("x")) for row in batch.frame.to_dicts()]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9", "https://127.0.0.1", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]",
        "https://[fd00:ec2::254]", "https://localhost", "https://[::ffff:169.254.169.254]", "https://0.0.0.0",
        "https://[64:ff9b::a9fe:a9fe]", "https://100.100.100.200", "https://224.0.0.1", "https://2130706433",
        "https://0x7f000001", "https://127.1", "http://93.184.216.34",
    ],
)  # fmt: skip
async def test_private_reserved_and_unencrypted_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConnectorProblem) as caught:
        await read(url, Boundaries())
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "https://10.1.2.3/"]
)
async def test_a_redirect_to_a_metadata_or_private_address_is_refused(serve: Serve, target: str) -> None:
    async def redirects(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    with pytest.raises(ConnectorProblem) as caught:
        await read(await serve(redirects))
    assert caught.value.code == "forbidden"


async def test_metadata_is_refused_even_where_the_operator_named_the_network() -> None:
    named = Boundaries(private_networks=(ipaddress.ip_network("169.254.0.0/16"),))
    with pytest.raises(ConnectorProblem) as caught:
        await read("https://169.254.169.254", named)
    assert caught.value.code == "forbidden"


async def test_a_redirect_or_next_address_to_another_origin_gets_no_credentials(serve: Serve) -> None:
    seen: list[dict[str, str]] = []

    async def other(request: web.Request) -> web.Response:
        seen.append({**request.headers, **request.query})
        return web.json_response([{"a": 1}])

    elsewhere = await serve(other)

    async def redirects(request: web.Request) -> web.Response:
        assert request.headers["Authorization"].endswith(TOKEN)
        raise web.HTTPFound(f"{elsewhere}/y")

    config = {"auth": {"kind": "bearer", "token": TOKEN}, "headers": {"X-More": TOKEN}}
    assert await read(await serve(redirects), **config) == [{"a": 1}]
    assert TOKEN not in str(seen)


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        ({"kind": "basic", "user": "u", "password": "p"}, "Basic dTpw"),
        ({"kind": "api_key", "name": "X-K", "value": TOKEN}, TOKEN),
        ({"kind": "api_key", "name": "k", "value": TOKEN, "place": "query"}, TOKEN),
        ({"kind": "oauth2", "token_url": "URL/token", "client_id": "c", "client_secret": "s"}, "Bearer fresh"),
    ],
)
async def test_kinds_of_authentication(serve: Serve, auth: dict[str, str], wanted: str) -> None:
    async def guarded(request: web.Request) -> web.Response:
        if request.path == "/token":
            assert (await request.post())["grant_type"] == "client_credentials"
            return web.json_response({"access_token": "fresh"})
        given = request.headers.get("Authorization") or request.headers.get("X-K") or request.query.get("k")
        return web.json_response([{"ok": given == wanted}])

    url = await serve(guarded)
    assert await read(url, auth={name: text.replace("URL", url) for name, text in auth.items()}) == [{"ok": True}]


async def test_busy_answers_and_lost_connections_are_tried_again(serve: Serve) -> None:
    asked = 0

    async def busy(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        if asked == 1:
            return web.Response(status=429, headers={"Retry-After": "0"})
        if asked == 2:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response([{"a": asked}])

    assert await read(await serve(busy)) == [{"a": 3}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>", "unreadable"),
        (b'{"a": 1}', "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'["' + b"x" * (70 << 20) + b'"]', "too_large"),
    ],
    ids=["html", "no list", "deep", "too long"],
)
async def test_a_hostile_answer_is_told(serve: Serve, body: bytes, code: str) -> None:
    async def answers(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    with pytest.raises(ConnectorProblem) as caught:
        await read(await serve(answers), timeout_s=20)
    assert caught.value.code == code


@pytest.mark.parametrize("bytes_come", [False, True], ids=["silent", "drop by drop"])
async def test_a_slow_server_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch, *, bytes_come: bool) -> None:
    monkeypatch.setattr(http_client, "TRIES", 1)
    given_up = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        while bytes_come and not given_up.is_set():
            if not answer.prepared:
                await answer.prepare(request)
            await answer.write(b" ")
            await asyncio.sleep(0.01)
        await given_up.wait()
        return answer

    try:
        with pytest.raises(ConnectorProblem) as caught:
            await read(await serve(slow), timeout_s=0.2)
    finally:
        given_up.set()
    assert (caught.value.code, caught.value.retryable) == ("timeout", True)


async def test_a_connection_lost_at_any_page_is_told_with_what_came_before(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "TRIES", 1)
    lost = 0

    async def breaks(request: web.Request) -> web.StreamResponse:
        start = int(request.query.get("offset", 0))
        if start == lost:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(PEOPLE[start : start + 300])

    url = await serve(breaks)
    paging = {"name": "x", "path": "/x", "paging": {"kind": "offset"}}
    rows: list[int] = []

    async def read_all() -> None:
        config = {"base_url": url, "resources": [paging], "requests_per_second": 1000, "timeout_s": 5}
        async for batch in open_connector("http", config, LOOPBACK).read(Reading("x", batch_rows=300)):
            rows.extend(batch.frame["id"])

    for lost in range(0, ROWS, 300):
        rows.clear()
        with pytest.raises(ConnectorProblem) as caught:
            await read_all()
        assert (caught.value.code, caught.value.retryable) == ("unreachable", True)
        assert rows == list(range(1, len(rows) + 1))
        assert len(rows) <= lost


async def test_pages_in_a_circle_end(serve: Serve) -> None:
    async def circles(_request: web.Request) -> web.Response:
        return web.json_response({"d": [{"a": 1}], "n": "same"})

    with pytest.raises(ConnectorProblem, match="circles"):
        await read(await serve(circles), resource={"records": "d", "paging": {"kind": "cursor", "next": "n"}})


async def test_an_openapi_description_makes_tables_and_circles_in_it_do_no_harm(serve: Serve) -> None:
    async def answers(_request: web.Request) -> web.Response:
        return web.json_response({"total": 1, "odd-name": [{"a": {"b": "ü"}}]})

    listing = {
        "type": "object",
        "properties": {"total": {"type": "integer"}, "odd-name": {"$ref": "#/components/schemas/L"}},
    }
    ok = {"responses": {"200": {"content": {"application/json": {"schema": listing}}}}}
    loop = {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}
    document = {
        "paths": {"/x": {"get": ok}, "/x/{id}": {"get": ok}, "/loop": {"get": loop}, "/post": {"post": ok}},
        "components": {"schemas": {"L": {"type": "array"}, "A": {"$ref": "#/components/schemas/A"}}},
    }
    config = {"base_url": await serve(answers), "openapi": json.dumps(document)}
    connector = open_connector("http", config, LOOPBACK)
    [table] = await connector.describe()
    assert (table.name, [column.name for column in table.columns]) == ("x", ["a.b"])
    with pytest.raises(ConnectorProblem, match="OpenAPI"):
        open_connector("http", {**config, "openapi": "swagger: 2"}, LOOPBACK)


async def test_secrets_are_in_no_error(serve: Serve) -> None:
    with pytest.raises(ConnectorProblem) as caught:
        await read(await serve(api), auth={"kind": "bearer", "token": "wrong-s3cret"})
    assert caught.value.code == "refused"
    assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"
