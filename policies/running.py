"""`data_dir/run.json`: how processes and commands on one machine find what runs there. For the owner's eyes only."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A running gateway: its process, base address, a local key with all roles, and the address of its Redis."""

    pid: int
    gateway: str
    local_key: str = field(repr=False)
    redis: str = field(repr=False)
    console: str | None = None


def find_running(data_dir: Path) -> Running | None:
    """What the run file says, when the process that wrote it still lives."""
    try:
        content: dict[str, Any] = json.loads((data_dir / RUN_FILE).read_text(encoding="utf-8"))
        found = Running(
            pid=int(content["pid"]),
            gateway=str(content["gateway"]),
            local_key=str(content["local_key"]),
            redis=str(content["redis"]),
            console=content.get("console"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if Path(f"/proc/{found.pid}").exists() else None


def note_running(data_dir: Path, content: Mapping[str, object]) -> None:
    """Add `content` to the run file, at once or not at all."""
    path = data_dir / RUN_FILE
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
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
            "gateway": running.gateway,
            "local_key": running.local_key,
            "redis": running.redis,
        },
    )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
