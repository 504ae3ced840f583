"""The fenced blocks of the README and of the quick start, each with the remark before it that says how it is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/quickstart.md")
EXAMPLE = re.compile(r"<!-- example -->.*?<!-- /example -->", re.DOTALL)
"""The part of the README that scripts/readme_example.py writes."""
_FENCE = re.compile(
    r"(?:^<!-- (?P<remark>.+) -->\n)?^(?P<ticks>```+|~~~+)(?P<info>.*)\n(?P<text>(?:.*\n)*?)^(?P=ticks)$", re.MULTILINE
)
_REMARK = re.compile(
    r"run: (?P<kind>\w+)(?:; needs: (?P<needs>[^;]+))?(?:; shows: (?P<shows>.+))?|not run: (?P<why>.+)"
)


@dataclass(frozen=True)
class Block:
    """`kind`: sh, python or synopsis; empty when `why` says why it is not run, or when nothing is said.

    `needs`: a file of the repository that it works on; `shows`: what its output must hold.
    """

    page: str
    text: str
    kind: str = ""
    needs: str = ""
    shows: str = ""
    why: str = ""


def blocks(page: str, markdown: str) -> list[Block]:
    """All blocks outside the example, from top to bottom."""
    found = []
    for match in _FENCE.finditer(EXAMPLE.sub("", markdown)):
        said = _REMARK.fullmatch(match["remark"] or "")
        found.append(Block(page, match["text"], **{k: v or "" for k, v in said.groupdict().items()} if said else {}))
    return found


def all_blocks() -> list[Block]:
    """The blocks of both pages."""
    return [block for page in PAGES for block in blocks(page, (ROOT / page).read_text(encoding="utf-8"))]
