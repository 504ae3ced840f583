"""A thousand people signed in to the console, and fifty reports that run at the same time.

    python benchmarks/bench_people.py [--people 1000] [--reports 50] [--rate 40] [--seconds 20] [--json FILE]

`sting up --demo` with its jars and a second worker, so that all reports may run at once. The sessions are begun as a
login begins them, without the login's own requests: one address may try only so many a minute. Every person calls in
turn, all pages' routes by turns, at a rate that does not wait for answers. Ends with 1 when a call or a report failed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from load import Result, ask, closed_loop, kind_of, open_loop
from processes import descendants

from admin_ui.callers import COOKIE
from policies.db import open_database
from policies.logins import Logins, csrf_token
from policies.master_key import open_sealer
from policies.people import create_person
from policies.running import find_running
from policies.settings import environment, load_settings

_PATHS = ("session", "reports", "jars", "templates", "policies", "keys", "usage", "health")
_START_SECONDS, _REPORT_SECONDS = 300.0, 1200.0
_UP_RUNS = 8
"""Reports at once of the worker that `up` starts."""
_TEMPLATE, _JAR = "compliance-audit", "techcorp"


@dataclass(frozen=True)
class Console:
    """A running installation: the console's port and process, its folder."""

    port: int
    pid: int
    folder: Path
    refused: Counter[str] = field(default_factory=Counter)

    def memory(self) -> int:
        """Bytes of memory of the console's process, without mapped files."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon:")))

    def get(self, path: str, secret: str) -> bytes:
        """A call's bytes."""
        return f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {COOKIE}={secret}\r\n\r\n".encode()

    async def order(self, seed: int, secret: str) -> str | None:
        """The id of a new report, None when it is refused; why is counted in `refused`."""
        jar = json.loads((await ask(self.port, self.get("jars", secret)))[1])["items"]
        name = next(one["name"] for one in jar if one["name"].startswith(_JAR))
        body = json.dumps({"template": _TEMPLATE, "jar": name, "seed": seed}).encode()
        head = (
            f"POST /api/v1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {COOKIE}={secret}\r\n"
            f"X-CSRF-Token: {csrf_token(secret)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        status, answer = await ask(self.port, head.encode() + body)
        if status != 201:  # noqa: PLR2004
            self.refused[kind_of(status, answer)] += 1
            return None
        return str(json.loads(answer)["id"])

    async def states(self, secret: str, wanted: set[str]) -> Counter[str]:
        """How many of these reports are in which state."""
        answer = json.loads((await ask(self.port, self.get("reports?limit=200", secret)))[1])
        return Counter(row["state"] for row in answer["items"] if row["id"] in wanted)

    def warnings(self) -> Counter[str]:
        """What the parts' logs say, by line without its time."""
        lines = (line for log in self.folder.parent.glob("*.log") for line in log.read_text().splitlines())
        told = (json.loads(line) for line in lines if line.startswith("{"))
        return Counter(" ".join(str(one.get(name, "")) for name in ("logger", "message", "fault")) for one in told)

    async def failures(self, secret: str, wanted: set[str]) -> Counter[str]:
        """Why those of them failed that did."""
        rows = json.loads((await ask(self.port, self.get("reports?limit=200", secret)))[1])["items"]
        failed = [row for row in rows if row["id"] in wanted and row["state"] == "failed"]
        return Counter(f"{row['failure_code']}: {row['failure']}" for row in failed)


@contextlib.contextmanager
def _running(*words: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A command of `sting` on this folder; Ctrl-C ends it."""
    command = [str(Path(sys.executable).with_name("sting")), *words, "--data-dir", str(folder / "data")]
    with (folder / f"{words[0]}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)


@contextlib.contextmanager
def installation(reports: int) -> Iterator[Console]:
    """`sting up --demo` and a second worker, once it serves and has its jars and reports."""
    with tempfile.TemporaryDirectory(prefix="sting-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        up = stack.enter_context(_running("up", "--demo", "--gateway-port", "0", "--console-port", "0", folder=folder))
        assert up.stdout is not None
        line = next((line for line in up.stdout if line.startswith("Log in:")), None)
        if line is None:
            raise RuntimeError((folder / "up.log").read_text()[-2000:])
        pid = next(pid for pid in descendants(up.pid) if "\0console\0" in Path(f"/proc/{pid}/cmdline").read_text())
        stack.enter_context(_running("worker", "--concurrency", str(max(1, reports - _UP_RUNS)), folder=folder))
        running = find_running(folder / "data")
        assert running is not None
        yield Console(int(line.split()[2].partition("/login")[0].rpartition(":")[2]), pid, folder / "data")


async def signed_in(console: Console, count: int) -> list[str]:
    """Sessions of so many new people; the first one may order reports."""
    overrides = {"data_dir": str(console.folder)}
    settings = load_settings(None, environ=environment(), overrides=overrides)
    database = await open_database(settings)
    try:
        logins, now = Logins(database, open_sealer(settings)), time.time_ns() // 1_000_000
        roles = [("admin",), ("editor",), ("auditor", "viewer"), ("viewer",)]
        secrets = []
        for number in range(count):
            made = await create_person(database, f"person{number}@example.com", roles=roles[number % 4], now=now)
            secrets.append((await logins.begin(made.id)).secret)
        return secrets
    finally:
        await database.close()


def told(name: str, result: Result) -> dict[str, Any]:
    """What a round says."""
    return {
        "calls": name,
        "per_s": round(result.rate, 1),
        "p50_ms": round(result.percentile(0.5), 1),
        "p99_ms": round(result.percentile(0.99), 1),
        "failed": result.bad,
        "failures": dict(result.others),
    }


async def with_jars(console: Console, secret: str) -> None:
    """Until the demo's jars are there."""
    async with asyncio.timeout(_START_SECONDS):
        while _JAR.encode() not in (await ask(console.port, console.get("jars", secret)))[1]:  # noqa: ASYNC110 - HTTP
            await asyncio.sleep(0.5)


async def fifty(console: Console, secret: str, count: int) -> dict[str, Any]:
    """Order so many reports, wait for their end: how long that took, and how many ran at once."""
    started, most = time.monotonic(), 0
    ordered = await asyncio.gather(*(console.order(seed, secret) for seed in range(count)))
    wanted = {run for run in ordered if run is not None}
    states: Counter[str] = Counter()
    async with asyncio.timeout(_REPORT_SECONDS):
        while states["done"] + states["failed"] + states["cancelled"] < len(wanted):
            states = await console.states(secret, wanted)
            most = max(most, states["running"])
            await asyncio.sleep(0.5)
    failures = await console.failures(secret, wanted) + console.refused
    seconds = round(time.monotonic() - started, 1)
    return {"states": dict(states), "most_at_once": most, "seconds": seconds, "failures": dict(failures)}


async def run(console: Console, people: int, reports: int, rate: float, seconds: float) -> dict[str, Any]:
    """Calls of everybody, first alone, then while the reports run."""
    before = console.memory()
    secrets = await signed_in(console, people)
    await with_jars(console, secrets[0])
    calls = [console.get(_PATHS[n // people % len(_PATHS)], secrets[n % people]) for n in range(people * len(_PATHS))]

    def call(number: int) -> bytes:
        return calls[number * 61 % len(calls)]  # prime to both: people and routes in turn

    once = await closed_loop(console.port, call, 16, seconds)
    alone = await open_loop(console.port, call, rate, seconds)
    ordered = asyncio.create_task(fifty(console, secrets[0], reports))
    during: list[Result] = []
    while not ordered.done():
        during.append(await open_loop(console.port, call, rate, 5.0))
    together = Result(
        sum(one.good for one in during),
        sum((one.others for one in during), Counter()),
        sum(one.seconds for one in during),
        [seconds for one in during for seconds in one.times],
    )
    return {
        "people": people,
        "rows": [
            told("16 callers without a pause", once),
            told(f"{rate:g} per second", alone),
            told(f"{rate:g} per second while {reports} reports run", together),
        ],
        "reports": await ordered,
        "warnings": dict(console.warnings()),
        "console_mib": [round(size / (1 << 20), 1) for size in (before, console.memory())],
    }


def main() -> None:
    """Parse arguments, run, print; 1 when something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--reports", type=int, default=50)
    parser.add_argument("--rate", type=float, default=40.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with installation(options.reports) as console:
        figures = uvloop.run(run(console, options.people, options.reports, options.rate, options.seconds))
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    done = figures["reports"]["states"] == {"done": options.reports}
    sys.exit(0 if done and not any(row["failed"] for row in figures["rows"]) else 1)


if __name__ == "__main__":
    main()
