"""What docs/capacity.md is computed from: CPU per exchange with one and two workers, and Redis bytes per session.

python benchmarks/bench_capacity.py [--seconds 4]
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop
from load import closed_loop
from processes import Process, cpu_seconds, started_gateway, started_upstream
from scenarios import scenarios
from stages import OneKey

from proxy.vault.base import Scope
from proxy.vault.client import make_client
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.redis import RedisVault

_SESSIONS = 500


async def per_exchange(place: Process, request: Callable[[int], bytes], seconds: float) -> dict[str, float]:
    """CPU milliseconds per exchange of the workers, of the audit trail's process and of the store."""
    parts = {"workers": place.workers, "audit": (place.parent,), "store": place.stores}
    await closed_loop(place.port, request, 16, 1.0)  # warm-up
    before = {name: sum(map(cpu_seconds, pids)) for name, pids in parts.items()}
    result = await closed_loop(place.port, request, 16, seconds)
    spent = {name: sum(map(cpu_seconds, pids)) - before[name] for name, pids in parts.items()}
    figures = {f"{name}_ms": round(1000 * cpu / max(1, result.good), 3) for name, cpu in spent.items()}
    return {**figures, "per_s": round(result.rate, 1), "failed": result.bad}


async def bytes_per_session(values: int) -> int:
    """Bytes of Redis for a session of so many e-mail addresses, on average over many."""
    with tempfile.TemporaryDirectory(prefix="sting-bench-") as folder:
        async with EmbeddedValkey(Path(folder)) as valkey:
            client: Any = make_client(valkey.url)
            vault = RedisVault(client, OneKey(), address_key=secrets.token_bytes(32))
            before = (await client.info("memory"))["used_memory"]
            for number in range(_SESSIONS):
                scope = Scope("default", "bench", f"session {number}")
                entries = {f"EMAIL_ADDRESS_{n:08d}": f"somebody{n}@example.com" for n in range(values)}
                await vault.save(await vault.open(scope, entries.keys()), entries, {"exchange": "ex", "kind": "intent"})
            await client.execute_command("DEL", "sting:{audit}:events")
            used = (await client.info("memory"))["used_memory"] - before
            await client.aclose()
            return round(used / _SESSIONS)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    for values in (0, 4, 10, 100):
        print(f"session of {values} values: {asyncio.run(bytes_per_session(values))} bytes of Redis")
    wanted = [scenario for scenario in scenarios() if scenario.gated]
    for workers in (1, 2):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
            upstream = started_upstream(stack)
            place = started_gateway(stack, folder, upstream.port, "fast", workers)
            for scenario in wanted:
                figures = uvloop.run(per_exchange(place, scenario.request, options.seconds))
                print(f"{workers} worker(s), {scenario.name}: {figures}")


if __name__ == "__main__":
    main()
