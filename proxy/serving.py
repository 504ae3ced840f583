"""A gateway that listens: in this process with everything it needs, or as one of several over the same stores."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from policies.broken_requests import quotes_nothing
from policies.freed_memory import keep_freed_memory
from policies.listener_tls import served
from policies.settings import Settings
from proxy.app import create_app, straight
from proxy.assembly import Gateway, assembled
from proxy.ground import grounded
from proxy.open_files import make_room
from proxy.places import Place, with_local_key

_BACKLOG = 1024
_COLLECT_AFTER = 20_000
"""Objects made and not freed until the garbage collector looks for cycles among the young ones."""


@dataclass(frozen=True, slots=True)
class Listening(Place):
    """A gateway in this process, with its parts."""

    gateway: Gateway = field(kw_only=True, repr=False)


@asynccontextmanager
async def listening(settings: Settings, *, drain: float | None = None) -> AsyncIterator[Listening]:
    """A gateway that answers requests until the end of the block; running exchanges may take `drain` seconds more.

    None: as configured.
    """
    drain = settings.gateway.drain_s if drain is None else drain
    make_room(settings.gateway.max_in_flight)
    settings, local_key = with_local_key(settings)
    async with (
        grounded(settings) as redis_url,
        assembled(settings, redis_url) as gateway,
        answering(gateway, settings.gateway.host, settings.gateway.port, drain=drain) as (host, port),
    ):
        yield Listening(host, port, local_key, settings.gateway.tls.scheme, gateway=gateway)


@asynccontextmanager
async def answering(
    gateway: Gateway, host: str, port: int, *, drain: float, shared: bool = False
) -> AsyncIterator[tuple[str, int]]:
    """Answer requests at host and port; gives where exactly. `shared`: other processes listen at the same port."""
    # Without handler_cancellation aiohttp lets a handler run on, and pay, after its client has gone.
    app = create_app(gateway)
    runner = web.AppRunner(
        app,
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=drain,
        keepalive_timeout=gateway.services.settings.gateway.keep_alive_s,
    )
    await runner.setup()
    quotes_nothing(runner.server)
    if runner.server is not None:
        runner.server.request_handler = straight(app, runner.server.request_handler)
    try:
        async with served(gateway.services.settings.gateway.tls, gateway.services.metrics.tls_reloaded) as tls:
            await web.TCPSite(runner, host, port, backlog=_BACKLOG, reuse_port=shared or None, ssl_context=tls).start()
            _settle_memory()
            yield runner.addresses[0][:2]
    finally:
        await runner.cleanup()


def _settle_memory() -> None:
    """Keep the garbage collector from walking what was loaded, and from running after every few requests.

    Exchanges free their memory by reference counts; the collector is there for the rare cycle.
    """
    keep_freed_memory()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 50)
