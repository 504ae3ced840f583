"""Detection in worker processes, so that the event loop never waits for a model.

Texts of concurrent requests wait in one queue; a worker that becomes free takes as many as make a sensible batch. A
worker that dies or hangs is killed and replaced. Every text is answered in full or its request fails: there is no
partial result. Reasons and limits: `docs/decisions/0030-detection-workers.md`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proxy.core.findings import Finding
from proxy.detectors import chain, chunks
from proxy.detectors.base import DetectionFailed, Profile
from proxy.detectors.child import Child, WorkerGone, WorkerNotStarted

_log = logging.getLogger(__name__)

_SMALLEST_SHARE = 2_000  # characters: splitting less over several workers costs more than it saves
_RETRY_AFTER = {"retry-after": "1"}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds between attempts to replace a worker that does not start


@dataclass(eq=False, slots=True)
class _Job:
    """One text that waits for its findings. `deaths`: workers that died with it in hand."""

    text: str
    profile: Profile
    done: asyncio.Future[list[Finding]]
    deaths: int = 0

    def fail(self, message: str) -> None:
        """Refuse the text, unless its caller is gone already."""
        if not self.done.done():
            self.done.set_exception(DetectionFailed(message, headers=_RETRY_AFTER))


class PoolDetector:
    """A Detector that spreads texts over `workers` processes which have loaded `engines`.

    `deadline`: seconds that one `detect` may take, waiting included. `batch_chars`: characters that one worker is
    given at a time. `queue_chars`: characters that may wait; beyond that requests are refused at once.
    `python_path`: put before the workers' module search path (engines of your own as `module:Class`).
    `places`: where the weights or services of engines are, by name.

    Counters, plain ints: `replaced` workers, `refused` requests (queue full), `expired` requests (deadline).
    """

    def __init__(
        self,
        engines: Sequence[str] = ("patterns", "presidio"),
        *,
        workers: int = 2,
        deadline: float = 30.0,
        start_deadline: float = 240.0,
        batch_chars: int = 20_000,
        queue_chars: int = 16_000_000,
        python_path: str | None = None,
        places: Mapping[str, str] = chain.NOWHERE,
    ) -> None:
        self._engines = tuple(engines)
        self._workers = workers
        self._deadline = deadline
        self._start_deadline = start_deadline
        self._batch_chars = batch_chars
        self._queue_chars = queue_chars
        self._python_path = python_path
        self._places = dict(places)
        self._queue: deque[_Job] = deque()
        self._waiting_chars = 0
        self._work = asyncio.Event()
        self._idle = 0
        self._slots: list[asyncio.Task[None]] = []
        self._children: dict[int, Child] = {}
        self._spare: list[Child] = []
        self._loaded: tuple[str, ...] = ()
        self._closed = False
        self.replaced = self.refused = self.expired = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are loaded now."""
        return tuple(self._children)

    def ready(self) -> bool:
        """Whether at least one worker is loaded: texts will be answered."""
        return bool(self._children) and not self._closed

    async def start(self, *, wait: bool = True) -> None:
        """Start all workers at once; with `wait`, until every one is loaded. Call it from the main thread's loop.

        Raises DetectionFailed with the reason when a worker cannot load its engines; then none is left.
        """
        loop = asyncio.get_running_loop()
        started = [loop.create_future() for _ in range(self._workers)]
        self._slots = [asyncio.create_task(self._keep(future)) for future in started]
        if not wait:
            return
        try:
            await asyncio.gather(*started)
        except WorkerNotStarted as error:
            raise DetectionFailed(f"a detection worker does not start: {error}") from None
        finally:
            if not all(future.done() and not future.cancelled() and not future.exception() for future in started):
                await self.close()

    async def load(self, engines: Sequence[str]) -> None:
        """Have all workers load what of these they have not, one after the other: in a process that takes its place.

        Texts are answered meanwhile by the workers as they are. Raises DetectionFailed when an engine cannot be loaded;
        then the workers stay as they are.
        """
        late = tuple(name for name in dict.fromkeys(engines) if name not in self._engines)
        if not late:
            return
        for child in list(self._children.values()):
            try:
                async with asyncio.timeout(self._start_deadline):
                    spare = await Child.start((*self._engines, *late), self._python_path, self._places)
            except (WorkerNotStarted, TimeoutError, OSError) as error:
                raise DetectionFailed(
                    f"detection engines cannot be loaded: {str(error) or type(error).__name__}"
                ) from None
            self._spare.append(spare)
            self._children[spare.pid] = spare
            child.retired = True
            self._work.set()
        self._engines += tuple(name for name in late if name not in self._engines)

    async def close(self) -> None:
        """End every worker and refuse what still waits. Nothing is left behind; a second call does nothing."""
        self._closed = True
        for task in self._slots:
            task.cancel()
        await asyncio.gather(*self._slots, return_exceptions=True)
        while self._spare:
            await self._spare.pop().kill()
        while self._queue:
            self._queue.popleft().fail("detection is shutting down")
        self._waiting_chars = 0

    async def detect(self, texts: Sequence[str], profile: Profile) -> list[list[Finding]]:
        """Findings per text (see Detector).

        Raises DetectionFailed: overload, deadline, shutdown, or a text that an engine fails at.
        """
        parts = [chain.pieces(text) if text else [] for text in texts]
        jobs = self._enqueue([part.text for row in parts for part in row], profile)
        try:
            async with asyncio.timeout(self._deadline):
                found = iter(
                    [await jobs[0].done] if len(jobs) == 1 else await asyncio.gather(*(job.done for job in jobs))
                )
        except TimeoutError:
            self.expired += 1
            raise DetectionFailed(
                f"detection took longer than its deadline of {self._deadline:g} s", headers=_RETRY_AFTER
            ) from None
        finally:
            for job in jobs:
                job.done.cancel()  # what has not begun is dropped from the queue when its turn comes
        return [chunks.merge([(part.start, next(found)) for part in row], profile.precedence) for row in parts]

    def _enqueue(self, texts: Sequence[str], profile: Profile) -> list[_Job]:
        if self._closed or not self._slots:
            raise DetectionFailed("detection is not running")
        known = {*self._loaded, *chain.ENGINES}
        missing = [name for name in profile.engines if self._loaded and name not in known]
        if missing:
            raise DetectionFailed(f"detection engine {missing[0]!r} is not loaded: the workers have {self._loaded}")
        size = sum(map(len, texts))
        if self._queue and self._waiting_chars + size > self._queue_chars:
            self.refused += 1
            raise DetectionFailed("too much text waits for detection; try again", headers=_RETRY_AFTER)
        loop = asyncio.get_running_loop()
        jobs = [_Job(text, profile, loop.create_future()) for text in texts]
        self._queue.extend(jobs)
        self._waiting_chars += size
        self._work.set()
        return jobs

    async def _keep(self, started: asyncio.Future[None]) -> None:
        """Keep one worker alive until the pool is closed."""
        pause = _FIRST_PAUSE
        while True:
            try:
                child = await self._next_child()
            except (WorkerNotStarted, TimeoutError, OSError) as error:
                if not started.done():
                    started.set_exception(WorkerNotStarted(str(error) or type(error).__name__))
                    started.exception()  # seen: `start(wait=False)` does not await it
                _log.warning("a detection worker does not start", extra={"retry_in_s": pause})
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if not started.done():
                started.set_result(None)
            self._children[child.pid] = child
            self._loaded = child.loaded
            watch = asyncio.create_task(child.wait())
            watch.add_done_callback(lambda _: self._work.set())  # who waits for texts looks whether its worker lives
            try:
                await self._feed(child)
            finally:
                del self._children[child.pid]
                await child.kill()
            self.replaced += not child.retired

    async def _next_child(self) -> Child:
        """The worker that waits to take another one's place, else a new one."""
        if self._spare:
            return self._spare.pop()
        async with asyncio.timeout(self._start_deadline):
            return await Child.start(self._engines, self._python_path, self._places)

    async def _feed(self, child: Child) -> None:
        """Give `child` batch after batch; return when it must be replaced."""
        while True:
            batch = await self._next_batch(child)
            if not batch:
                if child.dead:
                    _log.warning("a detection worker died and is replaced", extra={"texts": 0})
                return
            try:
                await self._equip(child, batch[0].profile)
                batch = [job for job in batch if not job.done.done()]  # a load may take longer than callers wait
                if not batch:
                    continue
                async with asyncio.timeout(self._deadline):
                    results = await child.ask([job.text for job in batch], batch[0].profile)
            except TimeoutError:
                _log.warning("a detection worker hangs and is replaced", extra={"texts": len(batch)})
                for job in batch:
                    job.fail("detection took longer than its deadline")
                return
            except WorkerGone:
                _log.warning("a detection worker died and is replaced", extra={"texts": len(batch)})
                self._retry(batch)
                return
            except asyncio.CancelledError:
                for job in batch:
                    job.fail("detection is shutting down")
                raise
            _deliver(batch, results)

    async def _equip(self, child: Child, profile: Profile) -> None:
        """Have a worker load what a profile wants and it has not loaded yet, in the time that a start may take.

        Not in the time of a request: on a slow machine the worker would be killed while it loads, and its successor,
        too. The requests that wait meanwhile are refused at their own deadline. Raises TimeoutError, WorkerGone.
        """
        late = tuple(name for name in profile.engines if name not in child.loaded)
        if not late:
            return
        async with asyncio.timeout(self._start_deadline):
            await child.ask([], replace(profile, engines=late))
        child.loaded += late
        # Who takes this one's place loads it at its start.
        self._engines += tuple(name for name in late if name not in self._engines)

    def _retry(self, batch: Sequence[_Job]) -> None:
        """Queue texts of a dead worker again, each to be tried alone; the second death refuses a text."""
        for job in reversed(batch):
            job.deaths += 1
            if job.deaths > 1:
                job.fail("detection failed twice on a text of this request")
            elif not job.done.done():
                self._queue.appendleft(job)
                self._waiting_chars += len(job.text)
        self._work.set()

    async def _next_batch(self, child: Child) -> list[_Job]:
        """Wait for texts and take a batch of one profile: a fair share of what waits, `batch_chars` at most.

        Empty when `child` has died or another one waits to take its place.
        """
        self._idle += 1
        try:
            while not child.dead and not child.retired:
                batch = self._take()
                if batch:
                    return batch
                self._work.clear()
                await self._work.wait()
            return []
        finally:
            self._idle -= 1

    def _take(self) -> list[_Job]:
        share = max(_SMALLEST_SHARE, self._waiting_chars // max(1, self._idle))
        limit = min(self._batch_chars, share)
        batch: list[_Job] = []
        size = 0
        while self._queue and size < limit:
            job = self._queue[0]
            together = not batch or (
                job.profile == batch[0].profile and not job.deaths and size + len(job.text) <= limit
            )
            if not together:
                break
            self._queue.popleft()
            self._waiting_chars -= len(job.text)
            if job.done.done():
                continue
            batch.append(job)
            size += len(job.text)
            if job.deaths:
                break
        return batch


def _deliver(batch: Sequence[_Job], results: Sequence[list[Finding] | None]) -> None:
    for job, findings in zip(batch, results, strict=True):
        if findings is None:
            job.fail("a detection engine failed on a text of this request")
        elif not job.done.done():
            job.done.set_result(findings)
