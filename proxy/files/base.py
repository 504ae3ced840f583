"""What a kind of file is to the commands: texts in order, and the file with other texts in their places. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class UnreadableFile(ValueError):
    """The file is not what its name says, or too large unpacked. The message never quotes it."""


class FileKind(Protocol):
    """One kind of file. A text may be offered whole first and in pieces when its form got lost on the way."""

    def texts(self, data: bytes) -> list[str]:
        """The file's texts in order. Raises UnreadableFile."""
        ...

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """The file with `texts` in the places of its own, as many as `texts(data)` gave.

        Raises FormLost when a text no longer fits its place.
        """
        ...

    def pieces(self, data: bytes) -> FileKind | None:
        """The same file cut into smaller texts, whose form cannot be lost; None when these are the smallest."""
        ...


class FormLost(ValueError):
    """A changed text no longer fits: a value that crossed the border of a cell or field was replaced."""


def decoded(data: bytes) -> tuple[str, str]:
    """Text and its encoding: UTF-8 (with or without mark), UTF-16 with mark, else Windows' Western letters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError:
        return data.decode("cp1252", "surrogateescape"), "cp1252"


def encoded(text: str, encoding: str) -> bytes:
    """The text in the encoding that it came in; what that lacks makes it UTF-8."""
    try:
        return text.encode(encoding, "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
