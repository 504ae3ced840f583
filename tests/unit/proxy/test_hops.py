"""How connections are secured, as the audit and `sting verify --tls` tell it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop
from click.testing import CliRunner

from policies.db import open_database
from policies.hops import Hop, read_hops, stated
from policies.listener_tls import served
from policies.records import Editor, put_record
from policies.sections_tls import ListenerTls
from policies.settings import load_settings
from proxy import hops, verifying_hops
from proxy.commands_verify import verify
from proxy.hops import client_hops, hop_of
from proxy.upstream import base, connections
from proxy.upstream.base import Provider, Timeouts, UpstreamRequest
from proxy.upstream.client import HttpClient
from tests.certificates import Authority

TLS = Hop("TLSv1.3", "TLS_AES_256_GCM_SHA384", f"sha256:{'ab' * 32}")


@pytest.mark.parametrize("hop", [TLS, Hop("TLSv1.2", "X"), Hop("https"), Hop("plain", where="loopback"), Hop("plain")])
def test_a_hop_is_read_as_it_was_written(hop: Hop) -> None:
    assert read_hops(hop.written()) == [hop]
    assert read_hops(f"plain/private;{hop.written()}") == [Hop("plain", where="private"), hop]
    assert read_hops("") == []


@pytest.mark.parametrize(
    ("said", "hop"),
    [
        (("TLSv1.3", "ECDHE", ""), Hop("TLSv1.3", "ECDHE")),
        (("TLSv1.3", "a b\n", "https"), Hop("TLSv1.3")),
        (("", "", "https"), Hop("https")),
        (("", "", "http"), Hop("plain")),
        (("jane roe", "", "gopher"), None),
        (("", "", ""), None),
    ],
)
def test_what_a_proxy_says_is_taken_as_words_only(said: tuple[str, str, str], hop: Hop | None) -> None:
    assert stated(*said) == hop


class Socket(asyncio.Transport):
    """A plain connection from an address."""

    def __init__(self, address: object) -> None:
        super().__init__({"peername": address})


@pytest.mark.parametrize(
    ("address", "headers", "trusted", "told"),
    [
        (("127.0.0.1", 1), {}, (), "plain/loopback"),
        (("::ffff:10.0.0.9", 1, 0, 0), {}, (), "plain/private"),
        (("203.0.113.9", 1), {}, (), "plain/private"),
        (("8.8.8.8", 1), {}, (), "plain/public"),
        ("", {}, (), "plain/socket"),
        (("10.0.0.9", 1), {"X-Forwarded-Tls": "TLSv1.3/C"}, (), "plain/private"),
        (("10.0.0.9", 1), {"X-Forwarded-Tls": "TLSv1.3/C"}, ("10.0.0.0/8",), "plain/private;TLSv1.3/C"),
        (("10.1.0.9", 1), {"X-Forwarded-Tls": "TLSv1.3/C"}, ("10.0.0.0/16",), "plain/private"),
        (
            ("10.0.0.9", 1),
            {"X-Amzn-Tls-Version": "TLSv1.2", "X-Amzn-Tls-Cipher-Suite": "E"},
            ("10.0.0.0/8",),
            "plain/private;TLSv1.2/E",
        ),
        (("10.0.0.9", 1), {"X-Forwarded-Proto": "https"}, ("10.0.0.0/8",), "plain/private;https"),
        (("10.0.0.9", 1), {}, ("10.0.0.0/8",), "plain/private"),
    ],
)
def test_the_hop_of_a_client(address: object, headers: dict[str, str], trusted: tuple[str, ...], told: str) -> None:
    transport = Socket(address)
    for _ in range(3):
        assert client_hops(transport, headers, trusted) == told


def test_the_hop_of_a_client_over_tls_is_read_once_per_connection_under_uvloop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvloop's transports over TLS take no weak reference, unlike asyncio's."""
    authority = Authority(tmp_path / "tls")
    cert, key = authority.issue("gateway")
    looks: list[object] = []
    monkeypatch.setattr(hops, "hop_of", lambda transport: looks.append(transport) or hop_of(transport))
    told: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            await reader.readline()
            told.append(client_hops(writer.transport, {}, ()))
            writer.write(b"told\n")
        writer.close()

    async def connected() -> None:
        async with (
            served(ListenerTls(cert_file=cert, key_file=key)) as context,
            await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server,
        ):
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=authority.trusting())
            for _ in range(3):
                writer.write(b"tell\n")
                assert await reader.readline() == b"told\n"
            writer.close()
            server.close()

    uvloop.run(asyncio.wait_for(connected(), 30))
    assert [hop.tls for hop in read_hops(told[0])] == ["TLSv1.3"]
    assert (told[1:], len(looks)) == ([told[0]] * 2, 1)


