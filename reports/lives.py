"""Which report workers of this machine have ended: each holds a lock on a file, and that ends with its process.

Without it the run of a killed worker would wait until its lease has run out (docs/decisions/0900).
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOLDER: Final = "workers"


@contextlib.contextmanager
def living(data_dir: Path, worker: str) -> Iterator[None]:
    """Let other workers of this machine see, during the block, that this one lives."""
    place = _place(data_dir)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / worker
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def ended(data_dir: Path) -> list[str]:
    """Names of this machine's workers whose process is gone; `buried` forgets one."""
    try:
        found = sorted(_place(data_dir).iterdir())
    except FileNotFoundError:
        return []
    return [path.name for path in found if _is_free(path)]


def buried(data_dir: Path, worker: str) -> None:
    """Forget a worker that has ended, once nothing is held by it any more."""
    (_place(data_dir) / worker).unlink(missing_ok=True)


def _place(data_dir: Path) -> Path:
    """Of this host alone: on a folder that hosts share a lock may not reach from one to the other."""
    return data_dir / _FOLDER / socket.gethostname()


def _is_free(path: Path) -> bool:
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
