"""CPU and memory of the stages of one exchange, each measured by itself: receive, detect, vault, restore."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path

from scenarios import body, conversation, letter

os.putenv("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded, as for detection workers (proxy/detectors/child.py)

from policies.loader import load_policies
from policies.puncturing import Tree
from policies.redis_client import make_client
from proxy.core.jsontext import parse
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.detectors.chain import Chain, load_engines
from proxy.dialects.openai_chat import CHAT
from proxy.outgoing import profile_of
from proxy.vault.base import Scope
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.redis import RedisVault

_TIMES = 300


_TREE = Tree.grown(b"t" * 32)


class OneKey:
    """One day key for everybody."""

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        """The key."""
        return tenant, b"k" * 32

    async def day_key(self, _key_id: str) -> bytes:
        """The key."""
        return b"k" * 32

    async def current_tree(self, tenant: str) -> tuple[str, Tree]:
        """Its keys for sessions."""
        return tenant, _TREE

    async def tree(self, _key_id: str) -> Tree:
        """The same."""
        return _TREE

    async def puncture(self, tenant: str, index: bytes) -> None:
        """Nobody asks for it here."""


async def stages(policy_name: str) -> list[dict[str, object]]:
    """CPU milliseconds of one thread for each stage, and the most memory in KiB that it holds at a time."""
    policy = load_policies(None)[policy_name]
    short, long = body([{"role": "user", "content": letter(1)}]).decode(), body(conversation(30, 1)).decode()
    chain, profile = Chain(load_engines(policy.detection.engines)), profile_of(policy, "default")
    tokens = {"PERSON_K7Q2M9XA": "Jane Doe"}
    answer = "Dear PERSON_K7Q2M9XA, thank you for the message. The order is on its way. " * 4
    texts = iter(range(10**9))
    works: dict[str, Callable[[], object]] = {
        "receive, 60 words": lambda: CHAT.request_slots(parse(short)),
        "receive, 30 turns read in full": lambda: CHAT.request_slots(parse(long)),
        f"detect, 60 new words ({policy_name})": lambda: chain.find([letter(next(texts))], profile),
        "restore, an answer of 60 words": lambda: restore(answer, Originals(tokens), RestoreTally()),
    }
    told: list[dict[str, object]] = [
        {"stage": name, "ms": _cpu(work, 100), "peak_kib": _peak_kib(work)} for name, work in works.items()
    ]
    return told + [{"stage": name, "ms": figure, "peak_kib": ""} for name, figure in (await _vault_ms()).items()]


def _peak_kib(work: Callable[[], object]) -> float:
    """What Python objects hold at most while `work` runs, beyond what is there already."""
    work()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return round((peak - before) / 1024, 1)


def _cpu(work: Callable[[], object], times: int = _TIMES) -> float:
    work()
    before = time.thread_time()
    for _ in range(times):
        work()
    return round(1000 * (time.thread_time() - before) / times, 4)


async def _vault_ms() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="sting-bench-") as folder:
        async with EmbeddedValkey(Path(folder)) as valkey:
            client = make_client(valkey.url)
            vault = RedisVault(client, OneKey(), address_key=secrets.token_bytes(32))
            scope, intent = Scope("default", "bench", "s"), {"exchange": "ex", "kind": "intent"}
            entries = {f"PERSON_{n:08d}": "Jane Doe" for n in range(4)}

            async def seen() -> None:
                await vault.save(await vault.open(scope, entries.keys()), entries, intent)

            async def new() -> None:
                other = Scope("default", "bench", secrets.token_hex(8))
                await vault.save(await vault.open(other, entries.keys()), entries, intent)

            told = {
                "vault, 4 known values": await _async_cpu(seen),
                "vault, new session, 4 values": await _async_cpu(new),
            }
            await client.aclose()
            return told


async def _async_cpu(work: Callable[[], Awaitable[None]]) -> float:
    await work()
    before = time.thread_time()
    for _ in range(_TIMES):
        await work()
    return round(1000 * (time.thread_time() - before) / _TIMES, 4)


if __name__ == "__main__":
    for row in asyncio.run(stages("fast")):
        print(row)
