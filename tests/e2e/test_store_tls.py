"""A gateway and the report queue over a real Redis and a real PostgreSQL that let in client certificates only."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from policies.db import Database, DatabaseUnavailable
from policies.redis_client import make_client
from reports.queue import BullQueue
from tests.certificates import Authority
from tests.gateway_fixture import NewGateway
from tests.own_postgres import free_port, own_postgres

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]
MESSAGE = "Write to Margaret Okafor, m.okafor@example.com, please."
_PORTS = 3  # somebody else may take one before the server does
_HBA = "local all all trust\nhostssl all all 127.0.0.1/32 cert map=stores\n"


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """In a folder that PostgreSQL's own account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="sting-mtls-"))
    folder.chmod(0o755)
    try:
        yield Authority(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def redis_server(authority: Authority) -> AsyncIterator[int]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is missing: apt-get install redis-server")
    cert, key = authority.issue("redis")
    tls = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", authority.file]
    words = [*map(str, tls), "--tls-auth-clients", "yes", "--bind", "127.0.0.1", "--port", "0"]
    words += ["--save", "", "--maxmemory-policy", "noeviction", "--dir", str(authority.folder)]
    for _ in range(_PORTS):
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            program, *words, "--tls-port", str(port), stdout=asyncio.subprocess.DEVNULL
        )
        if await answers(process, port):
            break
    try:
        yield port
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def answers(process: asyncio.subprocess.Process, port: int) -> bool:
    """Whether it came up at its port; False: somebody else had taken that."""
    async with asyncio.timeout(60):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            await writer.wait_closed()
            return True
    return False


@pytest.fixture(scope="module")
def postgres_port(authority: Authority) -> Iterator[int]:
    with own_postgres("sting-pgc-") as own, ExitStack() as stack:
        cert, key = (Path(shutil.copy(path, own.folder)) for path in authority.issue("postgres"))
        own.give(cert, key)
        key.chmod(0o600)
        own.run("initdb", "-U", "sting", "-A", "trust", "-N", "-E", "UTF8")
        (own.folder / "data" / "pg_hba.conf").write_text(_HBA)
        (own.folder / "data" / "pg_ident.conf").write_text("stores gateway sting\n")
        tls = f"-c ssl=on -c ssl_cert_file={cert} -c ssl_key_file={key} -c ssl_ca_file={authority.file}"
        for left in reversed(range(_PORTS)):
            port = free_port()
            options = f"-k {own.folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off {tls}"
            try:
                stack.enter_context(own.serving(options))
                break
            except subprocess.CalledProcessError:
                if not left:
                    raise
        yield port


async def test_a_gateway_shows_its_certificate_to_redis_and_postgresql(
    authority: Authority, postgres_port: int, new_gateway: NewGateway
) -> None:
    cert, key = authority.issue("us", "gateway")
    trusted = f"postgresql+asyncpg://sting@127.0.0.1:{postgres_port}/postgres?sslrootcert={authority.file}"
    database_url = f"{trusted}&sslcert={cert}&sslkey={key}"
    database = Database(database_url)
    await database.migrate()
    await database.close()
    async with redis_server(authority) as redis_port:
        anybody = f"rediss://127.0.0.1:{redis_port}/0?ssl_ca_certs={authority.file}"
        redis_url = f"{anybody}&ssl_certfile={cert}&ssl_keyfile={key}"
        stores = {"database.url": database_url, "redis.url": redis_url, "master_key": "ab" * 32}
        async with new_gateway(stores) as gateway:
            body = {"model": "gpt-4o", "messages": [{"role": "user", "content": MESSAGE}]}
            status, headers, answer = await gateway.call("/v1/chat/completions", body)
            assert (status, b"m.okafor@example.com" in answer) == (200, True)
            assert b"m.okafor@example.com" not in gateway.provider.requests[-1].body
            await gateway.audit(headers["x-sting-exchange"])
        await the_queue_works(redis_url)
        stranger = make_client(anybody)
        with pytest.raises((RedisError, OSError)):
            await stranger.ping()
        await stranger.aclose()
    for refused in (trusted, f"{trusted.partition('?')[0]}?sslmode=disable"):
        database = Database(refused)
        with pytest.raises(DatabaseUnavailable):
            await database.revisions()
        await database.close()


async def the_queue_works(url: str) -> None:
    """The report queue has connections of its own."""
    queue = BullQueue(url)
    done = asyncio.Event()

    async def work(_run: str, _stop: asyncio.Event) -> None:
        done.set()

    await queue.add("over-tls")
    async with queue.working(work, concurrency=1), asyncio.timeout(30):
        await done.wait()
    await queue.close()
