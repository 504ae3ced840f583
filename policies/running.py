"""`data_dir/run.json`: how processes and commands on one machine find what runs there. For the owner's eyes only."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policies.settings import Settings

RUN_FILE = "run.json"
_LOCK = "run.lock"
"""Held (shared) by a gateway from its first moment to its end: the run file comes when it serves."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running gateway: its process, base address, a local key with all roles, and the address of its Redis."""

    pid: int
    gateway: str
    local_key: str = field(repr=False)
    redis: str = field(repr=False)
    console: str | None = None


def find_running(data_dir: Path) -> Running | None:
    """What the run file says, when the process that wrote it still lives: not another one that got its number."""
    try:
        content: dict[str, Any] = json.loads((data_dir / RUN_FILE).read_text(encoding="utf-8"))
        found = Running(
            pid=int(content["pid"]),
            gateway=str(content["gateway"]),
            local_key=str(content["local_key"]),
            redis=str(content["redis"]),
            console=content.get("console"),
        )
        born = content.get("born")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    alive = _born(found.pid)
    return found if alive is not None and born in {None, alive} else None


def console_address(settings: Settings) -> str:
    """Where people reach the console of this installation: the one that runs, else where it would. Blocks."""
    running = find_running(settings.data_dir)
    return (running.console if running else None) or settings.console_url


def _born(pid: int) -> int | None:
    """When a process began, in clock ticks since the machine did; None when there is none."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def begun(data_dir: Path) -> Iterator[None]:
    """Let others see, during the block, that a gateway of this folder starts or runs (`is_begun`)."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def is_begun(data_dir: Path) -> bool:
    """Whether a gateway of this folder starts or runs, on this machine."""
    try:
        with (data_dir / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def note_running(data_dir: Path, content: Mapping[str, object]) -> None:
    """Add `content` to the run file, at once or not at all."""
    path = data_dir / RUN_FILE
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = None
    before = before if isinstance(before, dict) else {}
    draft = path.with_name(f".{RUN_FILE}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({**before, **content}, file)
    draft.replace(path)


@contextlib.contextmanager
def run_file(data_dir: Path, running: Running) -> Iterator[None]:
    """The run file, for as long as the block runs."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / RUN_FILE
    path.unlink(missing_ok=True)
    note_running(
        data_dir,
        {
            "pid": running.pid,
            "born": _born(running.pid),
            "gateway": running.gateway,
            "local_key": running.local_key,
            "redis": running.redis,
        },
    )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
