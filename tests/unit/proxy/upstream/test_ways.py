"""Providers behind a private authority, behind client certificates and behind a proxy: real TLS on loopback."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

import pytest

from policies.settings import SettingsError, load_settings
from proxy.upstream.base import Provider, ProviderFailed, Timeouts, UpstreamRequest, Way
from proxy.upstream.client import HttpClient
from proxy.upstream.configured import providers_from
from tests.private_ca import PrivateCa

BODY = b'{"model": "m", "messages": [{"role": "user", "content": "PERSON_K7Q2M9XA"}]}'
ASKED = UpstreamRequest("POST", "/v1/chat/completions", "", {"Content-Type": "application/json"}, BODY)
PASSWORD = "tunnel-secret-77"


@asynccontextmanager
async def tls_server(context: SSLContext, seen: list[str]) -> AsyncIterator[int]:
    """The port of a provider that answers `{}` and notes whose certificate it was shown."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert") or {}
        seen.append(next((value for part in shown.get("subject", ()) for _, value in part), ""))
        while b"\r\n\r\n" in await reader.read(1 << 16):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


class ConnectProxy:
    """A forward proxy that knows CONNECT; it leads every host to `port` and notes all that passes."""

    def __init__(self, port: int, status: bytes = b"200 Connection established") -> None:
        self.port = port
        self.status = status
        self.heads: list[bytes] = []
        self.passed = b""

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        writer.write(b"HTTP/1.1 " + self.status + b"\r\nX-Proxy: yes\r\n\r\n")
        if self.status.startswith(b"200"):
            inner_reader, inner = await asyncio.open_connection("127.0.0.1", self.port)
            await asyncio.gather(self.pump(reader, inner), self.pump(inner_reader, writer))
        writer.close()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            self.passed += data
            writer.write(data)
        writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Host and port."""
        server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def client_of(providers: Iterable[Provider]) -> AsyncIterator[HttpClient]:
    client = HttpClient(providers)
    try:
        yield client
    finally:
        await client.close()


def at(port: int, way: Way | None, host: str = "127.0.0.1", name: str = "house") -> Provider:
    timeouts = Timeouts(connect=30, answer=30, idle=30)
    return Provider(name, "openai", f"https://{host}:{port}/v1", "sk-provider", way=way, timeouts=timeouts)


async def asked(client: HttpClient, provider: Provider) -> bytes:
    return await (await client.send(provider, ASKED)).body(100)


async def test_a_private_authority_counts_where_it_is_named_and_nowhere_else(tmp_path: Path) -> None:
    ca, other = PrivateCa(tmp_path), PrivateCa(tmp_path, "other")
    async with tls_server(ca.server("127.0.0.1"), []) as port:
        providers = [at(port, way) for way in (Way(ca_file=str(ca.ca_file)), Way(ca_file=str(other.ca_file)), None)]
        async with client_of(providers) as client:
            for provider in providers[1:]:  # first: no connection stands yet that could be used by mistake
                with pytest.raises(ProviderFailed) as caught:
                    await asked(client, provider)
                assert caught.value.kind == "connect"
            assert await asked(client, providers[0]) == b"{}"
            for provider in providers[1:]:
                with pytest.raises(ProviderFailed):
                    await asked(client, provider)
        by_name = at(port, Way(ca_file=str(ca.ca_file)), "localhost")
        async with client_of([by_name]) as client:
            with pytest.raises(ProviderFailed):
                await asked(client, by_name)  # the certificate is for the address


async def test_each_provider_shows_its_own_certificate(tmp_path: Path) -> None:
    ca, seen = PrivateCa(tmp_path), list[str]()
    ways = []
    for name in ("acme", "beta"):
        cert, key = ca.signed(name)
        ways.append(Way(ca_file=str(ca.ca_file), client_cert=str(cert), client_key=str(key)))
    async with tls_server(ca.server("127.0.0.1", clients=True), seen) as port:
        providers = [at(port, way, name=f"house@{name}") for way, name in zip(ways, ("acme", "beta"), strict=True)]
        bare = at(port, Way(ca_file=str(ca.ca_file)))
        async with client_of([*providers, bare]) as client:
            for provider in [*providers, *providers]:
                assert await asked(client, provider) == b"{}"
            with pytest.raises(ProviderFailed):
                await asked(client, bare)
    assert seen == ["acme", "beta"], "a kept connection is used again, and by its own provider only"


async def test_a_proxy_leads_to_the_provider_and_sees_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ca = PrivateCa(tmp_path)
    async with tls_server(ca.server("llm.internal.test"), []) as port:
        proxy = ConnectProxy(port)
        async with proxy.running() as where:
            way = Way(proxy=f"http://sting:{PASSWORD}@{where}", ca_file=str(ca.ca_file))
            provider = at(8443, way, "llm.internal.test")  # a name that only the proxy can find
            async with client_of([provider]) as client:
                assert [await asked(client, provider) for _ in range(2)] == [b"{}", b"{}"]
                assert len(proxy.heads) == 1, "the tunnel is kept"
                proxy.status = b"407 Proxy Authentication Required"
            async with client_of([provider]) as client:
                with pytest.raises(ProviderFailed) as caught:
                    await asked(client, provider)
    credential = base64.b64encode(f"sting:{PASSWORD}".encode()).decode()
    assert proxy.heads[0].startswith(b"CONNECT llm.internal.test:8443 HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {credential}".encode() in proxy.heads[0]
    assert b"PERSON_K7Q2M9XA" not in proxy.passed
    assert b"sk-provider" not in proxy.passed
    assert caught.value.kind == "connect"
    told = f"{caught.value!r} {caught.value.__context__!r} {provider!r} {caplog.text}"
    assert PASSWORD not in told
    assert credential not in told


def test_files_that_cannot_be_used_are_told_at_start(tmp_path: Path) -> None:
    ca = PrivateCa(tmp_path)
    cert, key = ca.signed("acme")
    _, foreign = PrivateCa(tmp_path, "other").signed("beta")
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    for way, told in (
        (Way(ca_file=str(tmp_path / "gone.pem")), "ca_file"),
        (Way(ca_file=str(nothing)), "ca_file"),
        (Way(client_cert=str(cert), client_key=str(foreign)), "client_cert"),
        (Way(client_cert=str(cert)), "client_cert"),
    ):
        with pytest.raises(ValueError, match=f"provider 'house': {told} .*") as caught:
            HttpClient([at(1, way)])
        assert key.read_text() not in str(caught.value)


def test_ways_are_configured_for_one_provider_or_for_all_that_are_not_local() -> None:
    far, near = {"kind": "openai", "base_url": "https://a.test/v1"}, {"kind": "ollama", "local": True}
    section = {
        "providers": {"far": far, "own": {**far, "proxy": "http://10.0.0.9:3128", "ca_file": "own.pem"}, "near": near}
    }
    proxy = f"http://u:{PASSWORD}@proxy.test:3128"
    general = {"gateway": {"upstream_proxy": proxy, "upstream_ca_file": "all.pem"}}
    settings = load_settings(None, environ={}, overrides={**section, **general})
    ways = {name: provider.way for name, provider in providers_from(settings).items()}
    assert ways == {"far": Way(proxy, "all.pem"), "own": Way("http://10.0.0.9:3128", "own.pem"), "near": None}
    assert PASSWORD not in repr(settings) + settings.model_dump_json()
    assert urlsplit(ways["far"].proxy or "").password == PASSWORD  # type: ignore[union-attr] # it has one
    wrong = ({"proxy": f"https://u:{PASSWORD}@p.test"}, {"proxy": f"socks5://{PASSWORD}"}, {"client_key": "k.pem"})
    for more in (*wrong, {"proxy": "http://p.test:3128", "local": True, "base_url": "http://127.0.0.1:1/v1"}):
        with pytest.raises(SettingsError) as caught:
            load_settings(None, environ={}, overrides={"providers": {"far": {**far, **more}}})
        assert PASSWORD not in str(caught.value)
