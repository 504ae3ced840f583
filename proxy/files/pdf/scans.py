"""Pictures inside a PDF file: read with the extra `ocr`, their words painted over in the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from pypdf import PdfWriter

from proxy.files import ocr
from proxy.files.base import UnreadableFile
from proxy.files.changes import Edit, Values

_SMALLEST = 24
"""Pixels of a side below which no word can be read."""


@dataclass(slots=True)
class Scan:
    """A picture of pages; `turned` is the rotation at which the first of them is shown."""

    pages: list[int]
    held: Any
    turned: int
    words: ocr.Words

    def paint(self, edits: Sequence[Edit], values: Values) -> None:
        """Paint over what the edits touch. Raises UnreadableFile when a value can still be read."""
        if not edits:
            return
        made = ocr.painted(_upright(self.held.image, self.turned), self.words, edits)
        if values.left_in(ocr.read(made).text):
            raise UnreadableFile(
                f"a value can still be read in a picture on page {self.pages[0]}, so nothing was written"
            )
        self.held.replace(made.rotate(self.turned, expand=True), quality=92)


def scans(writer: PdfWriter) -> list[Scan]:
    """Every picture of the pages once, read."""
    found: dict[int, Scan] = {}
    for number, page in enumerate(writer.pages, 1):
        for held in page.images:
            if held.image is None or min(held.image.size) < _SMALLEST:
                continue
            reference = held.indirect_reference
            if reference is not None and reference.idnum in found:
                found[reference.idnum].pages.append(number)
                continue
            words = ocr.read(_upright(held.image, page.rotation))
            if reference is not None:
                found[reference.idnum] = Scan([number], held, page.rotation, words)
            elif words.text:
                raise UnreadableFile(f"page {number} has a picture with words inside its contents: print it anew")
    return list(found.values())


def _upright(picture: Image.Image, turned: int) -> Image.Image:
    return picture.convert("RGB").rotate(-turned, expand=True)
