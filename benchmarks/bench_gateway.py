"""The gateway as ratios to a bare pass-through in the same run: requests per second, CPU, latency, memory of streams.

    python benchmarks/bench_gateway.py [--seconds 3] [--rounds 3] [--policy balanced --policy fast] [--write]

Rounds of the two alternate, so a machine whose speed drifts moves both. Figures are medians over the rounds. One worker
answers, in the default configuration; its CPU time is its own process's, the audit trail's process stands beside it.
`--write` writes docs/benchmarks.md, docs/benchmarks.json and docs/benchmarks.svg.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

import uvloop
from load import Result, closed_loop, first_bytes, open_loop
from processes import Process, cpu_seconds, started_gateway, started_pass_through, started_upstream
from reporting import written
from scenarios import Scenario, held_stream, scenarios
from stages import stages

_CLIENTS = 16
_STREAMS = 64
_LOAD = 0.7


async def measured(place: Process, scenario: Scenario, seconds: float) -> tuple[Result, float, float]:
    """One round; CPU milliseconds per request of the process, and of the one that keeps the audit trail."""
    before, kept = cpu_seconds(place.pid), cpu_seconds(place.parent)
    result = await closed_loop(place.port, scenario.request, _CLIENTS, seconds)
    good = max(1, result.good)
    spent, trail = cpu_seconds(place.pid) - before, cpu_seconds(place.parent) - kept
    return result, 1000 * spent / good, 1000 * trail / good


async def compared(scenario: Scenario, bare: Process, ours: Process, seconds: float, rounds: int) -> dict[str, object]:
    """Medians over rounds, and ratios within the pairs."""
    middle = statistics.median
    for place in (bare, ours):
        await measured(place, scenario, 1.0)  # warm-up
    pairs = [(await measured(bare, scenario, seconds), await measured(ours, scenario, seconds)) for _ in range(rounds)]
    return {
        "scenario": scenario.name,
        "bare_per_s": round(middle(a[0].rate for a, _ in pairs), 1),
        "gateway_per_s": round(middle(b[0].rate for _, b in pairs), 1),
        "rate_ratio": round(middle(b[0].rate / a[0].rate for a, b in pairs), 3),
        "bare_cpu_ms": round(middle(a[1] for a, _ in pairs), 3),
        "gateway_cpu_ms": round(middle(b[1] for _, b in pairs), 3),
        "audit_cpu_ms": round(middle(b[2] for _, b in pairs), 3),
        "cpu_ratio": round(middle(a[1] / b[1] for a, b in pairs), 3),
        "bare_p50_ms": round(middle(a[0].percentile(0.5) for a, _ in pairs), 2),
        "gateway_p50_ms": round(middle(b[0].percentile(0.5) for _, b in pairs), 2),
        "gateway_p99_ms": round(middle(b[0].percentile(0.99) for _, b in pairs), 2),
        "failed": sum(a[0].bad + b[0].bad for a, b in pairs),
    }


async def loaded(scenario: Scenario, bare: Process, ours: Process, seconds: float) -> dict[str, object]:
    """Latency at 70 % of the gateway's own highest rate, as requests arrive and not as answers come back."""
    most = await closed_loop(ours.port, scenario.request, _CLIENTS, seconds)
    rate = _LOAD * most.rate
    told = {
        name: await open_loop(place.port, scenario.request, rate, seconds)
        for name, place in (("bare", bare), ("gateway", ours))
    }
    added = [told["gateway"].percentile(share) - told["bare"].percentile(share) for share in (0.5, 0.99)]
    return {
        "scenario": f"{scenario.name}, open loop at 70 %",
        "offered_per_s": round(rate, 1),
        "added_p50_ms": round(added[0], 2),
        "added_p99_ms": round(added[1], 2),
        "failed": told["gateway"].bad,
    }


async def streamed(bare: Process, ours: Process, rounds: int) -> dict[str, object]:
    """What 64 streams at once add to the time to the first event, and what an open stream holds in memory."""
    request = held_stream()
    firsts: dict[str, list[float]] = {"bare": [], "gateway": []}
    per_stream: list[float] = []
    for _ in range(rounds):
        for name, place in (("bare", bare), ("gateway", ours)):
            before = place.memory()
            times, during = await first_bytes(place.port, request, _STREAMS, place.memory)
            firsts[name] += times
            if name == "gateway":
                per_stream.append((during - before) / _STREAMS)
    medians = {name: 1000 * statistics.median(times) for name, times in firsts.items()}
    return {
        "scenario": f"{_STREAMS} streams at once",
        "bare_first_ms": round(medians["bare"], 2),
        "gateway_first_ms": round(medians["gateway"], 2),
        "added_first_ms": round(medians["gateway"] - medians["bare"], 2),
        "kib_per_stream": round(statistics.median(per_stream) / 1024, 1),
    }


async def run(policy: str, seconds: float, rounds: int, *, quick: bool) -> dict[str, object]:
    """All figures under one policy."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream = started_upstream(stack)
        bare = started_pass_through(stack, upstream.port)
        ours = started_gateway(stack, folder, upstream.port, policy)
        wanted = [scenario for scenario in scenarios() if scenario.gated or not quick]
        rows = [await compared(scenario, bare, ours, seconds, rounds) for scenario in wanted]
        told: dict[str, object] = {"policy": policy, "closed": rows}
        if not quick:
            told["open"] = [await loaded(scenario, bare, ours, seconds) for scenario in scenarios()[:2]]
            told["streams"] = await streamed(bare, ours, rounds)
            told["stages"] = await stages(policy)
        told["start_s"] = round(ours.start_seconds, 1)
        return told


def main() -> None:
    """Parse arguments, run, print a Markdown table per policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--policy", action="append", choices=["balanced", "fast"])
    parser.add_argument("--quick", action="store_true", help="the scenarios that have a floor only")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    policies = options.policy or ["balanced"]
    told = [uvloop.run(run(policy, options.seconds, options.rounds, quick=options.quick)) for policy in policies]
    written(told, options.json, to_docs=options.write)


if __name__ == "__main__":
    main()
