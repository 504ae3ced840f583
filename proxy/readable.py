"""Files that can be read: which text stands where in them, and the file with other texts in their places. Pure.

A file is readable when all of it is text: letters without control characters, and no picture or the like inside.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from proxy.core.jsontext import Leaf, NotJson, Path, parse, splice
from proxy.core.scrambler import Decision, edits_of
from proxy.core.slots import Kind, Node, Slots, TextSlot, slots_of
from proxy.dialects.openai_chat import CHAT
from proxy.files.base import FileKind, UnreadableFile, decoded, encoded
from proxy.files.html import Html
from proxy.files.plain import PlainText
from proxy.files.raw_tables import RawTable
from proxy.multipart import FormPart

_TYPES: Final = {
    "csv": "text/csv",
    "htm": "text/html",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
}
"""Endings that providers tell by, and what such a file is."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\udc80-\udcff]")
"""What stands in no text. The escape that begins a terminal's colours does: logs of commands have it."""
_BEGINS: Final = (b"%PDF", b"%!PS", b"{\\rtf")
"""Formats that are written in letters and yet are no text."""
_INSIDE: Final = re.compile(
    r"data:[a-z]+/[a-z0-9.+-]+(?:;[a-z0-9-]+=[^;,\s]*)*;base64,"
    r"|[A-Za-z0-9+/]{256,}|(?:[A-Za-z0-9+/]{60,76}\r?\n){4}"
    r"|^content-transfer-encoding:\s*(?:base64|quoted-printable)",
    re.IGNORECASE | re.MULTILINE,
)
"""Something in base64 or the like, which may be a picture or another file."""
_TABLES: Final = frozenset({"csv", "tsv"})


class Readable(Protocol):
    """A file as texts. `lines`: it is JSON line by line. `unscannable`: where something stands that is no text."""

    texts: Sequence[TextSlot]
    unscannable: Sequence[Path]
    lines: bool

    def left(self, decisions: Sequence[Sequence[Decision]]) -> list[str]:
        """The texts as they leave."""
        ...

    def written(self, decisions: Sequence[Sequence[Decision]]) -> bytes:
        """The file as it leaves. Raises FormLost when a text no longer fits its place."""
        ...

    def smaller(self) -> Readable | None:
        """The same file in smaller texts, whose form cannot be lost; None where these are the smallest."""
        ...


def ending_of(file_name: str) -> str:
    """The ending that the file has outside; empty for one that tells nothing."""
    ending = file_name.rpartition(".")[2].lower()
    return ending if ending in _TYPES else ""


def type_of(file: FormPart, form: Readable | None) -> str:
    """What the file is said to be."""
    return _TYPES.get(ending_of(file.file_name), file.content_type if form is None else "text/plain")


def readable(file_name: str, data: bytes, *, max_depth: int) -> Readable | None:
    """The file as texts; None when it is none."""
    if data.startswith(_BEGINS):
        return None
    text, encoding = decoded(data)
    ending = ending_of(file_name)
    if _CONTROL.search(text) or (encoding == "cp1252" and not ending):  # any bytes are letters of Windows
        return None
    if not encoding.startswith("utf-8"):  # what comes back may hold letters of any kind
        data, encoding = text.encode("utf-8"), "utf-8"
    inside: list[Path] = [("file", "base64")] if _INSIDE.search(text) else []
    if ending in ("json", "jsonl") and (rows := _documents(text, max_depth)) is not None:
        return JsonFile(rows, inside, encoding, lines=ending == "jsonl")
    kind: FileKind = Html() if ending in ("html", "htm") else RawTable() if ending in _TABLES else PlainText()
    try:
        return TextFile(data, kind, inside)
    except UnreadableFile:
        return TextFile(data, PlainText(), inside)


@dataclass(slots=True)
class _Row:
    """One document of a file, or an empty line."""

    text: str = field(repr=False)
    slots: Slots = field(repr=False)


def _documents(text: str, max_depth: int) -> list[_Row] | None:
    """The one document, or one by line; None when it is neither."""
    try:
        return [_row(text, max_depth)]
    except NotJson:
        pass
    try:
        return [_row(line, max_depth) for line in text.split("\n")]
    except NotJson:
        return None


def _row(text: str, max_depth: int) -> _Row:
    if not text.strip():
        return _Row(text, Slots((), ()))
    document = parse(text, max_depth=max_depth)
    # A line to train a model with is a chat: names of tools and roles stay what they are in chats.
    chat = ("messages",) in document.containers
    return _Row(text, CHAT.request_slots(document) if chat else slots_of(document, Node()))


class JsonFile:
    """JSON, or JSON by line: every string and long number is a text of its own."""

    def __init__(self, rows: Sequence[_Row], inside: Sequence[Path], encoding: str, *, lines: bool) -> None:
        self.lines = lines
        self._rows = rows
        self._encoding = encoding
        self.texts: Sequence[TextSlot] = [slot for row in rows for slot in row.slots.texts]
        self.unscannable: Sequence[Path] = [*inside, *(path for row in rows for path in row.slots.unscannable)]

    def left(self, decisions: Sequence[Sequence[Decision]]) -> list[str]:
        """See Readable."""
        return _left(self.texts, decisions)

    def written(self, decisions: Sequence[Sequence[Decision]]) -> bytes:
        """See Readable."""
        made = iter(decisions)
        rows = []
        for row in self._rows:
            edits = [
                edit for slot in row.slots.texts for edit in slot.edits_of_document(row.text, edits_of(next(made)))
            ]
            rows.append(splice(row.text, edits))
        return encoded("\n".join(rows), self._encoding)

    def smaller(self) -> Readable | None:
        """See Readable: strings are the smallest."""
        return None


class TextFile:
    """Any other text, by its kind."""

    lines = False

    def __init__(self, data: bytes, kind: FileKind, inside: Sequence[Path]) -> None:
        """Raises UnreadableFile when the file is not of that kind."""
        self._data, self._kind = data, kind
        self.unscannable = inside
        texts = kind.texts(data)
        self.texts: Sequence[TextSlot] = [
            TextSlot(("file", n), text, Kind.TEXT, (Leaf(("file", n), 0, len(text), text),))
            for n, text in enumerate(texts)
        ]

    def left(self, decisions: Sequence[Sequence[Decision]]) -> list[str]:
        """See Readable."""
        return _left(self.texts, decisions)

    def written(self, decisions: Sequence[Sequence[Decision]]) -> bytes:
        """See Readable."""
        if not any(map(edits_of, decisions)):
            return self._data
        return self._kind.rebuilt(self._data, self.left(decisions))

    def smaller(self) -> Readable | None:
        """See Readable."""
        pieces = self._kind.pieces(self._data)
        return None if pieces is None else TextFile(self._data, pieces, self.unscannable)


def _left(texts: Sequence[TextSlot], decisions: Sequence[Sequence[Decision]]) -> list[str]:
    return [splice(slot.text, edits_of(made)) for slot, made in zip(texts, decisions, strict=True)]
