"""The reset of a public demo: its data folder is emptied at a set time, wholly or, when interrupted, at the next start.

`demo.json` in the folder says when the next reset is due and whether one is going on. Nothing runs in the folder while
it is emptied (`sting up` has stopped its parts), so nobody sees half of it. Only a folder that the demo itself has
begun is ever emptied: one that holds other data is refused.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policies.demo_kept import KEPT_FILE

STATE_FILE = "demo.json"
LOCK_FILE = "demo.lock"
_DRAFT = f".{STATE_FILE}"
_KEPT = frozenset({STATE_FILE, _DRAFT, LOCK_FILE, KEPT_FILE, "lost+found"})
"""Files of ours, what visitors asked us to keep, and what a file system puts into a fresh volume by itself."""
_HOUR = 3600.0


class NoDemoFolder(Exception):
    """The folder must not be emptied; the message says why and what to do. Nothing in it was touched."""


def next_reset(folder: Path) -> float | None:
    """When the next reset is due, in UTC seconds since 1970; None when the folder is no demo's."""
    state = _state(folder)
    return state[0] if state else None


def is_due(folder: Path, now: float) -> bool:
    """Whether a reset is due at `now`, or was begun and not finished."""
    state = _state(folder)
    return state is not None and (state[1] or state[0] <= now)


@contextmanager
def claimed(folder: Path, hours: float, now: float) -> Iterator[None]:
    """The folder as a demo's, for as long as the block runs: an empty one is begun, in a demo's what is due is done.

    Raises NoDemoFolder for one with other data, or when another demo runs in it; OSError.
    """
    with owned(folder, hours):
        if _state(folder) is None:
            finish(folder, now + hours * _HOUR)
        elif is_due(folder, now):
            reset(folder, hours, now)
        yield


@contextmanager
def owned(folder: Path, hours: float) -> Iterator[None]:
    """The folder, for as long as the block runs, of one demo alone; nothing in it is touched.

    Raises NoDemoFolder for one with other data, or when another demo runs in it; OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _state(folder) is None and any(path.name not in _KEPT for path in folder.iterdir()):
        raise NoDemoFolder(
            f"{folder} holds data that no demo has made, and demo_mode deletes all that is in its data folder every "
            f"{hours:g} hours. Give it an empty folder with --data-dir, or set demo.reset_hours: 0"
        )
    with _only_one(folder):
        yield


def reset(folder: Path, hours: float, now: float) -> None:
    """Empty the folder of a demo and set the time of the next reset. Nothing may run in it. Raises OSError."""
    begin(folder, now)
    empty(folder)
    finish(folder, now + hours * _HOUR)


def begin(folder: Path, now: float) -> None:
    """Note that a reset is going on: whatever happens, the next start goes on with it. Raises OSError."""
    _write(folder, now, resetting=True)


def finish(folder: Path, due: float) -> None:
    """Note that it is done, and when the next one is due, in UTC seconds since 1970. Raises OSError."""
    _write(folder, due, resetting=False)


def bring_forward(folder: Path, now: float) -> bool:
    """Have the next reset be due at once; false when the folder is no demo's. Who runs the demo sees it in a second."""
    state = _state(folder)
    if state is None:
        return False
    if not state[1]:
        _write(folder, min(state[0], now), resetting=False)
    return True


def leave(folder: Path) -> None:
    """The folder is a demo's no longer: it is never emptied again. A reset that was begun is finished before."""
    state = _state(folder)
    if state is not None:
        if state[1]:
            empty(folder)
        for name in (STATE_FILE, LOCK_FILE):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """No second demo of this folder runs during the block: it would empty the folder under the first."""
    descriptor = os.open(folder / LOCK_FILE, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise NoDemoFolder(f"another demo runs in {folder}; give this one a folder of its own: --data-dir") from None
    try:
        yield
    finally:
        os.close(descriptor)


def empty(folder: Path) -> None:
    """Delete all that is in the folder but what outlives a reset. Raises OSError."""
    for path in folder.iterdir():
        if path.name in _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _state(folder: Path) -> tuple[float, bool] | None:
    """When the next reset is due and whether one is going on; a file that cannot be read counts as none."""
    try:
        content = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        return float(content["next_reset"]), bool(content["resetting"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, due: float, *, resetting: bool) -> None:
    """Write the state, at once or not at all; it is on the disk before anything is deleted."""
    draft = folder / _DRAFT
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"next_reset": due, "resetting": resetting}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / STATE_FILE)
