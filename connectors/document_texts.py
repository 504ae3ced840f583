"""The text of documents, page by page: PDF, DOCX, HTML, Markdown, plain text. No layout, no pictures."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from connectors.jars import JarProblem

MOST_BYTES = 64 * 1024 * 1024
MOST_PAGES = 5_000
_MOST_UNPACKED = 256 * 1024 * 1024
_PART = 4_000
"""Characters of a part of a document that has no pages; a paragraph is not cut unless it is longer."""
_BLANK_LINES = re.compile(r"\n\s*\n")
_SPACE = re.compile(r"\s+")
_SILENT = frozenset({"script", "style", "template", "noscript"})
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "table"})


def is_document(name: str) -> bool:
    """Whether a file of this name is read as a document."""
    return Path(name).suffix.lower() in _READERS


def pages_of(name: str, data: bytes) -> list[str]:
    """The texts of the pages, in order. Raises JarProblem when the file cannot be read."""
    if len(data) > MOST_BYTES:
        raise JarProblem(f"A document has at most {MOST_BYTES // 1024**2} MiB.")
    reader = _READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise JarProblem(f"Documents of this kind are not read: give one of {', '.join(_READERS)}.")
    try:
        pages = [_clean(page) for page in reader(data)]
    except JarProblem:
        raise
    except Exception as error:  # noqa: BLE001 - libraries raise whatever a broken file makes them
        raise JarProblem(
            f"The document cannot be read ({type(error).__name__}); is it whole, and no password on it?"
        ) from None
    if not any(pages):
        raise JarProblem("There is no text in the document: scanned pages are pictures, which nothing here reads.")
    return pages


def _clean(text: str) -> str:
    """Text without NUL and lone surrogates, which no database and no JSON takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip()


def _pdf(data: bytes) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - loaded when needed

    pages = PdfReader(io.BytesIO(data)).pages
    if len(pages) > MOST_PAGES:
        raise JarProblem(f"A document has at most {MOST_PAGES:,} pages.")
    for page in pages:
        yield page.extract_text()


def _docx(data: bytes) -> Iterator[str]:
    from docx import Document  # noqa: PLC0415 - loaded when needed

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(item.file_size for item in archive.infolist()) > _MOST_UNPACKED:
            raise JarProblem("The document unpacks to too much: it is a bomb, or full of pictures.")
    document = Document(io.BytesIO(data))
    cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
    return _parts("\n\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]))


def _html(data: bytes) -> Iterator[str]:
    reader = _HtmlText()
    reader.feed(_decoded(data))
    reader.close()
    return _parts("".join(reader.pieces))


def _plain(data: bytes) -> Iterator[str]:
    for page in _decoded(data).split("\f"):
        yield from _parts(page)


_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".pdf": _pdf, ".docx": _docx, ".html": _html, ".htm": _html, ".md": _plain, ".markdown": _plain, ".text": _plain,
}  # fmt: skip


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes  # noqa: PLC0415 - loaded when needed

        best = from_bytes(data).best()
        return str(best) if best is not None else data.decode("latin-1")


def _parts(text: str) -> Iterator[str]:
    """A long text in parts of whole paragraphs."""
    part: list[str] = []
    size = 0
    for paragraph in _BLANK_LINES.split(text):
        if part and size + len(paragraph) > _PART:
            yield "\n\n".join(part)
            part, size = [], 0
        part.append(paragraph)
        size += len(paragraph)
    yield "\n\n".join(part)


class _HtmlText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.pieces.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(_SPACE.sub(" ", data))
