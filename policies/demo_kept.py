"""What a public demo keeps through its resets: whether visitors liked it, and who asked for a pilot.

Lines of JSON in a file of the data folder, for its owner's eyes alone. A visitor who asks for a pilot types an address
so that somebody writes to them: that is the one thing of a person that the reset leaves, and the form says so.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEPT_FILE = "demo-kept.jsonl"
MOST_BYTES = 4 * 1024 * 1024
"""Of the file: whoever floods it stops at that."""


class DemoFull(Exception):
    """So much was kept that nothing more is taken."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """Who wants to try the product with data of their own; `at` is UTC milliseconds."""

    at: int
    email: str = field(repr=False)
    organisation: str = field(repr=False)
    wish: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DemoStats:
    """What visitors have said: clicks by place (`shop`, `clinic`, ...), and requests for pilots, oldest first."""

    liked: Mapping[str, int]
    disliked: Mapping[str, int]
    pilots: Sequence[Pilot]


def keep_feedback(folder: Path, at: int, place: str, *, liked: bool) -> None:
    """Note one click. Raises DemoFull, OSError."""
    _append(folder, {"kind": "feedback", "at": at, "place": place, "liked": liked})


def keep_pilot(folder: Path, pilot: Pilot) -> None:
    """Note a request. Raises DemoFull, OSError."""
    told = {"at": pilot.at, "email": pilot.email, "organisation": pilot.organisation, "wish": pilot.wish}
    _append(folder, {"kind": "pilot", **told})


def demo_stats(folder: Path) -> DemoStats:
    """All that was kept; a line that was cut is left out."""
    liked, disliked, pilots = Counter[str](), Counter[str](), list[Pilot]()
    for entry in _entries(folder / KEPT_FILE):
        try:
            if entry["kind"] == "pilot":
                pilots.append(Pilot(int(entry["at"]), entry["email"], entry["organisation"], entry["wish"]))
            else:
                (liked if entry["liked"] else disliked)[str(entry["place"])] += 1
        except (KeyError, TypeError, ValueError):
            continue
    return DemoStats(dict(liked), dict(disliked), pilots)


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found += [entry] if isinstance(entry, dict) else []
    return found


def _append(folder: Path, entry: Mapping[str, object]) -> None:
    """One write of one line: processes that append at once do not mix theirs."""
    descriptor = os.open(folder / KEPT_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.fstat(descriptor).st_size > MOST_BYTES:
            raise DemoFull("so much was kept that nothing more is taken")
        os.write(descriptor, json.dumps(entry).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
