"""PDF: what was replaced is gone from the file, not painted over; see docs/files.md for what stays and what leaves.

The texts are those of the pages, then of other drawings (fields, notes, forms), then the strings beside them.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ContentStream, DictionaryObject, NameObject, StreamObject

from proxy.files import ocr
from proxy.files.base import FileKind, UnreadableFile
from proxy.files.changes import Edit, Values, applied, replaced
from proxy.files.pdf import parts
from proxy.files.pdf.canvas import Canvas
from proxy.files.pdf.check import check
from proxy.files.pdf.drawing import Pen, drawn, silenced
from proxy.files.pdf.entries import entry
from proxy.files.pdf.fonts import Font
from proxy.files.pdf.layout import moved
from proxy.files.pdf.letters import Letters
from proxy.files.pdf.lines import Page, read, unreadable
from proxy.files.pdf.scans import scans

_MOST_PAGES = 2_000
_SCAN = 0.5
"""Share of a page's area that pictures may take before it counts as a scan."""
_BROKEN = (
    PyPdfError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
    OverflowError,
    OSError,
    NotImplementedError,
)
"""What pypdf raises at files that are not what they should be."""


@dataclass(slots=True)
class _Sheet:
    """A stream that shows text: a page's contents (`page` is its dictionary), or another drawing."""

    name: str
    stream: Any
    resources: Any
    page: Any
    canvas: Canvas
    read: Page
    muted: bool
    limit: float | None


class Pdf:
    """Pages, other drawings and strings of a PDF file."""

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        with _told():
            return _Opened.of(data).texts()

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind. Raises UnreadableFile when a replaced value is still found in what was made."""
        with _told():
            opened = _Opened.of(data)
            before = opened.texts()
            values = Values(replaced(list(zip(before, texts, strict=True))))
            opened.change([values.all_edits(old, new) for old, new in zip(before, texts, strict=True)], values)
            made = opened.written()
            check(made, values, self.texts(made))
            return made

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: any text fits."""
        return None


@contextmanager
def _told() -> Iterator[None]:
    """What a broken file makes pypdf raise, as UnreadableFile; neither its errors nor its warnings, which quote it."""
    log = logging.getLogger("pypdf")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    except UnreadableFile:
        raise
    except _BROKEN as error:
        kind = type(error).__name__
        raise UnreadableFile(f"this PDF file cannot be read ({kind}): print or export it anew") from None
    finally:
        log.setLevel(level)


