"""A whole installation under load: gateway processes, stores, a provider that records; strikes it and judges it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from redis.exceptions import RedisError

from policies.audit_fields import read
from policies.audit_stream import STREAM, entries_of
from policies.redis_client import make_client
from policies.running import find_running
from tests.chaos.island import Island
from tests.chaos.load import KEY, MARK, Ledger, Load
from tests.chaos.relay import Relay
from tests.chaos.servers import Valkey
from tests.e2e.sting_process import StingProcess, run, sting
from tests.fake_provider import Behaviour, FakeProvider

RECOVERY_SECONDS = 5.0
"""After the dependency's return a request is answered again within this time."""
MASTER_KEY = "11" * 32


@dataclass(frozen=True)
class Outcome:
    """One row of docs/faults.md."""

    fault: str
    recovery: float
    ledger: Ledger
    lost: int
    note: str = ""

    def row(self) -> dict[str, Any]:
        """What the table says."""
        return {
            "fault": self.fault,
            "right": len(self.ledger.acknowledged),
            "refused": dict(self.ledger.refused),
            "broken": dict(self.ledger.broken),
            "lost": self.lost,
            "recovery_s": round(self.recovery, 2),
            "note": self.note,
        }


@dataclass
class Plant:
    """A running gateway and what it stands on. `audited` are the exchanges in the audit trail's table."""

    running: StingProcess
    url: str
    provider: FakeProvider
    store: Valkey | None
    folder: Path
    config: Path
    audited: Callable[[], set[str]] = field(repr=False)
    key: str = field(default=KEY, repr=False)
    starts: int = 1

    def load(self, name: str) -> Load:
        """Clients of this gateway."""
        return Load(self.url, name, self.key)

    async def start(self, stack: AsyncExitStack) -> None:
        """Start the gateway again over what the one before has left."""
        self.starts += 1
        started = sting(self.folder / str(self.starts), "gateway", "--config", str(self.config), "--log-level", "error")
        (self.folder / str(self.starts)).mkdir()
        self.running = await stack.enter_async_context(started)
        self.url = (await self.running.line("gateway: ")).removeprefix("gateway: ")

    async def alive(self) -> None:
        """The process answers that it lives, whatever it stands on."""
        async with asyncio.timeout(5), aiohttp.ClientSession() as session, session.get(self.url + "/healthz") as answer:
            assert answer.status == 200

    async def ready(self, *, wanted: bool = True) -> None:
        """Wait until /readyz says that it is, or is not."""
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                async with session.get(self.url + "/readyz") as answer:
                    if (answer.status == 200) is wanted:
                        return
                await asyncio.sleep(0.1)

    async def struck(
        self,
        fault: str,
        strike: Callable[[], Awaitable[None]],
        mend: Callable[[], Awaitable[None]],
        *,
        seconds: float = 1.5,
        note: str = "",
        dies: bool = False,
    ) -> Outcome:
        """Strike under load, mend after `seconds` (`mend` returns when the dependency is back), judge what came of it.

        Fails on a leak, a wrong answer, a lost acknowledged exchange, a late recovery, and a process that does not say
        that it lives (but when it is what `dies`).
        """
        name = "".join(letter for letter in fault if letter.isalnum())[:20].lower()
        load = self.load(name)
        async with load.running():
            await load.more(15)
            await strike()
            await asyncio.sleep(seconds)
            if not dies:
                await self.alive()
            await mend()
            recovery = await load.recovered()
            await load.more(15)
        self.nothing_leaked()
        lost = await self.lost(load.ledger)
        assert load.ledger.wrong == [], fault
        assert lost == 0, f"{fault}: {lost} acknowledged exchanges are not in the audit trail"
        assert recovery < RECOVERY_SECONDS, f"{fault}: {recovery:.1f} s"
        return Outcome(fault, recovery, load.ledger, lost, note)

    def nothing_leaked(self) -> None:
        """No value of any client has reached the provider, a log, or a file that can be read."""
        assert MARK.encode() not in self.provider.bytes_seen
        assert MARK not in self.running.log.read_text()
        assert self.provider.requests

    async def chain_holds(self) -> None:
        """`sting audit verify` says that every row and signature of the audit trail is right."""
        status, output, errors = await run(self.folder, "audit", "verify", "--config", str(self.config))
        assert status == 0, output + errors

    async def lost(self, ledger: Ledger, seconds: float = 20.0) -> int:
        """Acknowledged exchanges that stand neither in the audit trail nor in the stream that is written into it."""
        missing = set(ledger.acknowledged)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while missing := missing - self.audited() - await self._streamed():
                    await asyncio.sleep(0.2)
        return len(missing)

    async def _streamed(self) -> set[str]:
        """Exchanges in the stream; none while no gateway runs."""
        found = await asyncio.to_thread(find_running, self.folder / "data")
        if found is None:
            return set()
        client: Any = make_client(found.redis)
        with suppress(RedisError, OSError):
            try:
                entries = await client.execute_command("XRANGE", STREAM, "-", "+")
                return {
                    event.get("exchange", "") for _, fields in entries_of({STREAM: entries}) for event in read(fields)
                }
            finally:
                await client.aclose()
        return set()


