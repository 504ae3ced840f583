"""A whole machine (`sting up`): its console killed in the middle of writes, its worker in the middle of a report."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from policies.db import FILE_NAME
from tests.chaos.load import Ledger
from tests.chaos.plant import RECOVERY_SECONDS, Outcome
from tests.console_fixture import Browser
from tests.e2e.sting_process import StingProcess, sting
from tests.e2e.test_up import logged_in, run_file
from tests.gateway_fixture import until

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(500)]
Told = Callable[[Outcome], None]
UP = ("up", "--gateway-port", "0", "--console-port", "0", "--data-dir")
ORDER = {"template": "customer-insights", "jar": "first"}


def process(up: StingProcess, part: str) -> int | None:
    """Process id of a part."""
    return next((pid for pid, name in up.left_behind().items() if f" {part} " in name), None)


async def replaced(up: StingProcess, part: str, before: int | None) -> None:
    """Wait until another process is there for a killed one."""
    async with asyncio.timeout(90):
        while process(up, part) in {before, None}:
            await asyncio.sleep(0.1)  # looking through all processes costs


async def test_parts_are_killed_at_work(tmp_path: Path, told: Told) -> None:
    data, config = tmp_path / "data", tmp_path / "config.yaml"
    config.write_text("providers: {demo: {kind: demo, local: true}}\ndefault_provider: demo\n")
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        sting(tmp_path, *UP, str(data), "--config", str(config)) as up,
        aiohttp.ClientSession(cookie_jar=jar) as http,
    ):
        admin = await logged_in(up, http)
        await until(lambda: "console" in run_file(data), 60)
        told(await the_console_is_killed(up, admin))
        made = await admin.call("POST", "/jar-starters/helpdesk", {"name": "first"})
        assert made.status == 201, made.data
        told(await the_worker_is_killed(up, admin, data / FILE_NAME))
        assert (await admin.call("POST", "/audit/verify")).data["intact"]


async def the_console_is_killed(up: StingProcess, admin: Browser) -> Outcome:
    """Two people make keys without pause; every key that they were told of is there afterwards."""
    ledger, ending = Ledger(), asyncio.Event()

    async def make(who: str) -> None:
        number = 0
        while not ending.is_set():
            number += 1
            try:
                answer = await admin.call("POST", "/keys", {"name": f"{who}-{number}"})
            except (aiohttp.ClientError, OSError) as error:
                ledger.broken[type(error).__name__] += 1
                await asyncio.sleep(0.05)
                continue
            assert answer.status == 201, answer.data
            ledger.acknowledged.append(f"{who}-{number}")

    tasks = [asyncio.create_task(make(who)) for who in ("ann", "ben")]
    try:
        await until(lambda: len(ledger.acknowledged) >= 10, 60)
        before = process(up, "console")
        assert before is not None
        os.kill(before, signal.SIGKILL)
        await replaced(up, "console", before)
        await lives_again(admin)
        begun, done = time.monotonic(), len(ledger.acknowledged)
        await until(lambda: len(ledger.acknowledged) > done, 60)
        recovery = time.monotonic() - begun
        wanted = len(ledger.acknowledged) + 10
        await until(lambda: len(ledger.acknowledged) >= wanted, 60)
    finally:
        ending.set()
        await asyncio.gather(*tasks)
    keys = {one["name"] for one in (await admin.call("GET", "/keys")).data["items"]}
    lost = len(set(ledger.acknowledged) - keys)
    assert lost == 0
    assert recovery < RECOVERY_SECONDS
    note = "keys were made without pause; recovery counts from the new process's first answer to /healthz"
    return Outcome("Console killed in the middle of SQL writes", recovery, ledger, lost, note)


async def lives_again(admin: Browser) -> None:
    """Wait until the new console answers that it lives: it listens before it has loaded, so the first call waits."""
    async with asyncio.timeout(120):
        while True:
            try:
                async with admin.http.get(f"{admin.url}/healthz") as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.02)


async def the_worker_is_killed(up: StingProcess, admin: Browser, database: Path) -> Outcome:
    """A report is half written; the worker that takes the place of the killed one goes on, and it is made once."""
    ordered = await admin.call("POST", "/reports", ORDER)
    assert ordered.status in {201, 202}, ordered.data
    run = ordered.data["id"]
    await until(lambda: steps(database, run) >= 2, 90)
    before, first = process(up, "worker"), leased(database, run)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await replaced(up, "worker", before)
    spawned = time.monotonic()
    await until(lambda: bool(living(database) - {first}), 90)
    begun, done = time.monotonic(), steps(database, run)
    await until(lambda: leased(database, run) not in {first, None} or steps(database, run) > done, 90)
    taken = time.monotonic() - begun
    async with asyncio.timeout(150):
        while (shown := (await admin.call("GET", f"/reports/{run}")).data)["state"] != "done":
            assert shown["state"] in {"queued", "running"}, shown
            await asyncio.sleep(0.1)
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        documents = connection.execute("SELECT count(*) FROM report_documents WHERE run = ?", (run,)).fetchone()[0]
    assert documents == 1
    assert (await admin.call("GET", f"/reports/{run}/document")).status == 200
    assert taken < RECOVERY_SECONDS
    start = f"{begun - spawned:.1f} s after its process began"
    note = f"recovery counts from when the next worker is ready ({start}) until it goes on from the last finished step"
    return Outcome("Report worker killed in the middle of a report", taken, Ledger(acknowledged=[run]), 0, note)


def living(database: Path) -> set[str]:
    """Names of workers that are ready, and of the killed one until it is buried."""
    return {path.name for path in database.parent.glob("workers/*/w_*")}


def steps(database: Path, run: str) -> int:
    """Finished steps of a run."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return int(connection.execute("SELECT count(*) FROM report_steps WHERE run = ?", (run,)).fetchone()[0])


def leased(database: Path, run: str) -> str | None:
    """The worker that has a run."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        found = connection.execute("SELECT worker FROM report_runs WHERE id = ?", (run,)).fetchone()[0]
    return None if found is None else str(found)
