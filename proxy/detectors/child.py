"""One detection worker process, as its parent sees it: start, ask, kill."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence

from proxy.core.findings import Finding
from proxy.detectors import frames
from proxy.detectors.base import Profile
from proxy.detectors.chain import NOWHERE, ONE_THREAD

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT")


class WorkerGone(Exception):
    """The process ended, or its pipes closed, before it had answered."""


class WorkerNotStarted(Exception):
    """The process could not load its engines; the message says why and holds no text of a client."""


class Child:
    """A loaded worker process.

    It must be started from the main thread: the kernel ends it when the thread that started it ends.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.loaded: tuple[str, ...] = ()
        self.retired = False
        assert process.stdin is not None  # noqa: S101 - made with pipes below
        assert process.stdout is not None  # noqa: S101 - the same
        self._requests = process.stdin
        self._answers = process.stdout

    @classmethod
    async def start(
        cls, engines: Sequence[str], python_path: str | None = None, places: Mapping[str, str] = NOWHERE
    ) -> Child:
        """Start a process and wait until its engines are loaded.

        `places`: where the weights or services of engines are. `python_path` is put before the module search path of
        the child. Raises WorkerNotStarted; when cancelled, no
        process is left behind.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "proxy.detectors.worker", "--parent", str(os.getpid()),
            *(f"--place={name}={place}" for name, place in sorted(places.items())), *engines,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=_environment(python_path),
        )  # fmt: skip
        child = cls(process)
        try:
            child.loaded = frames.decode_loaded(await child._frame())
        except RuntimeError as error:
            await child.kill()
            raise WorkerNotStarted(str(error)) from None
        except WorkerGone:
            await child.kill()
            raise WorkerNotStarted(f"it ended with status {process.returncode} before it was ready") from None
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def dead(self) -> bool:
        """Whether the process has ended (known once `wait` has returned)."""
        return self._process.returncode is not None

    async def wait(self) -> None:
        """Return when the process has ended."""
        await self._process.wait()

    async def ask(self, texts: Sequence[str], profile: Profile) -> list[list[Finding] | None]:
        """Findings per text, None for a text that an engine failed at. Raises WorkerGone."""
        try:
            self._requests.write(frames.frame(frames.encode_request(texts, profile)))
            await self._requests.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerGone from error
        return frames.decode_answer(await self._frame())

    async def _frame(self) -> bytes:
        try:
            prefix = await self._answers.readexactly(frames.PREFIX.size)
            return await self._answers.readexactly(frames.PREFIX.unpack(prefix)[0])
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            raise WorkerGone from error

    async def kill(self) -> None:
        """End the process now, whatever it does; it holds nothing that would be lost.

        Returns when it has ended and its pipes are closed, even when the caller is cancelled meanwhile.
        """
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        ending = asyncio.create_task(self._ended())
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise

    async def _ended(self) -> None:
        self._requests.close()
        await self._process.wait()
        while await self._answers.read(1 << 16):  # to the end: its transport then closes by itself
            pass
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            await self._requests.wait_closed()


def _environment(python_path: str | None) -> dict[str, str]:
    """What a child needs of our environment: no keys, no database address; and numeric libraries on one thread."""
    ours = os.environ  # noqa: TID251 - no setting is read: this decides what is *not* handed on
    passed = {name: ours[name] for name in _PASSED_ON if name in ours} | dict(ONE_THREAD)
    if python_path:
        passed["PYTHONPATH"] = os.pathsep.join(filter(None, (python_path, passed.get("PYTHONPATH"))))
    return passed
