"""Word lists of the generator: one entry per line in `lists/NAME.txt`.

Lists that begin with `plain_` hold what looks like a name and is none: products, headings, languages, class names.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lists"


@cache
def entries(name: str) -> tuple[str, ...]:
    """The entries of the list `name`, in order."""
    return tuple(line for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line)


@cache
def names() -> frozenset[str]:
    """The names of all lists."""
    return frozenset(path.stem for path in _FOLDER.glob("*.txt"))
