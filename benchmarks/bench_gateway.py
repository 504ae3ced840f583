"""The gateway as ratios to a bare pass-through in the same run: requests per second, CPU, latency, memory of streams.

    python benchmarks/bench_gateway.py [--seconds 3] [--rounds 3] [--policy balanced --policy fast] [--write]

Rounds of the two alternate, so a machine whose speed drifts moves both. Figures are medians over the rounds. One worker
answers, in the default configuration; its CPU time is its own process's, the audit trail's process stands beside it.
`--write` writes docs/benchmarks.md, docs/benchmarks.json and docs/benchmarks.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import uvloop
from conversations import growing
from load import Result, closed_loop, first_bytes, first_bytes_spread, open_loop
from mock_upstream import HOLD_SECONDS
from pauses import pauses
from processes import Process, compiled_once, cpu_seconds, started_gateway, started_pass_through, started_upstream
from reporting import written
from scenarios import Scenario, held_stream, scenarios
from stages import stages

_CLIENTS = 16
_STREAMS, _MANY_STREAMS = 64, 256
_LOAD = 0.7
_AT_REST_CPU = 0.04
"""Seconds of CPU in half a second up to which the process that keeps the trail is at rest."""


async def measured(place: Process, scenario: Scenario, seconds: float) -> tuple[Result, float, float]:
    """One round; CPU milliseconds per request of the process, and of the one that keeps the audit trail."""
    before, kept = cpu_seconds(place.pid), cpu_seconds(place.parent)
    result = await closed_loop(place.port, scenario.request, _CLIENTS, seconds)
    good = max(1, result.good)
    spent, trail = cpu_seconds(place.pid) - before, cpu_seconds(place.parent) - kept
    return result, 1000 * spent / good, 1000 * trail / good


async def compared(
    scenario: Scenario, places: tuple[Process, Process, Process], seconds: float, rounds: int
) -> dict[str, object]:
    """Medians over rounds, and ratios within them; `places` are the provider, the pass-through and the gateway."""
    middle = statistics.median
    for place in places:
        await measured(place, scenario, 1.0)  # warm-up
    turns = [[await measured(place, scenario, seconds) for place in places] for _ in range(rounds)]
    pairs = [(bare, ours) for _, bare, ours in turns]
    return {
        "scenario": scenario.name,
        "direct_per_s": round(middle(direct[0].rate for direct, _, _ in turns), 1),
        "bare_per_s": round(middle(a[0].rate for a, _ in pairs), 1),
        "gateway_per_s": round(middle(b[0].rate for _, b in pairs), 1),
        "rate_ratio": round(middle(b[0].rate / a[0].rate for a, b in pairs), 3),
        "direct_ratio": round(middle(ours[0].rate / direct[0].rate for direct, _, ours in turns), 3),
        "bare_cpu_ms": round(middle(a[1] for a, _ in pairs), 3),
        "gateway_cpu_ms": round(middle(b[1] for _, b in pairs), 3),
        "audit_cpu_ms": round(middle(b[2] for _, b in pairs), 3),
        "cpu_ratio": round(middle(a[1] / b[1] for a, b in pairs), 3),
        "bare_p50_ms": round(middle(a[0].percentile(0.5) for a, _ in pairs), 2),
        "gateway_p50_ms": round(middle(b[0].percentile(0.5) for _, b in pairs), 2),
        "gateway_p99_ms": round(middle(b[0].percentile(0.99) for _, b in pairs), 2),
        "failed": sum(a[0].bad + b[0].bad for a, b in pairs),
    }


async def at_rest(ours: Process) -> None:
    """Wait until what the gateway does behind its answers is done: it would be measured, too."""
    for _ in range(40):
        before = cpu_seconds(ours.parent)
        await asyncio.sleep(0.5)
        if cpu_seconds(ours.parent) - before < _AT_REST_CPU:
            return


async def loaded(scenario: Scenario, bare: Process, ours: Process, seconds: float, rounds: int) -> dict[str, object]:
    """Latency at 70 % of the gateway's own highest rate, as requests arrive and not as answers come back.

    What is added is what the gateway takes beyond the pass-through (`passed`) under the same arrivals. Beside it the
    pass-through's own latency at 70 % of its highest rate: what such a load does to any process here. `tail` is the
    99th percentile over the median. Medians over rounds: the slowest hundredth of a few seconds is one pause of the
    machine, if there is one in them.
    """
    rate = _LOAD * (await closed_loop(ours.port, scenario.request, _CLIENTS, seconds)).rate
    its_own = _LOAD * (await closed_loop(bare.port, scenario.request, _CLIENTS, seconds)).rate
    alone, pairs = [], []
    for _ in range(rounds):
        await at_rest(ours)
        alone.append(await open_loop(bare.port, scenario.request, its_own, seconds, ready=_STREAMS))
        one, other = [
            await open_loop(place.port, scenario.request, rate, seconds, ready=_STREAMS) for place in (bare, ours)
        ]
        pairs.append((one, other))
    middle = statistics.median
    added = [middle(b.percentile(share) - a.percentile(share) for a, b in pairs) for share in (0.5, 0.99)]
    passed = [middle(a.percentile(share) for a, _ in pairs) for share in (0.5, 0.99)]
    own = [middle(one.percentile(share) for one in alone) for share in (0.5, 0.99)]
    return {
        "scenario": f"{scenario.name}, open loop at 70 %",
        "offered_per_s": round(rate, 1),
        "added_p50_ms": round(added[0], 2),
        "added_p99_ms": round(added[1], 2),
        "tail": round(added[1] / added[0], 1),
        "passed_p50_ms": round(passed[0], 2),
        "passed_p99_ms": round(passed[1], 2),
        "passed_tail": round(passed[1] / passed[0], 1),
        "bare_offered_per_s": round(its_own, 1),
        "bare_p50_ms": round(own[0], 2),
        "bare_p99_ms": round(own[1], 2),
        "bare_tail": round(own[1] / own[0], 1),
        "failed": sum(other.bad for _, other in pairs),
    }


async def kept_per_stream(ours: Process) -> float:
    """KiB of the worker's memory for each open stream, from 64 of them to 256, before anything has left room free."""
    request = held_stream()
    _, few = await first_bytes(ours.port, request, _STREAMS, ours.memory)
    _, many = await first_bytes(ours.port, request, _MANY_STREAMS, ours.memory)
    return round((many - few) / 1024 / (_MANY_STREAMS - _STREAMS), 1)


