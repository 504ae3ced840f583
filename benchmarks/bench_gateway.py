"""Requests per second, CPU and latency of the gateway as ratios to a bare pass-through, in the same run.

    python benchmarks/bench_gateway.py [--seconds 3] [--rounds 3] [--json FILE]

Rounds of the two alternate, so a machine whose speed drifts moves both. Figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop
from load import Result, closed_loop

HERE = Path(__file__).parent
KEY = "sk-sting-benchmark-key"
FIRST = "Alice Robert Maria James Elena Thomas Julia Peter Sarah Daniel Laura Victor Emma Oscar Nina Felix".split()
LAST = "Marsh Keller Santos Whitfield Petrova Lindqvist Moreau Hughes Okafor Brandt Novak Sullivan Rossi".split()


def letter(seed: int) -> str:
    """About 60 words with a name, an address, a phone number and an e-mail, different for each seed."""
    pick = random.Random(seed)
    first, last = pick.choice(FIRST), pick.choice(LAST)
    return (
        f"Hello, my name is {first} {last} and I am writing about order number {pick.randrange(10**5)} that should "
        f"have arrived last week in Rotterdam. Please call me at +1 415 555 {pick.randrange(100, 200):04d} or write to "
        f"{first.lower()}.{last.lower()}{pick.randrange(10**6)}@example.com as soon as you can, because my colleagues "
        "and I are waiting for the parts and the workshop cannot go on without them. Thank you for your help."
    )


def body(messages: list[dict[str, str]], *, stream: bool = False) -> bytes:
    """A chat completion request."""
    return json.dumps({"model": "bench", "messages": messages, "temperature": 0.2, "stream": stream}).encode()


def conversation(turns: int, seed: int) -> list[dict[str, str]]:
    """A conversation of `turns` turns whose last message is the user's."""
    messages = [{"role": "system", "content": "You are a helpful assistant of a parts shop."}]
    for turn in range(turns):
        messages.append({"role": "user", "content": letter(seed * 1000 + turn)})
        messages.append({"role": "assistant", "content": "Thank you, I have noted that. " * 4})
    return messages[:-1]


def http(content: bytes) -> bytes:
    """The request's bytes."""
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {KEY}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@dataclass(frozen=True)
class Scenario:
    """What is sent, and by how many clients at once."""

    name: str
    request: Callable[[int], bytes]
    clients: int = 16


def scenarios() -> list[Scenario]:
    """Seen text short and long, all-new text, and streams."""
    short = http(body([{"role": "user", "content": letter(1)}]))
    long = http(body(conversation(30, 1)))
    stream = http(body([{"role": "user", "content": letter(1)}], stream=True))
    clean = http(body([{"role": "user", "content": "Explain the difference between a list and a tuple. " * 6}]))
    offset = random.SystemRandom().randrange(10**9)
    return [
        Scenario("short, seen text", lambda _: short),
        Scenario("short, no findings", lambda _: clean),
        Scenario("30 turns, seen text", lambda _: long),
        Scenario("short stream, seen text", lambda _: stream),
        Scenario("short, new text", lambda n: http(body([{"role": "user", "content": letter(offset + n)}]))),
    ]


def start(stack: ExitStack, *command: str) -> tuple[int, int]:
    """Start a server that prints its port on the last word of its first line; (port, pid)."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)
    assert process.stdout is not None
    line = process.stdout.readline()
    return int(line.strip().rpartition(":")[2]), process.pid


def gateway_config(folder: Path, upstream: int) -> Path:
    """A configuration with the mock as its only provider."""
    path = folder / "bench.yaml"
    path.write_text(
        f"gateway: {{port: 0}}\ndata_dir: {folder}/data\n"
        f"providers: {{openai: {{kind: openai, base_url: 'http://127.0.0.1:{upstream}/v1', local: true}}}}\n"
        f"keys: [{{name: bench, secret: {KEY}}}]\n"
    )
    return path


def cpu_seconds(pid: int) -> float:
    """User and system time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measured(port: int, pid: int, scenario: Scenario, seconds: float) -> tuple[Result, float]:
    """One round, and CPU milliseconds per request of the process (not of its children)."""
    before = cpu_seconds(pid)
    result = await closed_loop(port, scenario.request, scenario.clients, seconds)
    return result, 1000 * (cpu_seconds(pid) - before) / max(1, result.good)


def row(name: str, bare: list[tuple[Result, float]], ours: list[tuple[Result, float]]) -> dict[str, float | str]:
    """Medians over rounds, and ratios within the pairs."""
    middle = statistics.median
    return {
        "scenario": name,
        "bare_per_s": round(middle(result.rate for result, _ in bare), 1),
        "gateway_per_s": round(middle(result.rate for result, _ in ours), 1),
        "rate_ratio": round(middle(b[0].rate / a[0].rate for a, b in zip(bare, ours, strict=True)), 3),
        "bare_cpu_ms": round(middle(cpu for _, cpu in bare), 3),
        "gateway_cpu_ms": round(middle(cpu for _, cpu in ours), 3),
        "cpu_ratio": round(middle(a[1] / b[1] for a, b in zip(bare, ours, strict=True)), 3),
        "bare_p50_ms": round(middle(result.percentile(0.5) for result, _ in bare), 2),
        "gateway_p50_ms": round(middle(result.percentile(0.5) for result, _ in ours), 2),
        "gateway_p99_ms": round(middle(result.percentile(0.99) for result, _ in ours), 2),
        "failed": sum(result.bad for result, _ in (*bare, *ours)),
    }


async def run(seconds: float, rounds: int) -> list[dict[str, float | str]]:
    """All scenarios."""
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sting-bench-")))
        upstream, _ = start(stack, str(HERE / "mock_upstream.py"))
        bare = start(stack, str(HERE / "pass_through.py"), f"http://127.0.0.1:{upstream}")
        command = "from policies.cli import main; main()"
        ours = start(
            stack, "-c", command, "gateway", "--config", str(gateway_config(folder, upstream)), "--log-level", "error"
        )
        for scenario in scenarios():
            for place in (bare, ours):
                await measured(*place, scenario, 1.0)  # warm-up
            pairs = [
                (await measured(*bare, scenario, seconds), await measured(*ours, scenario, seconds))
                for _ in range(rounds)
            ]
            rows.append(row(scenario.name, [first for first, _ in pairs], [second for _, second in pairs]))
    return rows


def main() -> None:
    """Parse arguments, run, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = uvloop.run(run(options.seconds, options.rounds))
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for line in rows:
        print("| " + " | ".join(str(line[column]) for column in columns) + " |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
