"""Runs commands of this product as child processes: starts, waits until they serve, restarts what crashes, ends all.

A child stands in a process group of its own, so that Ctrl-C reaches the supervisor alone and things end in order; it
dies with the supervisor whatever happens to that (`policies.child_process`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

START_SECONDS = 600.0
_STOP_SECONDS = 40.0
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_log = logging.getLogger("sting.up")


class ChildEnded(Exception):
    """A child that must run has ended before it served; what it said stands on stderr."""


@dataclass(frozen=True, slots=True)
class Child:
    """A command to keep running: its words, and the names of the lines `name: value` that it prints once it serves.

    `again` are the words for a restart, given what it said at first: the port it took then, for example.
    """

    name: str
    words: tuple[str, ...]
    says: tuple[str, ...] = ()
    again: Callable[[Mapping[str, str]], tuple[str, ...]] | None = None


@dataclass(slots=True)
class _Running:
    child: Child
    process: asyncio.subprocess.Process
    started: float
    said: dict[str, str] = field(default_factory=dict, repr=False)


class Supervisor:
    """Keeps children running until `stop`. `environment` is what they see."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._running: list[_Running] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._ending = False

    async def start(self, child: Child) -> Mapping[str, str]:
        """Start the child and wait until it has said all that it `says`; from then on it is kept running.

        Raises ChildEnded when it ends before, TimeoutError when it takes START_SECONDS.
        """
        running = await self._spawn(child, child.words)
        self._running.append(running)
        async with asyncio.timeout(START_SECONDS):
            await self._listen(running)
        self._tasks.append(asyncio.get_running_loop().create_task(self._keep(running)))
        return dict(running.said)

    async def run(self, child: Child) -> int:
        """Run the child once to its end; its exit status. When this is cancelled, nothing of it runs any more."""
        running = await self._spawn(child, child.words)
        self._running.append(running)
        try:
            return await self._drained(running)
        finally:
            if running.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(running.process.pid, signal.SIGKILL)  # with all that it has started
                await running.process.wait()
            self._running.remove(running)

    async def stop(self) -> None:
        """End all children, the last one started first, each with time to finish what it does."""
        self._ending = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for running in reversed(self._running):
            await self._end(running)

    def kill(self) -> None:
        """End all children at once."""
        for running in self._running:
            with contextlib.suppress(ProcessLookupError):
                running.process.kill()

    async def _spawn(self, child: Child, words: Sequence[str]) -> _Running:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "policies.child_process",
            str(os.getpid()),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
            process_group=0,
        )
        return _Running(child, process, time.monotonic())

    async def _listen(self, running: _Running) -> None:
        """Read what the child says until it has said everything."""
        missing = set(running.child.says)
        while missing:
            line = await _line(running.process)
            if line is None:
                await running.process.wait()
                raise ChildEnded(running.child.name)
            name, colon, value = line.partition(": ")
            if colon and name in missing:
                missing.discard(name)
                running.said[name] = value

    async def _drained(self, running: _Running) -> int:
        """Wait for the child's end; what it prints meanwhile is not shown."""
        while await _line(running.process) is not None:
            pass
        return await running.process.wait()

    async def _keep(self, running: _Running) -> None:
        """Start the child again whenever it ends, after a pause that grows while it keeps ending at once."""
        pause = 1.0
        while not self._ending:
            status = await self._drained(running)
            if time.monotonic() - running.started > _STEADY_SECONDS:
                pause = 1.0
            _log.error("a part has ended", extra={"part": running.child.name, "status": status, "again_in": pause})
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            again = running.child.again
            fresh = await self._spawn(running.child, again(running.said) if again else running.child.words)
            running.process, running.started = fresh.process, fresh.started

    async def _end(self, running: _Running) -> None:
        process = running.process
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._drained(running)
        except TimeoutError:
            _log.error("a part did not end in time", extra={"part": running.child.name})
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _line(process: asyncio.subprocess.Process) -> str | None:
    """The next line of the child's output, None at its end."""
    if process.stdout is None:
        return None
    try:
        raw = await process.stdout.readline()
    except ValueError:  # longer than the reader's limit: nothing that we wait for
        return ""
    return raw.decode("utf-8", "replace").rstrip("\n") if raw else None