def audited_in(database: Path) -> Callable[[], set[str]]:
    """Reads the audit trail's exchanges out of a SQLite file."""

    def read() -> set[str]:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
            return {name for (name,) in connection.execute("SELECT exchange FROM audit_events")}

    return read


def configured(folder: Path, provider: str, changes: dict[str, Any]) -> Path:
    """A configuration with short deadlines, so that a fault shows soon."""
    config: dict[str, Any] = {
        "gateway": {
            "port": 0,
            "workers": 1,
            "connect_timeout_s": 1,
            "idle_timeout_s": 3,
            "upstream_timeout_s": 3,
            "drain_s": 5,
            "breaker_rest_s": 1,
        },
        "data_dir": str(folder / "data"),
        "detection": {"workers": 1, "deadline_s": 2},
        "providers": {"openai": {"kind": "openai", "base_url": f"{provider}/v1", "local": True}},
        "policies": {"default": "fast"},
        "keys": [{"name": "dev", "secret": KEY, "roles": ["use", "restore", "audit"]}],
        "master_key": MASTER_KEY,
    }
    for name, value in changes.items():
        config[name] = {**config.get(name, {}), **value} if isinstance(value, dict) else value
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


@asynccontextmanager
async def plant(
    folder: Path,
    store: Valkey | None,
    changes: dict[str, Any] | None = None,
    audited: Callable[[], set[str]] | None = None,
    environment: dict[str, str] | None = None,
    prepare: tuple[str, ...] = (),
    island: Island | None = None,
) -> AsyncIterator[Plant]:
    """An installation over `store` (None: the embedded one). `prepare`: a command of `sting` to run before.

    `island`: where the gateway runs; it reaches the provider by a way of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    redis = {} if store is None else {"redis": {"url": store.url}}
    async with FakeProvider(Behaviour(piece=3)) as provider, _way(provider, island) as address:
        config = configured(folder, address, {**redis, **(changes or {})})
        if prepare:
            status, _, errors = await run(folder, *prepare, "--config", str(config))
            assert status == 0, errors
        arguments = ("gateway", "--config", str(config), "--log-level", "warning")
        prefix = island.prefix if island else ()
        async with sting(folder, *arguments, environment=environment, prefix=prefix) as running:
            url = (await running.line("gateway: ")).removeprefix("gateway: ")
            read = audited or audited_in(folder / "data" / "sting.db")
            yield Plant(running, url, provider, store, folder, config, read)


@asynccontextmanager
async def _way(provider: FakeProvider, island: Island | None) -> AsyncIterator[str]:
    """The provider's address as the gateway sees it."""
    if island is None:
        yield provider.url
        return
    async with Relay(provider.port, island.shore) as relay:
        yield f"http://{island.shore}:{relay.port}"


def children(pid: int, word: str) -> list[int]:
    """Descendants of a process whose command line has `word`."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                with suppress(OSError):
                    if word in Path(f"/proc/{child}/cmdline").read_text().replace("\0", " "):
                        found.append(child)
                found += children(child, word)
    return found


def kill(pids: list[int], number: int) -> None:
    """Send a signal to processes of this plant."""
    assert pids
    for pid in pids:
        os.kill(pid, number)
