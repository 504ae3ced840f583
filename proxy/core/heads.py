"""The head of an HTTP/1.1 message as bytes."""

from __future__ import annotations

from collections.abc import Sequence


def head_of(lines: Sequence[str]) -> bytes:
    """Request or status line and headers, up to the empty line. Raises ValueError for one that would break it."""
    head = "\r\n".join(lines)
    ends = len(lines) - 1
    if head.count("\r\n") != ends or head.count("\r") != ends or head.count("\n") != ends or "\0" in head:
        raise ValueError("a header holds the end of a line")
    return f"{head}\r\n\r\n".encode("utf-8", "surrogateescape")
