"""What docs/capacity.md says: CPU per exchange and part, Redis bytes per session, and the model beside 1, 2, 4 workers.

    python benchmarks/bench_capacity.py [--seconds 4] [--rounds 3] [--json FILE] [--write]

Gateways with 1, 2 and 4 workers run at once and are measured in turns. From the costs of the first one the model says
what the others should reach on the cores that were to be had (those that no other program used meanwhile). `--write`
writes docs/capacity.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from capacity_model import reachable
from capacity_page import page
from load import closed_loop
from processes import Process, cpu_seconds, descendants, started_gateway, started_upstream
from reporting import DOCS
from scenarios import scenarios
from stages import OneKey

from policies.redis_client import make_client
from proxy.vault.base import Scope
from proxy.vault.embedded import EmbeddedValkey
from proxy.vault.redis import RedisVault

_SESSIONS, _CLIENTS = 500, 16
WORKERS, VALUES = (1, 2, 4), (0, 4, 10, 100)
WANTED = ("short, seen text", "30 turns, seen text", "short stream, seen text", "short, new text")


@dataclass(frozen=True)
class Round:
    """One round: answers per second, CPU milliseconds per answer and part, and cores that were to be had."""

    per_s: float
    costs: Mapping[str, float]
    cores: float
    failed: int


def _spent(parts: Mapping[str, tuple[int, ...]]) -> dict[str, float]:
    return {name: sum(map(cpu_seconds, pids)) for name, pids in parts.items()}


def _busy() -> float:
    """CPU seconds of the whole machine, of everybody."""
    fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:8]) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


async def measured(place: Process, upstream: int, request: Callable[[int], bytes], seconds: float) -> Round:
    """One round of 16 clients in a closed loop."""
    below = set(descendants(place.parent)) - {*place.workers, *place.stores}
    parts = {
        "workers": place.workers,
        "audit": (place.parent,),
        "store": place.stores,
        "detection": tuple(below),
        "upstream": (upstream,),
        "client": (os.getpid(),),
    }
    await closed_loop(place.port, request, _CLIENTS, seconds / 4)  # warm-up
    before, busy, started = _spent(parts), _busy(), time.perf_counter()
    result = await closed_loop(place.port, request, _CLIENTS, seconds)
    took = time.perf_counter() - started
    spent = {name: cpu - before[name] for name, cpu in _spent(parts).items()}
    others = max(0.0, _busy() - busy - sum(spent.values())) / took
    costs = {name: 1000 * cpu / max(1, result.good) for name, cpu in spent.items()}
    return Round(result.rate, costs, max(0.1, (os.cpu_count() or 1) - others), result.bad)


async def compared(places: Mapping[int, Process], upstream: int, seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Per scenario and number of workers: costs, what was reached, and what the model says of it."""
    middle = statistics.median
    told = []
    for scenario in (one for one in scenarios() if one.name in WANTED):
        taken: dict[int, list[Round]] = {count: [] for count in places}
        for _ in range(rounds):
            for count, place in places.items():
                print(f"{scenario.name}: {count} worker(s)", file=sys.stderr)
                taken[count].append(await measured(place, upstream, scenario.request, seconds))
        for count, found in taken.items():
            costs = {part: middle(one.costs[part] for one in found) for part in found[0].costs}
            # of the same turn, so that a busy minute is in both
            model = [reachable(one.costs, count, own.cores) for one, own in zip(taken[1], found, strict=True)]
            row: dict[str, Any] = {"scenario": scenario.name, "workers": count}
            row |= {f"{part}_ms": round(cost, 3) for part, cost in costs.items()}
            row |= {
                "cores": round(middle(one.cores for one in found), 2),
                "per_s": round(middle(one.per_s for one in found), 1),
                "model_per_s": round(middle(one.per_s for one in model), 1),
                "bound_by": statistics.mode(one.part for one in model),
                "of_model": round(middle(own.per_s / one.per_s for own, one in zip(found, model, strict=True)), 2),
                "failed": sum(one.failed for one in found),
            }
            told.append(row)
    return told


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
    """Measure, print, write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    told: dict[str, Any] = {"sessions": {values: asyncio.run(bytes_per_session(values)) for values in VALUES}}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream = started_upstream(stack)
        places = {}
        for count in WORKERS:
            (folder / str(count)).mkdir()
            places[count] = started_gateway(stack, folder / str(count), upstream.port, "fast", count)
        told["rows"] = uvloop.run(compared(places, upstream.pid, options.seconds, options.rounds))
    text = page(told)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    if options.write:
        (DOCS / "capacity.md").write_text(text)


if __name__ == "__main__":
    main()
