"""What the vault costs per exchange, in microseconds of this process's CPU time and of the clock.

Run: python benchmarks/bench_vault.py [--rounds 3000] [--uvloop]. It starts an embedded Valkey in a temporary folder.
Figures of both clocks are medians of five runs; "open + save" is one exchange of the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

from redis.asyncio import Redis

from policies.redis_client import make_client
from proxy.vault.base import Scope
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.redis import RedisVault

INTENT = dict.fromkeys(("exchange", "tenant", "key", "policy", "model", "dialect", "counts", "started"), "x" * 24)
RUNS = 5


class OneDay:
    """A key ring with one key."""

    key = os.urandom(32)

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        """The key."""
        return tenant, self.key

    async def day_key(self, key_id: str) -> bytes | None:
        """The key."""
        return self.key if key_id else None


async def measure(name: str, rounds: int, use: Callable[[], Awaitable[object]]) -> None:
    """Print the median microseconds of one `use`."""
    cpu, wall = [], []
    for _ in range(RUNS):
        cpu_began, began = time.process_time(), time.perf_counter()
        for _ in range(rounds // RUNS):
            await use()
        cpu.append((time.process_time() - cpu_began) / (rounds // RUNS) * 1e6)
        wall.append((time.perf_counter() - began) / (rounds // RUNS) * 1e6)
    print(f"{name:58s} {statistics.median(cpu):7.0f} us CPU {statistics.median(wall):7.0f} us clock")


async def plain_pipeline(client: Redis, tokens: dict[str, bytes]) -> None:
    """What `save` would be with plain commands (and without its comparison): to compare with."""
    pipeline = client.pipeline(transaction=False)
    for token, value in tokens.items():
        pipeline.hsetnx("plain", token, value)
    pipeline.expire("plain", 600)
    pipeline.xlen("plain:events")
    pipeline.xadd("plain:events", INTENT)  # type: ignore[arg-type] # redis-py's dict is invariant
    pipeline.hget("plain", "k")
    await pipeline.execute()


async def main(rounds: int) -> None:
    """Measure warm exchanges, exchanges with new tokens, and exchanges of processes that remember nothing."""
    scope = Scope("acme", "support", "bench", ttl=600)
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedValkey(Path(folder)) as server:
            client = make_client(server.url)
            assert isinstance(client, Redis)
            vault = RedisVault(client, OneDay(), address_key=b"a" * 32, backlog_limit=10**9)
            numbers = count()

            async def exchange(entries: dict[str, str]) -> None:
                await vault.save(await vault.open(scope, entries), entries, INTENT)

            def new() -> dict[str, str]:
                return {f"PERSON_{next(numbers):08d}": "Ann Example-Person" for _ in range(5)}

            warm = new()
            many = {f"EMAIL_{n:08d}": f"ann{n}@example.com" for n in range(50)}
            await exchange(warm)
            await exchange(many)
            await measure("PING alone (floor of redis-py)", rounds, client.ping)
            await measure("open + save, warm, 5 tokens", rounds, lambda: exchange(warm))
            await measure("open + save, warm, 50 tokens", rounds, lambda: exchange(many))
            await measure("open + save, no tokens", rounds, lambda: exchange({}))
            await measure("open + save, 5 new tokens", rounds, lambda: exchange(new()))
            await measure("fetch of 5", rounds, lambda: vault.fetch(scope, warm))
            values = {f"PERSON_{n:08d}": b"x" * 46 for n in range(5)}
            await measure(
                "pipeline of plain commands instead of save, 5 new", rounds, lambda: plain_pipeline(client, values)
            )
            await client.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3000)
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    if options.uvloop:
        import uvloop

        uvloop.run(main(options.rounds))
    else:
        asyncio.run(main(options.rounds))
