"""`sting worker` as a process: opens its parts, works until it is told to end, serves its metrics when asked to."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from policies.db import open_database
from policies.master_key import open_sealer
from policies.settings import Settings
from policies.yielding import give_way
from reports.evidence import evidence_in_jars
from reports.metrics import ReportMetrics
from reports.opening import NoRedis, gateways, now_ms, readers, redis_url
from reports.queue import BullQueue
from reports.store import RunStore
from reports.working import ReportWorker, WorkerParts

_PATIENCE_SECONDS: Final = 60.0
_log = logging.getLogger("sting.reports")


@asynccontextmanager
async def worker_parts(settings: Settings) -> AsyncIterator[WorkerParts]:
    """All that a worker needs, opened; an embedded Redis is waited for, since it starts with the gateway."""
    async with AsyncExitStack() as stack:
        database = await open_database(settings)
        stack.push_async_callback(database.close)
        sealer = open_sealer(settings)
        queue = BullQueue(await _redis(settings))
        stack.push_async_callback(queue.close)
        yield WorkerParts(
            settings=settings,
            database=database,
            store=RunStore(database, sealer),
            queue=queue,
            reader_for=readers(settings, database, sealer),
            gateway_for=gateways(settings, database, sealer),
            metrics=ReportMetrics(),
            now=now_ms,
            evidence_for=evidence_in_jars(settings, database, sealer),
        )


async def _redis(settings: Settings) -> str:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while True:
        try:
            return redis_url(settings)
        except NoRedis:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)


async def serve_worker(settings: Settings, *, concurrency: int, metrics: tuple[str, int] | None = None) -> None:
    """Work until SIGINT or SIGTERM; what is under way then goes on in the next worker from its last finished step.

    `metrics`: host and port at which Prometheus may ask.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with worker_parts(settings) as parts:
        if metrics is not None:
            from prometheus_client import start_http_server  # noqa: PLC0415 - when asked for only

            start_http_server(metrics[1], addr=metrics[0], registry=parts.metrics.registry)
        await asyncio.to_thread(_load)
        give_way()
        async with ReportWorker(parts).running(concurrency=concurrency):
            _log.info("the worker runs", extra={"concurrency": concurrency})
            await ended.wait()


def _load() -> None:
    """Import what takes seconds before the first run comes."""
    import openai  # noqa: F401, PLC0415

    import reports.analytics  # noqa: PLC0415
    import reports.templates  # noqa: F401, PLC0415