def made(folder: Path) -> tuple[Authority, ssl.SSLContext, str]:
    """An authority, a server's context, and the SHA-256 of its certificate."""
    authority = Authority(folder / "tls")
    cert, key = authority.issue("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return authority, context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(cert.read_text())).hexdigest()


async def test_a_client_sees_the_certificate_that_the_listener_says_it_shows(tmp_path: Path) -> None:
    authority = await asyncio.to_thread(Authority, tmp_path)
    cert, key = await asyncio.to_thread(authority.issue, "gateway")
    told: list[str] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(client_hops(writer.transport, {}, ()))
        writer.close()

    async with served(ListenerTls(cert_file=cert, key_file=key)) as context:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            trusting = await asyncio.to_thread(authority.trusting)
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
            seen = hop_of(writer.transport)
            await reader.read()
            writer.close()
    assert seen.certificate.startswith("sha256:")
    assert read_hops(told[0]) == [seen]


@asynccontextmanager
async def secure_server(context: ssl.SSLContext, answer: bytes, to: bytes = b"HTTP/") -> AsyncIterator[int]:
    """The port of a TLS server on loopback that gives the same answer to each `to` that comes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while got := await reader.read(65_536):
                writer.write(answer * got.count(to))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        server.close()


async def test_a_provider_and_its_certificate_are_looked_at_once_per_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context, fingerprint = await asyncio.to_thread(made, tmp_path)
    looks: list[object] = []
    monkeypatch.setattr(connections, "hop_of", lambda transport: looks.append(transport) or hop_of(transport))
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    client = HttpClient(())
    async with secure_server(context, answer) as port:
        provider = Provider(
            "far",
            "openai",
            f"https://127.0.0.1:{port}/v1",
            way=base.Way(ca_file=str(authority.file)),
            timeouts=Timeouts(30, 30, 30),
        )
        for _ in range(2):
            got = await client.send(provider, UpstreamRequest("POST", "/v1/chat/completions", body=b"{}"))
            await got.body(100)
            (hop,) = read_hops(got.secured)
            assert (hop.tls, hop.certificate) == ("TLSv1.3", f"sha256:{fingerprint}")
            assert hop.cipher.startswith("TLS_")
        await client.close()
    assert len(looks) == 1
    assert len(got.secured) <= 200


async def test_all_connections_of_an_installation_are_told(tmp_path: Path) -> None:
    authority, context, fingerprint = await asyncio.to_thread(made, tmp_path)
    async with secure_server(context, b"+OK\r\n", b"SETINFO") as port, secure_server(context, b"") as other:
        overrides: dict[str, object] = {
            "data_dir": tmp_path / "data",
            "gateway.url": f"https://127.0.0.1:{other}",
            "redis.url": f"rediss://127.0.0.1:{port}?ssl_ca_certs={authority.file}",
            "master_key": "aa" * 32,
            "providers": {
                "far": {
                    "kind": "openai",
                    "base_url": f"https://127.0.0.1:{other}/v1",
                    "local": True,
                    "ca_file": str(authority.file),
                },
                "gone": {"kind": "openai", "base_url": "http://127.0.0.1:1/v1", "local": True},
                "demo": {"kind": "demo", "local": True},
            },
            "default_provider": "demo",
        }
        settings = load_settings(None, environ={}, overrides=overrides)
        database = await open_database(settings)
        laid = json.dumps({"kind": "openai", "base_url": f"https://127.0.0.1:{other}/v1", "local": True})
        await put_record(database, "provider", "laid", laid, Editor("u", "u", 1, ""), expected=None)
        await database.close()
        found = await verifying_hops.hops_of(settings)
    secured = ("gateway", "redis", "provider far")
    assert [found[name].certificate for name in secured] == [f"sha256:{fingerprint}"] * 3
    assert {name: found[name].tls for name in found} == {
        "gateway": "TLSv1.3",
        "redis": "TLSv1.3",
        "database": "file",
        "provider far": "TLSv1.3",
        "provider gone": "not reached",
        "provider laid": "not reached",  # the system vouches for no certificate of a test
        "provider demo": "in process",
    }


async def test_a_certificate_that_nobody_vouches_for_is_not_reached(tmp_path: Path) -> None:
    _, context, _ = await asyncio.to_thread(made, tmp_path)
    async with secure_server(context, b"") as port:
        provider = Provider("far", "openai", f"https://127.0.0.1:{port}/v1")
        assert await verifying_hops._provider(provider) == verifying_hops.NOT_REACHED


@pytest.mark.parametrize(("where", "status"), [("public", 1), ("private", 0)])
def test_the_command_fails_when_a_hop_is_plain_in_public(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str, status: int
) -> None:
    async def hops_of(_settings: object) -> dict[str, Hop]:
        return {"redis": Hop("plain", where=cast("Any", where)), "provider far": TLS}

    monkeypatch.setattr(verifying_hops, "hops_of", hops_of)
    asked = CliRunner().invoke(verify, ["--tls", "--json", "--data-dir", str(tmp_path)])
    assert asked.exit_code == status
    told = json.loads(asked.output)
    assert told[1] == {
        "to": "provider far",
        "tls": "TLSv1.3",
        "cipher": TLS.cipher,
        "certificate": TLS.certificate,
        "where": "",
    }
    assert "sha256:abab" in CliRunner().invoke(verify, ["--tls", "--data-dir", str(tmp_path)]).output
