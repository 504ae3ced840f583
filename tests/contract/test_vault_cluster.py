"""The vault on a cluster of three primaries: a session and the audit stream lie in different slots."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis, RedisCluster

from proxy.errors import VaultUnavailable
from proxy.vault.base import Scope
from proxy.vault.client import make_client
from proxy.vault.embedded import server_binary
from proxy.vault.redis import DEFAULT_STREAM, RedisVault
from tests.valkey_fixture import MemoryKeyRing

SLOTS = 16384
ANN = "PERSON_K7Q2M9XA"

pytestmark = pytest.mark.long


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on, with the cluster bus's port (given to the server) among them."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[RedisCluster]:
    ports = free_ports(6)
    with ExitStack() as stack:
        for port, bus in zip(ports[:3], ports[3:], strict=True):
            folder = tmp_path / str(port)
            folder.mkdir()
            options = ["--port", str(port), "--cluster-port", str(bus), "--bind", "127.0.0.1", "--dir", str(folder)]
            options += ["--cluster-enabled", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
            server = stack.enter_context(start([str(server_binary()), *options]))
            stack.callback(server.kill)
        nodes = [Redis(port=port, socket_timeout=5) for port in ports[:3]]
        async with asyncio.timeout(60):
            await join(nodes, ports)
        for node in nodes:
            await node.aclose()
        client = make_client(f"redis+cluster://127.0.0.1:{ports[0]}")
        assert isinstance(client, RedisCluster)
        yield client
        await client.aclose()


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


async def join(nodes: list[Redis], ports: list[int]) -> None:
    """Give each node a third of the slots, introduce them, and wait until each sees the whole cluster."""
    await asyncio.gather(*(until_answered(node, "PING") for node in nodes))
    for number, node in enumerate(nodes):
        first, last = SLOTS * number // 3, SLOTS * (number + 1) // 3 - 1
        await call(node, "CLUSTER", "ADDSLOTSRANGE", first, last)
        await call(node, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
    for port, bus in zip(ports[1:3], ports[4:6], strict=True):
        await call(nodes[0], "CLUSTER", "MEET", "127.0.0.1", port, bus)
    for node in nodes:
        while True:
            state = str(await call(node, "CLUSTER", "INFO"))
            if "cluster_state:ok" in state and "cluster_known_nodes:3" in state:
                break
            await asyncio.sleep(0.05)


async def call(node: Redis, *args: Any) -> Any:
    execute: Any = node.execute_command
    answer = await execute(*args)
    if isinstance(answer, dict):
        return "\n".join(f"{name}:{value}" for name, value in answer.items())
    return answer


async def until_answered(node: Redis, *args: Any) -> None:
    while True:
        try:
            await call(node, *args)
        except OSError:
            await asyncio.sleep(0.05)
        except Exception as failure:
            if type(failure).__name__ != "ConnectionError":
                raise
            await asyncio.sleep(0.05)
        else:
            return


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
    await vault.outcome({"exchange": "c", "outcome": "ok"})
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
