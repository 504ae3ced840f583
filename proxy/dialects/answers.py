"""What the dialects share about answers: which strings are left alone, and which are JSON themselves."""

from __future__ import annotations

from typing import Final

from proxy.core.jsontext import Document, Leaf, NotJson, parse
from proxy.core.slots import ANYTHING, Node

_MOST_DIGITS: Final = 15
"""Of a count; Python refuses to read numbers of thousands of digits, and a provider may send anything."""


def count(body: Document, *path: str | int) -> int | None:
    """The whole number at a path, None when there is none."""
    written = body.scalars.get(path, "")
    return int(written) if written.isdigit() and len(written) <= _MOST_DIGITS else None


def left_alone(root: Node, leaf: Leaf) -> bool:
    """Whether a string of an answer is left alone: it, or what it stands in, ends in `ANYTHING` by the rules."""
    node: Node | None = root
    for step in leaf.path:
        if node is None:
            return False
        node = node.any_item if isinstance(step, int) else node.children.get(step)
        if node is not None and node.ends is ANYTHING:
            return True
    return False


def holds_json(leaf: Leaf) -> bool:
    """Whether a string is a JSON document itself, so that originals in it need its escapes."""
    if leaf.is_key or leaf.text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        parse(leaf.text)
    except NotJson:
        return False
    return True
