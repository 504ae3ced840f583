"""A command that is run once and then not waited for any more ends with all that it has started."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from policies.supervising import Child, Supervisor, _Running

PROGRAM = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); print(1); time.sleep(600)"])
open(sys.argv[1] + ".draft", "w").write(str(child.pid))
__import__("os").rename(sys.argv[1] + ".draft", sys.argv[1])
time.sleep(600)
"""


async def test_what_is_cancelled_leaves_nothing_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "pid"

    async def spawn(_self: Supervisor, child: Child, words: tuple[str, ...]) -> _Running:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, *words, stdout=asyncio.subprocess.PIPE, process_group=0
        )
        return _Running(child, process, 0.0)

    monkeypatch.setattr(Supervisor, "_spawn", spawn)
    running = asyncio.ensure_future(Supervisor({}).run(Child("once", (str(told),))))
    async with asyncio.timeout(60):
        while not told.exists():  # noqa: ASYNC110 - a file that another process writes
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait({running}, timeout=30)
    assert running.cancelled()
    async with asyncio.timeout(30):
        while _lives(int(told.read_text())):  # noqa: ASYNC110 - somebody else's child
            await asyncio.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
