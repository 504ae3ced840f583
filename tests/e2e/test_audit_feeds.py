"""The audit sent elsewhere as it grows: syslog, webhook, a locked bucket. In order, at least once, no text."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hmac
import ipaddress
import json
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from policies.audit import AuditChain, AuditEvent
from policies.audit_feeds import LEASE_MS, feed_positions
from policies.db import Database, open_database
from policies.sections_feeds import AuditFeed
from policies.settings import load_settings
from proxy.feeds.audit import AuditFeeder
from proxy.feeds.posting import Undelivered
from tests.gateway_fixture import until
from tests.sinks import web_sink

KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
NOW = 1_764_000_000_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(load_settings(None, environ={}, overrides={"data_dir": tmp_path}))
    yield opened
    await opened.close()


async def happened(database: Database, *numbers: int, outcome: str = "ok") -> None:
    await AuditChain(database, KEY).append([AuditEvent(f"ex_{n}", NOW + n, "t", "k", outcome=outcome) for n in numbers])


def feed(kind: str, url: str, **more: object) -> AuditFeed:
    return AuditFeed.model_validate({"kind": kind, "url": url, **more})


def framed(stream: bytes) -> list[str]:
    """Messages of a stream with octet counting."""
    found = []
    while stream:
        length, _, rest = stream.partition(b" ")
        found.append(rest[: int(length)].decode())
        stream = rest[int(length) :]
    return found


class TcpSink:
    """A syslog receiver that can hang up."""

    def __init__(self) -> None:
        self.streams: list[bytearray] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept = bytearray()
        self.streams.append(kept)
        self.writers.append(writer)
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65536):
                kept += part
        writer.close()

    async def has(self, count: int) -> list[str]:
        await until(lambda: sum(len(framed(bytes(stream))) for stream in self.streams) >= count)
        return [one for stream in self.streams for one in framed(bytes(stream))]


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context for 127.0.0.1 and the file of its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context, pem


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
async def test_syslog_over_a_stream(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    sink, secure = TcpSink(), None
    if scheme == "tls":
        secure, pem = await asyncio.to_thread(certificate, tmp_path)
        trusting = ssl.create_default_context(cafile=str(pem))
        monkeypatch.setattr("proxy.feeds.syslog.ssl.create_default_context", lambda: trusting)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, ssl=secure)
    port = server.sockets[0].getsockname()[1]
    feeder = AuditFeeder(database, "siem", feed("syslog", f"{scheme}://127.0.0.1:{port}"), lambda: NOW)
    await happened(database, 1, 2)
    await happened(database, 3, outcome="blocked")
    assert await feeder.send_once() == 3
    assert await feeder.send_once() == 0
    messages = await sink.has(3)
    shape = r"<(\d+)>1 2025-11-24T16:00:00\.00(\d)Z \S+ sting - exchange - (\{.*\})"
    matches = [re.fullmatch(shape, one) for one in messages]
    assert [(m[1], m[2], json.loads(m[3])["exchange"]) for m in matches if m] == [
        ("110", "1", "ex_1"),
        ("110", "2", "ex_2"),
        ("108", "3", "ex_3"),
    ]
    sink.writers[0].close()  # the receiver was restarted
    await sink.writers[0].wait_closed()
    await happened(database, 4)
    await until(lambda: feeder._syslog is not None and feeder._syslog.broken)
    assert await feeder.send_once() == 1
    assert '"ex_4"' in (await sink.has(4))[3]
    await feeder.close()
    server.close()


async def test_syslog_as_datagrams_in_cef(database: Database) -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()

    class Sink(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, _addr: object) -> None:
            got.put_nowait(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Sink, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    feeder = AuditFeeder(database, "siem", feed("syslog", f"udp://127.0.0.1:{port}", form="cef"), lambda: NOW)
    await happened(database, 1)
    assert await feeder.send_once() == 1
    async with asyncio.timeout(10):
        assert b" - CEF:0|STING-CE|" in await got.get()
    await feeder.close()
    transport.close()


async def test_a_private_webhook_is_refused_with_the_name_of_its_own_setting(database: Database) -> None:
    await happened(database, 1)
    with pytest.raises(Undelivered, match=r"audit_feeds\.hook\.private_networks"):
        await AuditFeeder(database, "hook", feed("webhook", "http://127.0.0.1:9/a", secret="feed-secret")).send_once()


async def test_a_webhook_that_fails_gets_the_same_rows_again_and_one_sender_works(database: Database) -> None:
    async with web_sink() as web:
        made = feed("webhook", f"{web.url}/a", secret="feed-secret", private_networks=["127.0.0.0/8"])
        clock = [NOW]
        feeder, other = (AuditFeeder(database, "hook", made, lambda: clock[0]) for _ in range(2))
        await happened(database, *range(1, 4))
        web.statuses = [500]
        with pytest.raises(Undelivered, match="500"):
            await feeder.send_once()
        assert await feed_positions(database) == {"hook": 0}
        assert await other.send_once() == 0, "somebody else sends"
        assert await feeder.send_once() == 3
        assert web.posts[0][2] == web.posts[1][2], "the same rows"
        _, headers, body = web.posts[1]
        stamp, _, signature = headers["x-sting-signature"].partition(",v1=")
        signed = stamp.removeprefix("t=").encode() + b"." + body
        assert hmac.compare_digest(signature, hmac.digest(b"feed-secret", signed, "sha256").hex())
        assert [row["seq"] for row in json.loads(body)["rows"]] == [1, 2, 3]
        await happened(database, 4)
        clock[0] += LEASE_MS
        assert await other.send_once() == 1, "the first one died"
        assert await feed_positions(database) == {"hook": 4}


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_a_bucket_gets_locked_objects(database: Database, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3
    from botocore.exceptions import ClientError

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s" * 20, "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=store, **keys)
    await asyncio.to_thread(lambda: client.create_bucket(Bucket="worm", ObjectLockEnabledForBucket=True))
    made = feed("bucket", "s3://worm/audit", lock_days=3_600, endpoint=store, access_key="k", secret_key="s" * 20)
    clock = [NOW + 1]
    feeder = AuditFeeder(database, "worm", made, lambda: clock[0])
    await happened(database, 1, 2, 3)
    assert await feeder.send_once() == 0, "more may come"
    clock[0] += 60_001
    assert await feeder.send_once() == 3
    found = await asyncio.to_thread(
        lambda: client.get_object(Bucket="worm", Key="audit/000000000001-000000000003.jsonl")
    )
    lines = (await asyncio.to_thread(found["Body"].read)).decode().splitlines()
    assert [json.loads(line)["exchange"] for line in lines] == ["ex_1", "ex_2", "ex_3"]
    assert found["ObjectLockMode"] == "COMPLIANCE"
    locked = found["ObjectLockRetainUntilDate"] - dt.datetime.fromtimestamp(clock[0] / 1000, dt.UTC)
    assert locked.days in (3_599, 3_600)
    name, version = "audit/000000000001-000000000003.jsonl", found["VersionId"]

    def deleted(**more: object) -> None:
        client.delete_object(Bucket="worm", Key=name, VersionId=version, **more)

    for more in ({}, {"BypassGovernanceRetention": True}):  # not by who may lift other locks either
        with pytest.raises(ClientError, match="AccessDenied"):
            await asyncio.to_thread(partial(deleted, **more))
    await asyncio.to_thread(lambda: client.delete_object(Bucket="worm", Key=name))  # hides it; the version stays
    kept = await asyncio.to_thread(lambda: client.get_object(Bucket="worm", Key=name, VersionId=version))
    assert (await asyncio.to_thread(kept["Body"].read)).decode().splitlines() == lines
    client.close()
    await feeder.close()


@pytest.mark.parametrize(
    ("kind", "url", "more", "word"),
    [
        ("syslog", "tcp://siem.example.com:514", {}, "without TLS"),
        ("syslog", "tls://siem.example.com", {}, "port"),
        ("syslog", "https://siem.example.com", {}, "begins with"),
        ("webhook", "https://hooks.example.com", {}, "secret"),
        ("bucket", "https://bucket.example.com", {}, "s3"),
    ],
)
def test_a_feed_that_cannot_work_is_refused(kind: str, url: str, more: dict[str, object], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        feed(kind, url, **more)
