"""JSON and JSONL: a document or line as one text, whose keys tell what its values are; else value by value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from proxy.core.jsontext import Document, Edit, Leaf, NotJson, escape, parse, splice
from proxy.files.base import FileKind, FormLost, UnreadableFile, decoded, encoded

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


class JsonLines:
    """Each line, or the whole document when it is one."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return _documents(decoded(data)[0])

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        text, encoding = decoded(data)
        for before, after in zip(_documents(text), texts, strict=True):
            if before != after and _form(before) != _form(after):
                raise FormLost
        return encoded("".join(texts), encoding)

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind."""
        return JsonValues()


class JsonValues:
    """Every string value a text of its own, and every long number; keys stay."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return [leaf.text for line in _documents(decoded(data)[0]) for leaf in _values(_parsed(line))]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind."""
        text, encoding = decoded(data)
        new = iter(texts)
        lines = []
        for line in _documents(text):
            document = _parsed(line)
            edits = [edit for leaf in _values(document) for edit in _edits(leaf, next(new))]
            lines.append(splice(line, edits))
        return encoded("".join(lines), encoding)

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: values are the smallest."""
        return None


def _documents(text: str) -> list[str]:
    """The one document, or the lines of many with their ends."""
    try:
        parse(text)
    except NotJson:
        return _LINE.findall(text)
    return [text]


def _parsed(line: str) -> Document | None:
    """The line as a document; None for an empty one."""
    if not line.strip():
        return None
    try:
        return parse(line)
    except NotJson as error:
        raise UnreadableFile(f"this is neither JSON nor JSON line by line: {error}") from None


def _values(document: Document | None) -> list[Leaf]:
    return [] if document is None else [leaf for leaf in document.leaves if not leaf.is_key]


def _edits(leaf: Leaf, text: str) -> list[Edit]:
    """A number that became a token becomes a string."""
    if text == leaf.text:
        return []
    return [Edit(leaf.start, leaf.end, f'"{escape(text)}"' if leaf.is_number else escape(text))]


def _form(line: str) -> list[object]:
    """Which values stand where, whatever they are."""
    document = _parsed(line) if not _broken(line) else None
    if document is None:
        return [line.strip()]
    return [[(leaf.path, leaf.is_key, leaf.is_number) for leaf in document.leaves], sorted(map(str, document.scalars))]


def _broken(line: str) -> bool:
    try:
        _parsed(line)
    except UnreadableFile:
        return True
    return False
