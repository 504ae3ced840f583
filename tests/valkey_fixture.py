"""Real Valkey for tests: one server per test process (xdist worker), on a Unix socket in a temporary folder.

Use `valkey_url` for a URL with an empty database, `valkey_client` for a client of it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis

from policies.puncturing import Tree
from policies.redis_client import Client, make_client
from proxy.vault.embedded import EmbeddedValkey


class MemoryKeyRing:
    """A key ring in memory: tests move `day`; `drop` forgets a key for good."""

    def __init__(self) -> None:
        self.day = 1
        self.keys: dict[str, bytes] = {}
        self.dropped: set[str] = set()
        self.trees: dict[str, Tree] = {}

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        number = self.day
        while f"{tenant}/{number}" in self.dropped:
            number += 1000
        key_id = f"{tenant}/{number}"
        return key_id, self.keys.setdefault(key_id, os.urandom(32))

    async def day_key(self, key_id: str) -> bytes | None:
        return self.keys.get(key_id)

    async def current_tree(self, tenant: str) -> tuple[str, Tree]:
        key_id, key = await self.current_day_key(tenant)
        return key_id, self.trees.setdefault(key_id, Tree.grown(key[::-1]))

    async def tree(self, key_id: str) -> Tree | None:
        return self.trees.get(key_id) if key_id in self.keys else None

    async def puncture(self, tenant: str, index: bytes) -> None:
        for key_id, tree in self.trees.items():
            if key_id.startswith(f"{tenant}/"):
                self.trees[key_id] = tree.without(index)

    def drop(self, key_id: str) -> None:
        del self.keys[key_id]
        self.dropped.add(key_id)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    """A running server; it ends with the test process even when that is killed."""
    with tempfile.TemporaryDirectory(prefix="sting-test-") as folder:
        server = EmbeddedValkey(Path(folder))
        asyncio.run(server.start())
        try:
            yield server
        finally:
            server.close()


@pytest.fixture
def valkey_url(valkey_server: EmbeddedValkey) -> str:
    """URL of the server, emptied."""
    with BlockingRedis.from_url(valkey_server.url) as client:
        client.flushall()
    return valkey_server.url


@pytest.fixture
async def valkey_client(valkey_url: str) -> AsyncIterator[Client]:
    """A client of the emptied server, as the gateway makes it."""
    client = make_client(valkey_url)
    yield client
    await client.aclose()
