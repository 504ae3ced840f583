"""Changes are told and heard in every kind of Redis: a cluster, and sentinels through a fail-over."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from policies.announcing import Announcer
from policies.hearing import hear
from policies.settings import Settings, load_settings
from tests.chaos.servers import Valkey, sentinel_set
from tests.valkey_cluster import valkey_cluster

pytestmark = pytest.mark.long


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(None, environ={}, overrides={"data_dir": tmp_path})


@asynccontextmanager
async def heard(url: str) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """Set when it has connected, and when `keys` was said."""
    connected, keys = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(hear(url, {"keys": keys.set, "records": connected.set}))
    try:
        async with asyncio.timeout(90):
            await connected.wait()
            keys.clear()
            connected.clear()
            yield connected, keys
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_on_a_cluster(tmp_path: Path, settings: Settings) -> None:
    async with valkey_cluster(tmp_path) as url, heard(url) as (_, keys):
        for _ in range(5):
            await Announcer(settings, url).tell({"virtual_keys"})
            await keys.wait()
            keys.clear()


async def test_behind_a_sentinel_that_fails_over(tmp_path: Path, settings: Settings) -> None:
    servers: list[Valkey] = []
    try:
        primary, replica, sentinel = await sentinel_set(tmp_path / "servers", servers)
        url = f"redis+sentinel://127.0.0.1:{sentinel.port}/sting"
        async with heard(url) as (connected, keys):
            await Announcer(settings, url).tell({"virtual_keys"})
            await keys.wait()
            primary.signal(signal.SIGKILL)
            await replica.answers("ROLE", having="master")
            await connected.wait()  # to the new primary
            keys.clear()
            await Announcer(settings, url).tell({"virtual_keys"})
            await keys.wait()
    finally:
        for server in servers:
            server.close()
