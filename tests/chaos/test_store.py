"""Faults of Redis: killed, restarted, hung, slow, full, evicting, emptied; failed over by a sentinel, in a cluster."""

from __future__ import annotations

import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chaos.plant import Outcome, Plant, plant
from tests.chaos.relay import Relay
from tests.chaos.servers import Valkey, cluster_of_six, sentinel_set

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.long,
    pytest.mark.timeout(400),
    pytest.mark.asyncio(loop_scope="module"),
]
Told = Callable[[Outcome], None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """One installation over a Valkey of its own, for all faults of this file that leave the server where it is."""
    folder = tmp_path_factory.mktemp("store")
    store = Valkey(folder / "valkey")
    await store.start()
    try:
        async with plant(folder, store) as made:
            yield made
    finally:
        store.close()


def valkey(place: Plant) -> Valkey:
    assert place.store is not None
    return place.store


async def test_killed_and_back(place: Plant, told: Told) -> None:
    async def strike() -> None:
        valkey(place).signal(signal.SIGKILL)

    told(await place.struck("Redis killed, started again over its journal", strike, valkey(place).start))


async def test_restarted(place: Plant, told: Told) -> None:
    async def strike() -> None:
        valkey(place).signal(signal.SIGTERM)

    told(await place.struck("Redis restarted at once", strike, valkey(place).start, seconds=0))


async def test_hangs(place: Plant, told: Told) -> None:
    async def strike() -> None:
        valkey(place).signal(signal.SIGSTOP)

    async def mend() -> None:
        valkey(place).signal(signal.SIGCONT)
        await valkey(place).answers()

    told(await place.struck("Redis hangs for 4 s (SIGSTOP)", strike, mend, seconds=4))


async def test_full(place: Plant, told: Told) -> None:
    async def strike() -> None:
        await valkey(place).call("CONFIG", "SET", "maxmemory", "1")

    async def mend() -> None:
        await valkey(place).call("CONFIG", "SET", "maxmemory", "0")

    told(await place.struck("Redis is full (OOM)", strike, mend))


async def test_evicts(place: Plant, told: Told) -> None:
    """Sessions vanish under the gateway: an exchange that runs is restored from memory; /readyz says what is wrong."""

    async def strike() -> None:
        await valkey(place).call("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        await valkey(place).call("CONFIG", "SET", "maxmemory", "1")
        await place.ready(wanted=False)

    async def mend() -> None:
        await valkey(place).call("CONFIG", "SET", "maxmemory", "0")
        await valkey(place).call("CONFIG", "SET", "maxmemory-policy", "noeviction")

    note = "/readyz refuses such a server from the start; audit events that it threw away were said again"
    told(await place.struck("Redis evicts keys", strike, mend, note=note))
    await place.ready()


async def test_sessions_dropped(place: Plant, told: Told) -> None:
    async def strike() -> None:
        for key in await valkey(place).call("KEYS", "sting:*:s"):
            await valkey(place).call("DEL", key)

    async def mend() -> None:
        pass

    told(await place.struck("All sessions deleted in Redis", strike, mend, seconds=0.5))


async def test_everything_deleted(place: Plant, told: Told) -> None:
    async def strike() -> None:
        await valkey(place).call("FLUSHALL")

    async def mend() -> None:
        pass

    note = "audit events on their way were said again by the gateway"
    told(await place.struck("FLUSHALL in Redis", strike, mend, seconds=0.5, note=note))
    await place.chain_holds()


async def test_slow(tmp_path: Path, told: Told) -> None:
    """Every piece of data takes 0.4 s each way, within `socket_timeout`: answers come late, and come."""
    store = Valkey(tmp_path / "valkey")
    await store.start()
    try:
        async with Relay(store.port) as relay:
            changes = {"redis": {"url": f"redis://127.0.0.1:{relay.port}"}}
            async with plant(tmp_path / "gateway", store, changes) as place:

                async def strike() -> None:
                    relay.delay = 0.4

                async def mend() -> None:
                    relay.delay = 0.0

                told(await place.struck("Redis slow (0.8 s for each answer, for 4 s)", strike, mend, seconds=4))
    finally:
        store.close()


async def test_a_sentinel_fails_over(tmp_path: Path, told: Told) -> None:
    servers: list[Valkey] = []
    try:
        primary, replica, sentinel = await sentinel_set(tmp_path / "servers", servers)
        changes = {"redis": {"url": f"redis+sentinel://127.0.0.1:{sentinel.port}/sting"}}
        async with plant(tmp_path, replica, changes) as place:

            async def strike() -> None:
                primary.signal(signal.SIGKILL)

            async def mend() -> None:
                begun = time.monotonic()
                await replica.answers("ROLE", having="master")
                took.append(time.monotonic() - begun)

            took: list[float] = []
            note = "recovery counts from the replica's promotion; audit events that it had not got yet were said again"
            fault = "Primary killed, a sentinel promotes the replica"
            told(await place.struck(fault, strike, mend, seconds=0, note=note))
    finally:
        for server in servers:
            server.close()


async def test_a_cluster_fails_over(tmp_path: Path, told: Told) -> None:
    nodes: list[Valkey] = []
    try:
        await cluster_of_six(tmp_path / "servers", nodes)
        changes = {"redis": {"url": f"redis+cluster://127.0.0.1:{nodes[1].port}"}}
        async with plant(tmp_path, None, changes) as place:

            async def strike() -> None:
                nodes[0].signal(signal.SIGKILL)

            async def mend() -> None:
                await nodes[3].answers("ROLE", having="master")
                for node in nodes[1:]:
                    await node.answers("CLUSTER", "INFO", having="cluster_state:ok")

            note = "recovery counts from the moment when every node says that the cluster is whole"
            fault = "A cluster's primary killed, its replica takes over"
            told(await place.struck(fault, strike, mend, seconds=0, note=note))
    finally:
        for node in nodes:
            node.close()
