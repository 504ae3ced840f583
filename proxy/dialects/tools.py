"""Which strings of an answer are arguments of a tool, and of which one: policies say where originals may go."""

from __future__ import annotations

from typing import Final

from proxy.core.jsontext import Document, Path
from proxy.core.streams import Channel

_ARGUMENTS: Final = frozenset({"arguments", "input", "action", "code", "command", "commands", "operation"})
"""Keys of calls below which a tool's arguments stand; a provider's own tools are known by their item's `type`."""


def tool_of(body: Document, path: Path, key: Channel | None = None) -> str | Channel | None:
    """Name of the tool whose arguments stand at a path of an answer; None for other texts.

    An event may leave the name out: then `key`, by which an earlier event of the stream named the tool, else "".
    """
    if _ARGUMENTS.isdisjoint(path):
        return None
    place = path[: next(depth for depth, step in enumerate(path) if step in _ARGUMENTS)]
    if place:
        if name := body.value(*place, "name"):
            return name
        if key is None:
            return body.value(*place, "type") or ""
    return key if key is not None else ""
