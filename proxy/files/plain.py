"""Plain text and Markdown: one text, in blocks that a request can carry."""

from __future__ import annotations

from collections.abc import Sequence

from proxy.files.base import FileKind, decoded, encoded

BLOCK = 200_000
"""Characters at most that stand in one text of a request."""


class PlainText:
    """The whole text, cut at ends of lines."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return blocks(decoded(data)[0])

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        return encoded("".join(texts), decoded(data)[1])

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: any text fits."""
        return None


def blocks(text: str, size: int = BLOCK) -> list[str]:
    """The text in parts of at most `size` characters, cut behind a line's end where there is one."""
    parts, start = [], 0
    while len(text) - start > size:
        end = text.rfind("\n", start, start + size) + 1
        end = end if end > start else start + size
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]]
