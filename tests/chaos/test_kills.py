"""SIGKILL of each process with streams in the middle; an import killed; a jump of the clock; a partition."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.chaos.island import Island
from tests.chaos.plant import Outcome, audited_in, children, kill, plant
from tests.chaos.relay import Relay
from tests.chaos.servers import Valkey, free_ports
from tests.e2e.sting_process import run, sting
from tests.fake_provider import Behaviour

pytestmark = [pytest.mark.chaos, pytest.mark.long, pytest.mark.timeout(400)]
Told = Callable[[Outcome], None]
SLOW_STREAMS = Behaviour(piece=3, event_delay=0.01)


async def test_the_gateways_parent_is_killed(tmp_path: Path, told: Told) -> None:
    """It held the stores and wrote the audit trail; its workers and the embedded store die with it."""
    async with AsyncExitStack() as stack, plant(tmp_path, None, {"gateway": {"port": free_ports(1)[0]}}) as place:
        place.provider.behaviour = SLOW_STREAMS

        async def strike() -> None:
            place.running.process.kill()
            await place.running.ended()

        async def mend() -> None:
            async with asyncio.timeout(20):
                while place.running.left_behind():
                    await asyncio.sleep(0.02)
            await place.start(stack)

        fault = "Gateway's parent killed in the middle of streams and audit writes, started again"
        told(await place.struck(fault, strike, mend, seconds=0, dies=True, note="recovery counts from `gateway: URL`"))
        await place.chain_holds()


async def test_a_worker_is_killed(tmp_path: Path, told: Told) -> None:
    async with plant(tmp_path, None, {"gateway": {"workers": 2}}) as place:
        place.provider.behaviour = SLOW_STREAMS

        async def strike() -> None:
            kill(children(place.running.process.pid, "proxy.worker")[:1], signal.SIGKILL)

        async def mend() -> None:
            pass

        note = "the other worker takes its connections; with one worker alone the gateway is away for one start-up"
        fault = "One of two gateway workers killed in the middle of streams"
        told(await place.struck(fault, strike, mend, seconds=0, note=note))


async def test_the_embedded_store_is_killed(tmp_path: Path, told: Told) -> None:
    async with plant(tmp_path, None) as place:

        async def strike() -> None:
            kill(children(place.running.process.pid, "valkey-server"), signal.SIGKILL)

        async def mend() -> None:
            await place.ready()

        told(await place.struck("Embedded Redis killed", strike, mend, seconds=0))


async def test_an_import_is_killed(tmp_path: Path) -> None:
    """The second try takes up where the first one was: no row is missing, none is there twice."""
    rows = 30_000
    async with plant(tmp_path, None) as place:
        table = tmp_path / "people.csv"
        table.write_text("id,note\n" + "".join(f"{row},visit of chaos-secret.{row}\n" for row in range(rows)))
        where = ("--config", str(place.config))
        status, _, errors = await run(tmp_path, "jars", "create", "people", "--policy", "fast", *where)
        assert status == 0, errors
        for attempt in range(3):
            folder = tmp_path / f"attempt {attempt}"
            folder.mkdir()
            async with sting(folder, "jars", "add", "people", str(table), *where) as command:
                await asyncio.sleep(1.0 + attempt)
                if command.process.returncode is None:
                    command.process.kill()
                await command.ended()
        status, _, errors = await run(tmp_path, "jars", "add", "people", str(table), *where)
        assert status == 0, errors
        status, output, errors = await run(tmp_path, "jars", "show", "people", "--json", *where)
        assert status == 0, errors
        shown = json.loads(output)
        assert [one["rows"] for one in shown["tables"]] == [rows]
        assert b"chaos-secret" not in place.provider.bytes_seen


CLOCK = """
import time

def _ahead(seconds=time.time, nanoseconds=time.time_ns):
    def offset():
        with open({file!r}) as file:
            return int(file.read() or 0)
    time.time = lambda: seconds() + offset()
    time.time_ns = lambda: nanoseconds() + offset() * 10**9

_ahead()
"""


@pytest.mark.parametrize(
    ("days", "fault"), [(3, "Clock jumps three days ahead, and back"), (-1, "Clock jumps a day back, and ahead")]
)
async def test_the_clock_jumps(tmp_path: Path, told: Told, days: int, fault: str) -> None:
    """Forward or back and home again, under load: day keys change, sessions live on.

    The wall clock of all our processes reads an offset out of a file; the servers' and the monotonic one stay.
    """
    clock = tmp_path / "clock"
    clock.write_text("0")
    (tmp_path / "sitecustomize.py").write_text(CLOCK.format(file=str(clock)))
    store = Valkey(tmp_path / "valkey")
    await store.start()
    try:
        async with plant(tmp_path / "gateway", store, environment={"PYTHONPATH": str(tmp_path)}) as place:

            async def strike() -> None:
                clock.write_text(str(days * 86_400))

            async def mend() -> None:
                clock.write_text("0")

            told(await place.struck(fault, strike, mend))
            await place.chain_holds()
    finally:
        store.close()


async def test_a_replica_is_cut_off(tmp_path: Path, told: Told) -> None:
    """Two gateways over one database and one Redis; the way of one to Redis swallows everything for a while."""
    store = Valkey(tmp_path / "valkey")
    read = audited_in(tmp_path / "shared.db")
    shared = {"database": {"url": f"sqlite+aiosqlite:///{tmp_path}/shared.db"}}
    async with AsyncExitStack() as stack:
        stack.callback(store.close)
        island, how = _island(stack)
        if island is not None:
            store.options = (f"bind 127.0.0.1 {island.stores}", "protected-mode no")
        await store.start()
        whole = await stack.enter_async_context(plant(tmp_path / "a", store, shared, read, prepare=("db", "upgrade")))
        relay = await stack.enter_async_context(Relay(store.port))
        there = f"{island.stores}:{store.port}" if island else f"127.0.0.1:{relay.port}"
        behind = {**shared, "redis": {"url": f"redis://{there}"}, "gateway": {"host": island.inside} if island else {}}
        cut = await stack.enter_async_context(plant(tmp_path / "b", store, behind, read, island=island))
        beside = whole.load("beside")
        network = island or relay

        async def strike() -> None:
            network.cut()

        async def mend() -> None:
            network.join()

        async with beside.running():
            fault = f"One of two gateways cut off from Redis for 4 s ({how})"
            told(await cut.struck(fault, strike, mend, seconds=4))
        assert not beside.ledger.refused + beside.ledger.broken
        assert not beside.ledger.wrong
        whole.nothing_leaked()


def _island(stack: AsyncExitStack) -> tuple[Island | None, str]:
    """A network namespace for the replica, where one can be made, and how packets get lost."""
    try:
        return stack.enter_context(Island()), "the link of its network namespace is down"
    except OSError:
        return None, "no network namespaces here: a proxy on loopback swallows everything"