async def streamed(bare: Process, ours: Process, rounds: int, kept: float) -> list[dict[str, object]]:
    """What 64 streams add to the time to the first event; `kept`: what an open one holds in memory.

    Begun at one instant each waits until one process has worked through all 64; beside that, 64 that are open all the
    time, while another begins whenever one ends.
    """
    request = held_stream()
    firsts: dict[str, list[float]] = {"bare": [], "gateway": []}
    spread: dict[str, list[float]] = {}
    for name, place in (("bare", bare), ("gateway", ours)):
        spread[name] = await first_bytes_spread(place.port, request, _STREAMS, HOLD_SECONDS / _STREAMS, 2 * _STREAMS)
    for _ in range(rounds):
        for name, place in (("bare", bare), ("gateway", ours)):
            times, _ = await first_bytes(place.port, request, _STREAMS, place.memory)
            firsts[name] += times
    return [
        _first_row(f"{_STREAMS} streams at once", firsts, kept),
        _first_row(f"{_STREAMS} streams open, begun one by one", spread, ""),
    ]


def _first_row(name: str, times: Mapping[str, Sequence[float]], kept: float | str) -> dict[str, object]:
    """Medians until the first event, and what the gateway adds; `kept`: KiB for each open stream."""
    bare, ours = (1000 * statistics.median(times[place]) for place in ("bare", "gateway"))
    row = {"scenario": name, "bare_first_ms": round(bare, 2), "gateway_first_ms": round(ours, 2)}
    return {**row, "added_first_ms": round(ours - bare, 2), "kib_per_stream": kept}


def ready_after(policy: str, engines: str) -> dict[str, object]:
    """Seconds until a gateway is ready: its first start, which makes keys and tables, and another one behind it."""
    seconds = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream = started_upstream(stack)
        for _ in range(2):
            with ExitStack() as once:
                seconds.append(started_gateway(once, folder, upstream.port, policy).start_seconds)
    return {"start": f"`{policy}` ({engines})", "first_s": round(seconds[0], 1), "again_s": round(seconds[1], 1)}


async def run(policy: str, seconds: float, rounds: int, *, quick: bool) -> dict[str, object]:
    """All figures under one policy."""
    stood_still = "" if quick else pauses().told()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream = started_upstream(stack)
        bare = started_pass_through(stack, upstream.port)
        ours = started_gateway(stack, folder, upstream.port, policy)
        kept = 0.0 if quick else await kept_per_stream(ours)
        wanted = [scenario for scenario in scenarios() if scenario.gated or not quick]
        rows = [await compared(scenario, (upstream, bare, ours), seconds, rounds) for scenario in wanted]
        told: dict[str, object] = {"policy": policy, "machine": stood_still, "closed": rows}
        if not quick:
            told["open"] = [await loaded(scenario, bare, ours, seconds, rounds) for scenario in scenarios()[:2]]
            told["growing"] = await growing(ours, rounds)
            told["streams"] = await streamed(bare, ours, rounds, kept)
            told["stages"] = await stages(policy)
            told["starts"] = starts = [ready_after(policy, "with a model"), ready_after("code", "patterns only")]
        # By now the code stands compiled where this run keeps it, as it does where a package was installed.
        told["start_s"] = round(ours.start_seconds, 1) if quick else starts[0]["first_s"]
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
    with compiled_once():
        told = [uvloop.run(run(policy, options.seconds, options.rounds, quick=options.quick)) for policy in policies]
    written(told, options.json, to_docs=options.write)


if __name__ == "__main__":
    main()