class _Opened:
    """A file in memory, already without what leaves it."""

    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        parts.strip(writer)
        self._fonts: dict[int, Font] = {}
        self._scans = scans(writer) if ocr.available() else []
        self._sheets = list(self._all_sheets())
        self._strings = parts.strings(writer)

    @classmethod
    def of(cls, data: bytes) -> _Opened:
        """Read a file. Raises UnreadableFile."""
        return cls(PdfWriter(clone_from=_accepted(PdfReader(io.BytesIO(data)))))

    def texts(self) -> list[str]:
        """Texts of the sheets, of the strings and of pictures."""
        sheets, strings = (sheet.read.text for sheet in self._sheets), (place.text() for place in self._strings)
        return [*sheets, *strings, *(scan.words.text for scan in self._scans)]

    def change(self, changes: Sequence[Sequence[Edit]], values: Values) -> None:
        """Make the edits of each text."""
        letters = Letters()
        rest = iter(changes)
        sheets, strings, pictures = ([next(rest) for _ in held] for held in (self._sheets, self._strings, self._scans))
        pen = Pen(self._free_name(), letters.encoded)
        drawn_on = [one for one, edits in zip(self._sheets, sheets, strict=True) if _redraw(one, edits, letters, pen)]
        if drawn_on:
            font = letters.added(self._writer)
            for sheet in drawn_on:
                _know(sheet.resources, pen.name, font)
        for sheet in self._sheets:
            if sheet in drawn_on or sheet.muted:
                self._store(sheet)
        for place, edits in zip(self._strings, strings, strict=True):
            if edits:
                place.put(applied(place.text(), edits))
        for scan, edits in zip(self._scans, pictures, strict=True):
            scan.paint(edits, values)

    def _free_name(self) -> NameObject:
        """A name that no font has yet: an earlier scramble's letters stay where they are still needed."""
        taken = {str(name) for sheet in self._sheets for name in entry(sheet.resources, "/Font", {})}
        return NameObject(next(name for at in count() if (name := f"/Sting{at}") not in taken))

    def written(self) -> bytes:
        """The file, without objects that nothing leads to any more."""
        first = io.BytesIO()
        self._writer.write(first)
        second = io.BytesIO()
        PdfWriter(clone_from=PdfReader(first)).write(second)
        return second.getvalue()

    def _all_sheets(self) -> Iterator[_Sheet]:
        for number, page in enumerate(self._writer.pages, 1):
            name = f"page {number}"
            box = page.mediabox
            sheet = self._sheet(name, page.get_contents(), _inherited(page, "/Resources"), page, float(box.right))
            area = abs(float(box.width) * float(box.height))
            if sheet.canvas.pictured > _SCAN * area or (sheet.canvas.pictured and not sheet.read.text.strip()):
                self._see(number)
            yield sheet
        for stream, resources in parts.drawings(self._writer):
            box = entry(stream, "/BBox")
            yield self._sheet("a drawing", stream, resources, None, float(box[2]) if box else None)

    def _see(self, number: int) -> None:
        """Refuse a page that is a picture when no word of it was read."""
        if not ocr.available():
            raise UnreadableFile(f"page {number} is a picture, perhaps a scan, and {ocr.MISSING}")
        if not any(number in scan.pages and scan.words.text for scan in self._scans):
            raise UnreadableFile(f"page {number} is a picture in which no word can be read: take the page out")

    def _sheet(self, name: str, stream: Any, resources: Any, page: Any, right: float | None) -> _Sheet:  # noqa: ANN401
        found = DictionaryObject() if resources is None else resources.get_object()
        operations, muted = silenced(ContentStream(stream, self._writer, "bytes").operations)
        fonts, pictures = entry(found, "/Font") or {}, entry(found, "/XObject") or {}

        def font_of(name: str) -> Font:
            resource = fonts[name].get_object()
            if id(resource) not in self._fonts:
                self._fonts[id(resource)] = Font(resource)
            return self._fonts[id(resource)]

        def is_picture(name: str) -> bool:
            return bool(entry(pictures[name], "/Subtype") == "/Image")

        canvas = Canvas(operations, font_of, is_picture)
        text = read(canvas)
        if unreadable(text):
            raise UnreadableFile(f"{name} has letters whose font does not say what they are: print or export it anew")
        left = min((cell.glyphs[0].start for cell in text.cells if cell.direction == 0), default=0.0)
        limit = None if right is None else right - max(left if page is not None else 0.0, 0.0)
        return _Sheet(name, stream, found, page, canvas, text, muted, limit)

    def _store(self, sheet: _Sheet) -> None:
        made = ContentStream(None, self._writer)
        made.operations = sheet.canvas.operations
        data = made.get_data()
        if sheet.page is None:
            sheet.stream.pop("/Filter", None)
            sheet.stream.pop("/DecodeParms", None)
            sheet.stream.set_data(data)
            return
        stream = StreamObject()
        stream.set_data(data)
        sheet.page[NameObject("/Contents")] = self._writer._add_object(stream.flate_encode())  # noqa: SLF001 - as in letters


def _accepted(reader: PdfReader) -> PdfReader:
    if reader.is_encrypted:
        raise UnreadableFile("it is protected by a password: save it without one")
    if len(reader.pages) > _MOST_PAGES:
        raise UnreadableFile(f"it has more than {_MOST_PAGES:,} pages: divide it")
    return reader


def _redraw(sheet: _Sheet, edits: Sequence[Edit], letters: Letters, pen: Pen) -> bool:
    """Write the edits into the sheet's operations; whether there were any."""
    if not edits:
        return False
    pieces = moved(sheet.read, edits, letters.width, sheet.limit)
    changed_cells = {owner[0] for edit in edits for owner in sheet.read.owners[edit.start : edit.end] if owner}
    changed = {id(placed.glyph) for number in changed_cells for placed in sheet.read.cells[number].glyphs}
    sheet.canvas.operations = drawn(sheet.canvas, pieces, changed | set(pieces), pen)
    return True


def _know(resources: Any, name: NameObject, font: Any) -> None:  # noqa: ANN401 - pypdf's objects
    if "/Font" not in resources:
        resources[NameObject("/Font")] = DictionaryObject()
    resources["/Font"].get_object()[name] = font


def _inherited(page: Any, key: str) -> Any:  # noqa: ANN401 - as above
    while page is not None:
        if key in page:
            return page[key]
        parent = entry(page, "/Parent")
        page = None if parent is None else parent.get_object()
    return None
