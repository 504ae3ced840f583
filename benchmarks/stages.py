"""CPU of the stages of one short exchange, each measured by itself: receive, detect, vault, restore."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from scenarios import body, conversation, letter

from policies.loader import load_policies
from proxy.core.jsontext import parse
from proxy.core.restorer import Originals, RestoreTally, restore
from proxy.detectors.chain import Chain, load_engines
from proxy.dialects.openai_chat import CHAT
from proxy.outgoing import profile_of
from proxy.vault.base import Scope
from proxy.vault.client import make_client
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.redis import RedisVault

_TIMES = 300


class OneKey:
    """One day key for everybody."""

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        """The key."""
        return tenant, b"k" * 32

    async def day_key(self, _key_id: str) -> bytes:
        """The key."""
        return b"k" * 32


async def stage_ms(policy_name: str) -> dict[str, float]:
    """CPU milliseconds of one thread for each stage."""
    policy = load_policies(None)[policy_name]
    short, long = body([{"role": "user", "content": letter(1)}]).decode(), body(conversation(30, 1)).decode()
    chain, profile = Chain(load_engines(policy.detection.engines)), profile_of(policy, "default")
    tokens = {"PERSON_K7Q2M9XA": "Jane Doe"}
    answer = "Dear PERSON_K7Q2M9XA, thank you for the message. The order is on its way. " * 4
    texts = iter(range(10**9))
    return {
        "receive, 60 words": _cpu(lambda: CHAT.request_slots(parse(short))),
        "receive, 30 turns read in full": _cpu(lambda: CHAT.request_slots(parse(long)), 60),
        f"detect, 60 new words ({policy_name})": _cpu(lambda: chain.find([letter(next(texts))], profile), 60),
        "restore, an answer of 60 words": _cpu(lambda: restore(answer, Originals(tokens), RestoreTally())),
        **await _vault_ms(),
    }


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
    for stage, figure in asyncio.run(stage_ms("fast")).items():
        print(f"{stage}: {figure} ms")
