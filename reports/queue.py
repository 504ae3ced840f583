"""The queue of runs: which run should be worked on next. It holds run ids only; SQL holds everything else.

`RunQueue` is the interface, BullMQ on Redis the implementation; `tests/contract/test_run_queue.py` says what any other
broker would have to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from reports.redis_client import connect, listener

QUEUE_NAME: Final = "reports"
PREFIX: Final = "{bull}"
"""With braces: all keys of the queue lie in one slot of a Redis Cluster."""
_CANCEL_CHANNEL: Final = "{bull}:reports:cancel"
_LOCK_MS: Final = 6_000
_STALLED_MS: Final = 5_000
_IDLE_SECONDS: Final = 2
"""An idle worker looks for work at least this often, also when nobody woke it: wake-ups can be lost with a worker."""
_MOST_STALLS: Final = 1_000_000
"""How often a run may lose its worker: the database decides when to give up, not the queue."""

_LOST: Final = re.compile(r"(?:could not renew lock|Missing lock|Missing key|Lock mismatch) for job ([\w-]+)")
"""What BullMQ's worker says (as a bare `Exception` or `TypeError`) when it no longer holds the job it worked on."""

_TOO_SLOW: Final = (
    "this worker got too little time to keep its hold on a run in the queue; "
    "the run goes on with whoever holds it in the database, nothing is made twice. Give workers more processor time"
)
Outcome = float | None
"""None: the queue is done with the run; else the seconds after which it wants another turn."""
Work = Callable[[str, asyncio.Event], Awaitable[Outcome]]
"""Works on the run of this id until it is done, or until the event (stop) is set."""
_log = logging.getLogger("sting.reports")


class RunQueue(Protocol):
    """Where runs wait. Adding is idempotent: a run that waits or is worked on is not there twice."""

    async def add(self, run: str, *, priority: int = 10) -> None:
        """Have a run worked on; 1 is the most urgent priority."""
        ...

    async def revive(self, run: str, *, abandoned: bool = False) -> None:
        """Have a run worked on that lost its worker, whatever the broker holds of it; no change when one holds it.

        `abandoned`: whoever holds it is known to have ended.
        """
        ...

    async def cancel(self, run: str) -> None:
        """Tell whoever works on the run to stop."""
        ...

    async def depth(self) -> dict[str, int]:
        """How many runs wait and are worked on."""
        ...

    def working(self, work: Work, *, concurrency: int) -> contextlib.AbstractAsyncContextManager[None]:
        """Work on runs during the block, `concurrency` at once; at its end those under way are cancelled."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class BullQueue:
    """BullMQ: a worker that dies loses its lock after 6 s, and another one takes its run over."""

    def __init__(self, url: str) -> None:
        from bullmq import Queue  # noqa: PLC0415 - half a second, for those who only read runs

        self._url = url
        self._queue = Queue(QUEUE_NAME, {"connection": connect(url), "prefix": PREFIX})

    async def add(self, run: str, *, priority: int = 10) -> None:
        """See `RunQueue.add`."""
        options = {"jobId": run, "priority": priority, "removeOnComplete": True, "removeOnFail": True, "attempts": 1}
        await self._queue.add("run", {"run": run}, options)

    async def revive(self, run: str, *, abandoned: bool = False) -> None:
        """See `RunQueue.revive`. A job under a lock stays: its worker lives, or will be found dead in 6 s."""
        if abandoned:
            await self._queue.client.delete(f"{PREFIX}:{QUEUE_NAME}:{run}:lock")
        await self._queue.backend.remove(run, False)
        await self.add(run, priority=1)

    async def cancel(self, run: str) -> None:
        """See `RunQueue.cancel`."""
        await self._queue.client.publish(_CANCEL_CHANNEL, run)

    async def depth(self) -> dict[str, int]:
        """See `RunQueue.depth`."""
        counts = await self._queue.getJobCounts("waiting", "prioritized", "delayed", "active")
        waiting = sum(int(counts.get(state, 0)) for state in ("waiting", "prioritized", "delayed"))
        return {"waiting": waiting, "active": int(counts.get("active", 0))}

    @asynccontextmanager
    async def working(self, work: Work, *, concurrency: int) -> AsyncIterator[None]:
        """See `RunQueue.working`."""
        runs = _Runs(work)
        taking = _Taking(self._url, runs, concurrency)
        tasks = [asyncio.create_task(self._listen(runs)), asyncio.create_task(taking.run())]
        try:
            yield
        finally:
            runs.cancel_all()
            await taking.end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, runs: _Runs) -> None:
        """Hear of cancelled runs; a lost connection is taken up again (the database holds the wish as well)."""
        from redis.exceptions import RedisError  # noqa: PLC0415

        while True:
            try:
                async with listener(self._url) as client, client.pubsub() as channel:
                    await channel.subscribe(_CANCEL_CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            runs.cancel(message["data"])
            except (RedisError, OSError):
                await asyncio.sleep(1)

    async def close(self) -> None:
        """See `RunQueue.close`."""
        await self._queue.close()


class _Taking:
    """BullMQ's worker, started anew when it ends by itself: it gives up when Redis is away as it starts."""

    def __init__(self, url: str, runs: _Runs, concurrency: int) -> None:
        self._url = url
        self._runs = runs
        self._ending = False
        self._worker: Any = None
        self._options = {
            "prefix": PREFIX,
            "autorun": False,
            "concurrency": concurrency,
            "lockDuration": _LOCK_MS,
            "stalledInterval": _STALLED_MS,
            "maxStalledCount": _MOST_STALLS,
            "drainDelay": _IDLE_SECONDS,
            "runRetryDelay": 1_000,
            "removeOnComplete": {"count": 0},
            "removeOnFail": {"count": 0},
        }

    async def run(self) -> None:
        """Works until `end`."""
        from bullmq import Worker  # noqa: PLC0415

        while not self._ending:
            self._worker = Worker(QUEUE_NAME, self._runs.process, {**self._options, "connection": connect(self._url)})
            self._worker.on("error", self._failed)
            try:
                await self._worker.run()
            except Exception as error:  # noqa: BLE001 - whatever it was, the next start may go well
                self._failed(error)
            if not self._ending:
                await self._worker.close()
                await asyncio.sleep(1)

    async def end(self) -> None:
        """Waits for the runs under way, which were told to stop, and takes no more."""
        self._ending = True
        if self._worker is not None:
            await self._worker.close()

    def _failed(self, error: object, *_: object) -> None:
        if self._ending:  # a worker that closes its connections complains about that
            return
        if lost := _LOST.match(str(error)):
            # the broker may give the run out a second time: its lease in the database lets one worker go on with it
            _log.warning("report queue: %s", _TOO_SLOW, extra={"run": lost[1]})
        else:
            _log.warning("report queue: %s; runs go on or are taken up again", type(error).__name__)


class _Runs:
    """The runs that this process works on."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._cancelled: dict[str, asyncio.Event] = {}

    async def process(self, job: Any, token: str) -> None:  # noqa: ANN401 - BullMQ's Job is untyped
        from bullmq.custom_errors import DelayedError  # noqa: PLC0415

        run = str(job.id)
        event = self._cancelled.setdefault(run, asyncio.Event())
        try:
            outcome = await self._work(run, event)
        finally:
            self._cancelled.pop(run, None)
        if outcome is not None:
            await job.moveToDelayed(round((time.time() + outcome) * 1000), token)
            raise DelayedError

    def cancel(self, run: str) -> None:
        if run in self._cancelled:
            self._cancelled[run].set()

    def cancel_all(self) -> None:
        for event in self._cancelled.values():
            event.set()
