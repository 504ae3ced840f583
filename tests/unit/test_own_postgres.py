"""What tests start ends with them, also when they are killed."""

import subprocess
import sys
from pathlib import Path

_KILLED = """
import os, signal, sys
from tests.own_postgres import ended_with_us
with ended_with_us(["touch", sys.argv[1]]):
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))
"""


def _ended_by(signal: str, mark: Path) -> bool:
    """Whether the command ran behind a process that such a signal ended; its end of the pipe is waited for."""
    command = [sys.executable, "-c", _KILLED, str(mark), signal]
    assert subprocess.run(command, check=False, timeout=60).returncode < 0
    until = ["/bin/sh", "-c", f"while [ ! -e {mark} ]; do :; done"]
    subprocess.run(until, check=True, timeout=20)
    return mark.exists()


def test_what_was_started_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    for signal in ("SIGKILL", "SIGTERM"):
        assert _ended_by(signal, tmp_path / signal)
