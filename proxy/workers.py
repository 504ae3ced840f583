"""The gateway as a command runs it: this process holds the stores and the audit trail, workers answer the requests.

All workers listen at one port (SO_REUSEPORT: the kernel spreads connections over them). One that dies is replaced; the
others take its connections meanwhile. On SIGTERM or SIGINT all stop listening and finish what is running.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import os
import pickle
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from policies.freed_memory import keep_freed_memory
from policies.running import Running, begun, run_file
from policies.settings import Settings, environment
from policies.yielding import give_way
from proxy.errors import StingError
from proxy.metrics import METRICS_FOLDER, forget_process
from proxy.open_files import make_room
from proxy.places import Place, gateway_workers, with_local_key
from proxy.worker import Errand

_log = logging.getLogger("sting.workers")
_START_SECONDS = 270.0
"""On a machine with ten times the work it has cores for; a worker that ends is noticed at once."""
_END_SECONDS = 5.0
"""Beyond the time that running exchanges get; then a worker is killed."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_METRICS = "sting-metrics-"
_OWNER = "owner"
"""File in a folder of metrics that its gateway locks for as long as it lives, with the process id."""
_FALSE_START = "a gateway worker does not start"


async def serve(settings: Settings, announce: Callable[[Place], None], *, log_level: str = "info") -> None:
    """Run a gateway until SIGINT or SIGTERM; `announce` is told when it listens.

    Raises StingError, OSError (the port is taken) and what opening the stores raises.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    keep_freed_memory()
    make_room(settings.gateway.max_in_flight)  # before there are children, which inherit it
    settings, local_key = with_local_key(settings)
    with (
        begun(settings.data_dir),
        reserved(settings.gateway.host, settings.gateway.port) as port,
        metrics_folder() as folder,
    ):
        place = Place(settings.gateway.host, port, local_key, settings.gateway.tls.scheme)
        async with Workers(folder).begun(gateway_workers(settings)) as workers:
            from proxy.ground import grounded  # noqa: PLC0415 - while the workers load their code

            async with grounded(settings) as redis_url:
                errand = Errand(settings, redis_url, place.host, place.port, settings.gateway.drain_s, log_level)
                async with workers.running(errand):
                    give_way()
                    with run_file(settings.data_dir, Running(os.getpid(), place.url, local_key, redis_url)):
                        announce(place)
                        await ended.wait()


@contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """The port, kept for processes of ours until the end of the block; 0 takes a free one. Raises OSError."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, kind) as probe:
        # Without SO_REUSEPORT: another gateway at this port would share its requests with this one.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        if port:
            probe.listen()
    with socket.socket(family, kind) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        kept.bind(address)
        yield kept.getsockname()[1]


@contextmanager
def metrics_folder() -> Iterator[Path]:
    """Where the workers keep what they count, so that each can tell of all; those of killed gateways are removed."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_METRICS))
    draft = folder / "draft"
    # Locked before it has its name: whoever sees the name and gets the lock knows that nobody lives here.
    with draft.open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        owner.write(str(os.getpid()))
        owner.flush()
        draft.rename(folder / _OWNER)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove folders of metrics whose gateway is gone: our own account's, with a lock that nobody holds.

    A lock, not the process id alone: ids are used again, and containers that share a folder do not share ids.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_METRICS}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.lstat().st_uid != os.geteuid():
                continue
            with (folder / _OWNER).open("r+") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


class Workers:
    """Worker processes with one errand, kept alive."""

    def __init__(self, metrics_folder: Path) -> None:
        self._folder = metrics_folder
        self._ending = False
        self._processes: set[asyncio.subprocess.Process] = set()
        self._loading: list[asyncio.subprocess.Process] = []

    @property
    def pids(self) -> Sequence[int]:
        """Process ids of the workers that answer."""
        return [process.pid for process in self._processes]

    @asynccontextmanager
    async def begun(self, count: int) -> AsyncIterator[Workers]:
        """`count` processes that load their code, and wait to be told what to do (`running`)."""
        try:
            for _ in range(count):
                self._loading.append(await self._spawned())
            yield self
        finally:
            for process in self._loading:
                await self._buried(process)

    @asynccontextmanager
    async def running(self, errand: Errand) -> AsyncIterator[None]:
        """Those that have begun answer, until the end of the block, when they finish what is running.

        Raises StingError with the reason when one does not start; then none is left.
        """
        loading, self._loading = self._loading, []
        started = [asyncio.get_running_loop().create_future() for _ in loading]
        keeping = [
            asyncio.create_task(self._keep(errand, process, future))
            for process, future in zip(loading, started, strict=True)
        ]
        try:
            await asyncio.gather(*started)
            yield
        finally:
            self._ending = True
            for process in self._processes:
                with suppress(ProcessLookupError):
                    process.terminate()
            _, late = await asyncio.wait(keeping, timeout=errand.drain + _END_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)

    async def _keep(
        self, errand: Errand, loading: asyncio.subprocess.Process | None, started: asyncio.Future[None]
    ) -> None:
        """Keep one worker alive until the end; the first is `loading` already."""
        pause = _FIRST_PAUSE
        while not self._ending:
            process, loading = loading or await self._spawned(), None
            self._processes.add(process)
            try:
                await self._told(process, errand)
                problem = await self._heard(process)
                if not problem:
                    pause = _FIRST_PAUSE
                if not started.done():
                    if problem:
                        started.set_exception(StingError(problem))
                        return
                    started.set_result(None)
                status = await process.wait()
            finally:
                await self._buried(process)
            if not self._ending:
                _log.warning("a gateway worker ended and is replaced", extra={"status": status})
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _spawned(self) -> asyncio.subprocess.Process:
        """A new process, that loads its code."""
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "proxy.worker", str(os.getpid()),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**environment(), METRICS_FOLDER: str(self._folder)},
        )  # fmt: skip

    async def _told(self, process: asyncio.subprocess.Process, errand: Errand) -> None:
        """Give a process its errand."""
        assert process.stdin is not None  # noqa: S101 - made with a pipe
        with suppress(ConnectionError):
            process.stdin.write(pickle.dumps(errand))
            await process.stdin.drain()
        process.stdin.close()

    async def _heard(self, process: asyncio.subprocess.Process) -> str:
        """Why the worker does not answer requests; empty when it does."""
        assert process.stdout is not None  # noqa: S101 - made with a pipe
        try:
            async with asyncio.timeout(_START_SECONDS):
                line = await process.stdout.readline()
            words = json.loads(line)
        except TimeoutError:
            return f"{_FALSE_START}: it was not ready after {_START_SECONDS:g} s"
        except ValueError:
            return f"{_FALSE_START}: it ended with status {await process.wait()}"
        return str(words.get("failed", ""))

    async def _buried(self, process: asyncio.subprocess.Process) -> None:
        """End what still runs and forget what it had in flight."""
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        self._processes.discard(process)
        forget_process(self._folder, process.pid)
