"""The audit trail from a real Valkey stream into a real database, with two drainers and a crash."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis.asyncio import Redis

from policies.audit import AuditChain, verify_chain
from policies.audit_stream import STREAM, Drainer
from policies.db import Database
from proxy.vault.redis import DEFAULT_STREAM

COUNT = 300


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path}/sting.db")
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
def chain(database: Database) -> AuditChain:
    return AuditChain(database, Ed25519PrivateKey.from_private_bytes(b"\x05" * 32))


async def _drain_all(client: Redis, drainer: Drainer) -> None:
    while await client.xlen(STREAM):
        await drainer.drain_once()
    await drainer.close()


def test_the_vault_and_the_drainer_mean_the_same_stream() -> None:
    assert STREAM == DEFAULT_STREAM


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("decoded", ["true", "false"])
async def test_two_drainers_write_every_exchange_once(
    valkey_url: str, database: Database, chain: AuditChain, protocol: int, decoded: str
) -> None:
    client = Redis.from_url(valkey_url, protocol=protocol, decode_responses=decoded == "true")
    for number in range(COUNT):
        await client.xadd(STREAM, {"kind": "intent", "exchange": f"x{number}", "at": str(number), "entities": "AGE=1"})
        await client.xadd(STREAM, {"kind": "outcome", "exchange": f"x{number}", "outcome": "ok"})
    await asyncio.gather(*(_drain_all(client, Drainer(client, chain)) for _ in range(2)))
    assert await client.xlen(STREAM) == 0
    assert await client.get(f"{STREAM}:drainer") is None
    verdict = await verify_chain(database, chain.public_key)
    assert (verdict.intact, verdict.rows, verdict.checkpoints > 0) == (True, COUNT, True)
    await client.aclose()


async def test_what_a_crashed_drainer_left_is_written_by_the_next(valkey_url: str, chain: AuditChain) -> None:
    client = Redis.from_url(valkey_url)
    for number in range(10):
        await client.xadd(STREAM, {"kind": "intent", "exchange": f"x{number}", "at": str(10**15)})
    await Drainer(client, chain).drain_once()  # reads, takes the lock, and is never heard of again
    for number in range(10):
        await client.xadd(STREAM, {"kind": "outcome", "exchange": f"x{number}", "outcome": "ok"})
    await client.delete(f"{STREAM}:drainer")  # its expiry, without the wait
    assert await Drainer(client, chain).drain_once() == 10
    assert await client.xlen(STREAM) == 0
    await client.aclose()
