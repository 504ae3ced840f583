"""Which workers of this machine live: each locks a file of its name, and the kernel lets go of it when it dies.

So the next worker need not wait until the dead one's lease runs out. For workers on other machines the lease decides
alone; and whoever is taken for dead and is not loses its lease to the next one, and stops.
"""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = "workers"


@contextmanager
def living(data_dir: Path, worker: str) -> Iterator[None]:
    """Let others see during the block that this worker lives."""
    path = _place(data_dir) / worker
    draft = path.with_name(f".{worker}")
    # Locked before it has its name: whoever sees the name and gets the lock knows that nobody lives here.
    with draft.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        draft.rename(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def dead(data_dir: Path) -> list[str]:
    """Workers of this machine that ended without a word."""
    found = []
    for path in _place(data_dir).glob("w_*"):
        with suppress(OSError), path.open("r+") as file:  # somebody else has buried it
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.append(path.name)
    return found


def buried(data_dir: Path, worker: str) -> None:
    """Forget a dead worker."""
    (_place(data_dir) / worker).unlink(missing_ok=True)


def _place(data_dir: Path) -> Path:
    """A folder for each machine or container: a lock may not be seen from another one."""
    folder = data_dir / FOLDER / socket.gethostname()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
