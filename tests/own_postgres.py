"""PostgreSQL servers of the tests' own: in a folder in /tmp, as the user `postgres` where we are root.

They end with the test process, however that ends: a shell that waits for the end of its input stops them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_SECONDS = 60
_WHEN_WE_END = 'trap "" INT; cat >/dev/null; exec "$@"'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ended_with_us(command: Sequence[str], user: str | None = None) -> Iterator[None]:
    """Have `command` run at the end of the block, or of this process, even when that is killed."""
    shell = ["/bin/sh", "-c", _WHEN_WE_END, "sh", *command]
    quiet = subprocess.DEVNULL
    waiting = subprocess.Popen(
        shell, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, user=user, cwd="/", start_new_session=True
    )
    try:
        yield
    finally:
        waiting.communicate(timeout=_SECONDS)
    assert waiting.returncode == 0, "the server of the tests could not be stopped"


@dataclass(frozen=True)
class OwnPostgres:
    """Where its programs are, who runs it, and its folder: the data in `data`, its messages in `log`."""

    programs: Path
    account: str
    folder: Path

    def run(self, program: str, *words: str) -> None:
        """One of its programs, over the data. Raises CalledProcessError."""
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *words]
        subprocess.run(command, user=self._user, cwd="/", check=True, timeout=_SECONDS, capture_output=True)

    def give(self, *paths: Path) -> None:
        """Make it their owner."""
        for path in paths:
            shutil.chown(path, self.account)

    @contextmanager
    def serving(self, options: str) -> Iterator[None]:
        """Started, until the end of the block. Raises CalledProcessError where it does not start."""
        self.run("pg_ctl", "-w", "-t", "50", "-l", str(self.folder / "log"), "-o", options, "start")
        stop = [str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop"]
        with ended_with_us(stop, self._user):
            yield

    @property
    def _user(self) -> str | None:
        return self.account if os.geteuid() == 0 else None


@contextmanager
def own_postgres(prefix: str) -> Iterator[OwnPostgres]:
    """A folder for a server; `prefix`: how its name begins. Skips the test where there is no PostgreSQL."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path(found).parent] if found else []
    programs = next((folder for folder in folders if (folder / "initdb").exists()), None)
    root = os.geteuid() == 0
    account = "postgres" if root else pwd.getpwuid(os.geteuid()).pw_name
    if programs is None or (root and account not in {entry.pw_name for entry in pwd.getpwall()}):
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        shutil.chown(folder, account)
        yield OwnPostgres(programs, account, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
