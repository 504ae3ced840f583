"""The `sting` command as a real process, in a session of its own so that whatever it leaves behind is found."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from policies.settings import environment as inherited

STING = str(Path(sys.executable).with_name("sting"))
_START = 180.0  # seconds until detection is loaded, on a busy machine
_END = 40.0


@dataclass
class StingProcess:
    """A command that runs on. `output` are its lines so far, `log` is where its stderr goes."""

    process: asyncio.subprocess.Process
    output: list[str]
    log: Path

    async def line(self, start: str, seconds: float = _START) -> str:
        """The next line of output that begins with `start`."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while raw := await self.process.stdout.readline():
                self.output.append(raw.decode().rstrip("\n"))
                if self.output[-1].startswith(start):
                    return self.output[-1]
        raise AssertionError(f"it ended without {start!r}: {self.output} {self.log.read_text()[-2000:]}")

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT to the whole foreground process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    async def ended(self) -> int:
        """Exit status, once it has ended."""
        async with asyncio.timeout(_END):
            return await self.process.wait()

    def left_behind(self) -> dict[int, str]:
        """Processes of its session that live: pid and command line."""
        return {pid: name for pid, name in _living(self.process.pid).items() if pid != self.process.pid}


def _living(session: int) -> dict[int, str]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, _, _, its_session, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(its_session) == session and state != "Z":
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
    return found


@asynccontextmanager
async def sting(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> AsyncIterator[StingProcess]:
    """`sting ARGUMENTS`, killed with all that belongs to it at the end of the block.

    `environment` is added to ours; `prefix` are words before the command.
    """
    log = folder / "stderr.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *prefix,
            STING,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            start_new_session=True,
            env={**inherited(), **(environment or {})},
        )
    running = StingProcess(process, [], log)
    try:
        yield running
    finally:
        for pid in _living(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()
        if process.stdout is not None:
            await process.stdout.read()


async def run(folder: Path, *arguments: str, given: str = "") -> tuple[int, str, str]:
    """Exit status, output and errors of `sting ARGUMENTS`."""
    return await program(folder, STING, *arguments, given=given)


async def program(folder: Path, *command: str, given: str = "") -> tuple[int, str, str]:
    """Exit status, output and errors of a command."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
    )
    async with asyncio.timeout(_START):
        output, errors = await process.communicate(given.encode())
    return process.returncode or 0, output.decode(), errors.decode()
