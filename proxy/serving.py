"""A gateway as a server process: it listens, says where it is, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from policies.sections import BootstrapKey
from policies.settings import Settings
from proxy.app import create_app
from proxy.assembly import Gateway, assembled

RUN_FILE = "run.json"
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
        with _run_file(settings.data_dir, place):
            announce(place)
            await ended.wait()


@contextlib.contextmanager
def _run_file(data_dir: Path, place: Listening) -> Iterator[None]:
    """`data_dir/run.json` while the gateway runs: how commands on this machine find it. For the owner's eyes only."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / RUN_FILE
    draft = path.with_name(f".{RUN_FILE}.{os.getpid()}")
    content = {"pid": os.getpid(), "gateway": place.url, "local_key": place.local_key}
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    draft.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
