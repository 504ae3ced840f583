"""The vault on a cluster of three primaries: a session and the audit stream lie in different slots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import RedisCluster

from policies.redis_client import make_client
from proxy.errors import VaultUnavailable
from proxy.vault.base import Scope
from proxy.vault.redis import DEFAULT_STREAM, RedisVault
from tests.valkey_cluster import valkey_cluster
from tests.valkey_fixture import MemoryKeyRing

ANN = "PERSON_K7Q2M9XA"

pytestmark = pytest.mark.long


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[RedisCluster]:
    async with valkey_cluster(tmp_path) as url:
        client = make_client(url)
        assert isinstance(client, RedisCluster)
        yield client
        await client.aclose()


async def test_the_vault_works_on_a_cluster(cluster: RedisCluster) -> None:
    ring = MemoryKeyRing()
    vault, other = (RedisVault(cluster, ring, address_key=b"a" * 32, backlog_limit=100) for _ in range(2))
    await vault.ping()
    scopes = [Scope("acme", "support", f"session {number}") for number in range(20)]  # over all three nodes
    for number, scope in enumerate(scopes):
        entries = {ANN: f"Ann {number}"}
        assert await vault.save(await vault.open(scope, entries), entries, {"exchange": str(number)}) == {}
        assert await other.fetch(scope, [ANN]) == entries
        assert await other.save(await other.open(scope, []), {ANN: "Bob"}, {"exchange": "b"}) == {ANN: f"Ann {number}"}
    assert await vault.forget(scopes[0])
    opened = await other.open(scopes[0], [ANN])
    assert await other.save(opened, {ANN: "Ann"}, {"exchange": "c"}) == {}
    assert await vault.fetch(scopes[0], [ANN]) == {ANN: "Ann"}
    await vault.outcomes([{"exchange": "c", "outcome": "ok"}])
    assert await cluster.xlen(DEFAULT_STREAM) == 42
    strict = RedisVault(cluster, ring, address_key=b"a" * 32, backlog_limit=42)
    with pytest.raises(VaultUnavailable, match="backlog"):
        await strict.save(await strict.open(scopes[1], []), {}, {"exchange": "d"})
    assert await cluster.xlen(DEFAULT_STREAM) == 42


async def test_fifty_parallel_requests_lose_nothing_on_a_cluster(cluster: RedisCluster) -> None:
    ring = MemoryKeyRing()
    vaults = [RedisVault(cluster, ring, address_key=b"a" * 32) for _ in range(2)]
    await vaults[0].ping()  # as readiness does: redis-py drops connections when many tasks look for the nodes at once
    scope = Scope("acme", "support", "shared")

    async def request(number: int) -> None:
        entries = {f"PHONE_{number:04d}{n:04d}": f"{number}-{n}" for n in range(4)}
        vault = vaults[number % 2]
        assert await vault.save(await vault.open(scope, entries), entries, {"exchange": str(number)}) == {}

    await asyncio.gather(*(request(number) for number in range(50)))
    assert await vaults[0].counts(scope) == {"PHONE": 200}
