"""Which kind a file is, by its ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from proxy.files.base import FileKind, UnreadableFile
from proxy.files.html import Html
from proxy.files.json_lines import JsonLines
from proxy.files.office import excel, word
from proxy.files.plain import PlainText
from proxy.files.tables import Table


def _pdf() -> FileKind:
    from proxy.files.pdf.document import Pdf  # noqa: PLC0415 - its libraries are loaded when needed

    return Pdf()


def _picture() -> FileKind:
    from proxy.files.pictures import Picture  # noqa: PLC0415 - as above

    return Picture()


PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
"""Endings of pictures: what is painted over cannot be restored."""
KINDS: Mapping[str, Callable[[], FileKind]] = {
    ".txt": PlainText,
    ".text": PlainText,
    ".log": PlainText,
    ".eml": PlainText,
    ".md": PlainText,
    ".markdown": PlainText,
    ".html": Html,
    ".htm": Html,
    ".xhtml": Html,
    ".csv": Table,
    ".tsv": Table,
    ".json": JsonLines,
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
    ".docx": word,
    ".xlsx": excel,
    ".pdf": _pdf,
    **dict.fromkeys(PICTURES, _picture),
}
BINARY = frozenset({".docx", ".xlsx", ".pdf", *PICTURES})


def kind_of(path: Path) -> FileKind:
    """The kind of the file. Raises UnreadableFile for one that is not known."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UnreadableFile(
            f"{path.suffix or 'a file without ending'} cannot be scrambled; these can: {', '.join(KINDS)}"
        )
    return kind()
