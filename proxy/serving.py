"""A gateway as a server process: it listens, says where it is, and ends in order."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import SecretStr

from policies.running import Running, run_file
from policies.sections import BootstrapKey
from policies.settings import Settings
from proxy.app import create_app
from proxy.assembly import Gateway, assembled

LOCAL_KEY = "local"
"""Name of the key, and of the vault, that commands on this machine use."""
_DRAIN_SECONDS = 30.0
_COLLECT_AFTER = 20_000
"""Objects made and not freed until the garbage collector looks for cycles among the young ones."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a gateway listens, the key that commands on this machine use, and the gateway's parts."""

    host: str
    port: int
    local_key: str = field(repr=False)
    gateway: Gateway = field(repr=False)

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://{self.host}:{self.port}"


@asynccontextmanager
async def listening(settings: Settings, *, drain: float = _DRAIN_SECONDS) -> AsyncIterator[Listening]:
    """A gateway that answers requests until the end of the block; running exchanges may take `drain` seconds more."""
    local_key = secrets.token_urlsafe(32)
    local = BootstrapKey(
        name=LOCAL_KEY,
        secret=SecretStr(local_key),
        vault=LOCAL_KEY,
        policies=("*",),
        roles=("use", "restore", "values", "audit", "admin"),
    )
    settings = settings.model_copy(update={"keys": (*settings.keys, local)})
    async with assembled(settings) as gateway:
        # Without handler_cancellation aiohttp lets a handler run on, and pay, after its client has gone.
        runner = web.AppRunner(create_app(gateway), handler_cancellation=True, access_log=None, shutdown_timeout=drain)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.gateway.host, settings.gateway.port, backlog=1024)
            await site.start()
            host, port = runner.addresses[0][:2]
            _settle_memory()
            yield Listening(host, port, local_key, gateway)
        finally:
            await runner.cleanup()


def _settle_memory() -> None:
    """Keep the garbage collector from walking what was loaded, and from running after every few requests.

    Exchanges free their memory by reference counts; the collector is there for the rare cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)


async def serve(settings: Settings, announce: Callable[[Listening], None]) -> None:
    """Run a gateway until SIGINT or SIGTERM; `announce` is told when it listens."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with listening(settings) as place:
        running = Running(os.getpid(), place.url, place.local_key, place.gateway.valkey_url)
        with run_file(settings.data_dir, running):
            announce(place)
            await ended.wait()
