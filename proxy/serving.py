"""A gateway that listens: in this process with everything it needs, or as one of several over the same stores."""

from __future__ import annotations

import gc
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import SecretStr

from policies.sections import BootstrapKey
from policies.settings import Settings
from proxy.app import create_app
from proxy.assembly import Gateway, assembled
from proxy.ground import grounded

LOCAL_KEY = "local"
"""Name of the key, and of the vault, that commands on this machine use."""
_BACKLOG = 1024
_COLLECT_AFTER = 20_000
"""Objects made and not freed until the garbage collector looks for cycles among the young ones."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gateway listens, and the key that commands on this machine use."""

    host: str
    port: int
    local_key: str = field(repr=False)

    @property
    def url(self) -> str:
        """Base address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listening(Place):
    """A gateway in this process, with its parts."""

    gateway: Gateway = field(repr=False)


def with_local_key(settings: Settings) -> tuple[Settings, str]:
    """Settings with one key more, all roles, made for this run; and the key."""
    local_key = secrets.token_urlsafe(32)
    local = BootstrapKey(
        name=LOCAL_KEY,
        secret=SecretStr(local_key),
        vault=LOCAL_KEY,
        policies=("*",),
        roles=("use", "restore", "values", "audit", "admin"),
    )
    return settings.model_copy(update={"keys": (*settings.keys, local)}), local_key


@asynccontextmanager
async def listening(settings: Settings, *, drain: float | None = None) -> AsyncIterator[Listening]:
    """A gateway that answers requests until the end of the block; running exchanges may take `drain` seconds more.

    None: as configured.
    """
    drain = settings.gateway.drain_s if drain is None else drain
    settings, local_key = with_local_key(settings)
    async with (
        grounded(settings) as redis_url,
        assembled(settings, redis_url) as gateway,
        answering(gateway, settings.gateway.host, settings.gateway.port, drain=drain) as (host, port),
    ):
        yield Listening(host, port, local_key, gateway)


@asynccontextmanager
async def answering(
    gateway: Gateway, host: str, port: int, *, drain: float, shared: bool = False
) -> AsyncIterator[tuple[str, int]]:
    """Answer requests at host and port; gives where exactly. `shared`: other processes listen at the same port."""
    # Without handler_cancellation aiohttp lets a handler run on, and pay, after its client has gone.
    runner = web.AppRunner(
        create_app(gateway),
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=drain,
        keepalive_timeout=gateway.services.settings.gateway.keep_alive_s,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_BACKLOG, reuse_port=shared or None).start()
        _settle_memory()
        yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()


def _settle_memory() -> None:
    """Keep the garbage collector from walking what was loaded, and from running after every few requests.

    Exchanges free their memory by reference counts; the collector is there for the rare cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)
