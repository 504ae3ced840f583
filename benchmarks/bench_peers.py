"""The gateway beside others that mask: requests per second, added latency, what leaks and what comes back.

    python benchmarks/bench_peers.py [--seconds 4] [--rounds 3] [--cases 64] [--only NAME ...] [--write]

All run at once, one process that answers each, before the same provider; rounds alternate, figures are medians. Peers
come from PyPI into `.peers/` (peers.py); one that does not install or start is named with the reason. `--write` writes
docs/peers.md and docs/peers.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvloop
from leak_set import Case, leak_set
from leaks import judged
from load import Result, all_of, asked_once, closed_loop
from peers import PEERS, NotHere
from peers_page import lines, page
from processes import started_gateway, started_pass_through, started_upstream
from reporting import DOCS
from scenarios import scenarios, user

CLIENTS = 8
_PATIENCE = 180.0
WANTED = (
    "short, seen text",
    "short, new text",
    "30 turns, seen text",
    "30 seen turns and a new one",
    "30 turns, all new",
)
MODES = ("", "-lower", "-bare", "-escaped", "stream")


async def measured(port: int, request: Callable[[int], bytes], clients: int, seconds: float) -> Result | None:
    """One round; None when it did not end in time."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await closed_loop(port, request, clients, seconds)
    except (TimeoutError, OSError, asyncio.IncompleteReadError):
        return None


async def speeds(places: dict[str, int], seconds: float, rounds: int) -> list[dict[str, object]]:
    """Per scenario and place: requests per second of 8 clients, and the time that one client alone waits longer."""
    told = []
    for scenario in (one for one in scenarios() if one.name in WANTED):
        rates: dict[str, list[float]] = {name: [] for name in places}
        waits: dict[str, list[float]] = {name: [] for name in places}
        failed = dict.fromkeys(places, 0)
        for port in places.values():
            await measured(port, scenario.request, 2, 0.5)  # warm-up
        for _ in range(rounds):
            for name, port in places.items():
                alone = await measured(port, scenario.request, 1, seconds / 2)
                many = await measured(port, scenario.request, CLIENTS, seconds)
                for result in (alone, many):
                    failed[name] += result.bad if result else 1
                rates[name].append(many.rate if many else 0.0)
                waits[name].append(alone.percentile(0.5) if alone and alone.good else float("nan"))
        for name in places:
            added = statistics.median(a - b for a, b in zip(waits[name], waits["direct"], strict=True))
            rate = statistics.median(rates[name])
            row = {"scenario": scenario.name, "place": name, "per_s": round(rate, 1), "added_p50_ms": round(added, 2)}
            told.append(row | {"failed": failed[name]})
            print(json.dumps(told[-1]), file=sys.stderr, flush=True)
    return told


async def leaking(name: str, port: int, upstream: int, cases: list[Case]) -> dict[str, object]:
    """What of the cases' values reaches the provider, and what comes back of what it is sent instead."""
    told: dict[str, tuple[list[str], list[bytes]]] = {}
    for mode in MODES:
        model = "bench-kept" + ("" if mode == "stream" else mode)
        asked_once(upstream, b"GET /kept HTTP/1.1\r\nHost: x\r\n\r\n")
        answers = []
        for case in cases:
            answers += await all_of(port, [user(case.text, stream=mode == "stream", model=model)], 1)
        kept = json.loads(asked_once(upstream, b"GET /kept HTTP/1.1\r\nHost: x\r\n\r\n")[1])
        told[mode or "exact"] = (kept, [content if status == 200 else b"" for status, content, _ in answers])  # noqa: PLR2004
    found = {"place": name, **judged(cases, told)}
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


async def run(seconds: float, rounds: int, count: int, only: list[str]) -> dict[str, Any]:
    """Start everybody, then speeds and leaks."""
    cases = leak_set(count)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream = started_upstream(stack).port
        places = {"direct": upstream, "pass-through": started_pass_through(stack, upstream).port}
        for policy in ("fast", "balanced"):
            (folder / policy).mkdir()
            places[f"STING-CE `{policy}`"] = started_gateway(stack, folder / policy, upstream, policy, 1).port
        absent, present = {}, []
        for peer in (one for one in PEERS if not only or one.name in only):
            try:
                places[peer.name] = peer.started(stack, folder / peer.name.replace(" ", ""), upstream)
                present.append({"name": peer.name, "about": peer.about, "versions": peer.versions()})
            except NotHere as why:
                absent[peer.name] = str(why)
        leaks = [await leaking(name, port, upstream, cases) for name, port in places.items() if name not in _BARE]
        told = {
            "cases": count,
            "seconds": seconds,
            "rounds": rounds,
            "peers": present,
            "absent": absent,
            "leaks": leaks,
        }
        return told | {"speeds": await speeds(places, seconds, rounds)}


_BARE = ("direct", "pass-through")


def main() -> None:
    """Parse arguments, run, print the page, write it when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", type=int, default=64)
    parser.add_argument("--only", action="append", default=[], choices=[peer.name for peer in PEERS])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    told = uvloop.run(run(options.seconds, options.rounds, options.cases, options.only))
    told["lines"] = lines(told)
    text = page(told)
    print(text)
    if options.write:
        (DOCS / "peers.md").write_text(text)
        (DOCS / "peers.json").write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
