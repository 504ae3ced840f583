"""Whether memory stays flat: mixed load at a modest rate for half an hour, and a slope with its interval at the end.

    python benchmarks/soak.py [--minutes 30] [--rate 20] [--policy fast] [--json FILE]

Plain and streamed requests, new texts and growing conversations, clients that leave, broken bodies, wrong keys and a
provider that fails. What is bounded by count or by time (caches, sessions of 60 s) is filled before the first sample,
so that what grows afterwards is a leak. Ends with 1 when a part's memory grows for certain, and when an answer was
not what it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from load import all_of, kind_of, one_answer
from processes import Process, started_gateway, started_upstream
from scenarios import body, conversation, http, letter, user
from trends import Trend, trend

_SHORT, _LONG = 21_000, 600
"""Before the first sample: conversations of one new text, more than a worker remembers the provider of (20,000), then
of 30 turns, with more tokens than its cache of sessions holds (65,536)."""
_SETTLE_SECONDS = 600.0
"""Before the first sample: what the allocator keeps settles with the load. A third of the samples' time at most."""
_SAMPLE_SECONDS = 5.0
_AT_ONCE = 64
"""A machine that is too slow for the rate gets fewer requests, not a queue that would look like a leak."""
_POLICY = "name: soak\nextends: {policy}\nsession_ttl: 60\n"
_MORE = "detection: {cache_entries: 1000}\n"


@dataclass
class Told:
    """Answers by kind and whether they were what they should be, and memory by part over time."""

    good: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, dict[str, int]]] = field(default_factory=list)


def request(number: int) -> tuple[str, bytes, int]:
    """Kind, bytes and wanted status of a request: by turns all there are; 0: the client leaves before the answer."""
    chance, turn = random.Random(number), number // 10 % 30
    text = letter(10**6 + number)
    kinds = [
        ("short, seen", user(letter(1)), 200),
        ("short, new, echoed", user(text, model="bench-echo"), 200),
        ("conversation", http(body(conversation(turn + 1, number // 300))), 200),
        ("stream", user(letter(1), stream=True), 200),
        ("stream, new, echoed", user(text, stream=True, model="bench-echo"), 200),
        ("client leaves", user(text, stream=True, model="bench-hold"), 0),
        ("provider fails", user(letter(2), model="bench-fail"), 500),
        ("broken body", http(b'{"model": "bench", "messages": [' + text.encode()[: chance.randrange(99)]), 400),
        ("wrong key", user(letter(1)).replace(b"benchmark-key", b"benchmark-kez"), 401),
        ("table, seen", user("\n".join(letter(n) for n in range(5))), 200),
    ]
    return kinds[number % len(kinds)]


async def asked(port: int, number: int, told: Told) -> None:
    """One request on a connection of its own; an echo has to bring back what went in."""
    kind, content, wanted = request(number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    try:
        writer.write(content)
        if not wanted:
            await reader.readuntil(b"data: ")
            told.good[kind] += 1
            return
        status, answer = await one_answer(reader)
        fine = status == wanted
        if "echoed" in kind:
            mail = next(word for word in letter(10**6 + number).split() if "@" in word)
            fine = fine and mail.encode() in answer
        (told.good if fine else told.bad)[kind if fine else f"{kind}: {kind_of(status, answer)}"] += 1
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        told.bad[f"{kind}: {type(error).__name__}"] += 1
    finally:
        writer.close()


async def soaked(place: Process, seconds: float, rate: float, told: Told) -> None:
    """`rate` requests per second as they are due, and a sample of the memory every few seconds, `told` fills."""
    started, tasks, number, due_sample = time.monotonic(), set[asyncio.Task[None]](), 0, 0.0
    while (passed := time.monotonic() - started) < seconds:
        if passed >= due_sample:
            told.samples.append((passed, place.anonymous()))
            due_sample += _SAMPLE_SECONDS
        while number < rate * passed and len(tasks) < _AT_ONCE:
            task = asyncio.create_task(asked(place.port, number, told))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        await asyncio.sleep(0.5 / rate)
    await asyncio.gather(*tasks)


async def run(folder: Path, minutes: float, rate: float, policy: str) -> Told:
    """Fill what is bounded, let it settle under load, then measure."""
    (folder / "policies").mkdir()
    (folder / "policies" / "soak.yaml").write_text(_POLICY.format(policy=policy))
    with ExitStack() as stack:
        upstream = started_upstream(stack)
        place = started_gateway(stack, folder, upstream.port, "soak", 1, policies=folder / "policies", more=_MORE)
        await all_of(place.port, (user(letter(10**9 + number)) for number in range(_SHORT)), 8)
        await all_of(place.port, (http(body(conversation(30, 10**7 + number))) for number in range(_LONG)), 4)
        await soaked(place, min(_SETTLE_SECONDS, 20 * minutes), rate, Told())
        print(f"caches are full; {minutes:g} minutes begin", file=sys.stderr)
        told = Told()
        await soaked(place, 60 * minutes, rate, told)
        return told


def trends(told: Told) -> dict[str, Trend]:
    """The slope of each part's memory and of all together; of the whole run, and of its second half.

    What the allocator keeps free grows in a step at each new peak of exchanges at once, and stays; a leak goes on.
    """
    half = told.samples[-1][0] / 2
    spans = {"": told.samples, ", second half": [sample for sample in told.samples if sample[0] >= half]}
    found = {}
    for span, samples in spans.items():
        times = [at for at, _ in samples]
        parts = {name: [sample[name] for _, sample in samples] for name in samples[0][1]}
        parts["all"] = [sum(sample.values()) for _, sample in samples]
        found |= {name + span: trend(times, values) for name, values in parts.items()}
    return found


def main() -> None:
    """Parse arguments, run, print; 1 when something grows or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--policy", default="fast", choices=["balanced", "fast"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sting-bench-") as folder:
        told = uvloop.run(run(Path(folder), options.minutes, options.rate, options.policy))
    found = trends(told)
    print(f"{told.good.total()} answers as they should be, others: {dict(told.bad) or 'none'}")
    print("| part | MiB | slope, MiB per hour | 95 % interval | |\n|---|---|---|---|---|")
    for name, one in found.items():
        print(f"| {name} | {one.mean:.1f} | {one.slope:+.2f} | {one.low:+.2f} to {one.high:+.2f} | {one.verdict} |")
    if options.json:
        told_all = {"trends": {name: vars(one) for name, one in found.items()}, "samples": told.samples}
        options.json.write_text(json.dumps(told_all | {"good": told.good, "bad": told.bad}) + "\n")
    grown = [name for name, one in found.items() if one.verdict == "grows"]
    sys.exit(1 if grown or told.bad else 0)


if __name__ == "__main__":
    main()
