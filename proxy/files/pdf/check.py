"""The last look at a file before it is handed out: no value that was replaced may be found in it in any way."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from proxy.files.base import UnreadableFile
from proxy.files.changes import Values
from proxy.files.pdf.entries import entry
from proxy.files.pdf.fonts import LIGATURES
from proxy.files.pdf.parts import objects

_PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3", "/DestOutputProfile")
"""Keys of typefaces and colour profiles: they name their makers."""


def check(data: bytes, values: Values, texts: Sequence[str]) -> None:
    """Look for the values in our own reading (`texts`), in pypdf's reading of the pages, and in every byte unpacked.

    Raises UnreadableFile when one is found.
    """
    reader = PdfReader(io.BytesIO(data))
    pages = (page.extract_text() for page in reader.pages)
    for where, found in (("its texts", texts), ("its pages", pages), ("its bytes", _unpacked(reader))):
        if any(values.left_in(text.translate(LIGATURES)) for text in found):
            raise UnreadableFile(
                f"a value that was replaced is still in {where}, so nothing was written: print it to a new PDF file, "
                "or scramble the document that it was made from"
            )


def _unpacked(reader: PdfReader) -> Iterator[str]:
    """Everything but pictures, typefaces and colour profiles, as the two encodings of PDF and as UTF-8."""
    found = list(objects(reader.trailer))
    programs = {reference for one in found for reference in _programs_of(one)}
    for one in found:
        stream = isinstance(one, StreamObject)
        if stream and (entry(one, "/Subtype") == "/Image" or one.indirect_reference in programs):
            continue
        raw = io.BytesIO()
        if stream:
            raw.write(one.get_data())
        for value in [*one, *dict.values(one)] if isinstance(one, DictionaryObject) else list.__iter__(one):
            if isinstance(value, (str, bytes)):  # names and strings, without the escapes that they are written with
                raw.write((value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value) + b"\n")
        data = raw.getvalue()
        yield data.decode("latin-1")
        yield data.decode("utf-8", "replace")
        if b"\0" in data:
            yield data.decode("utf-16-be", "replace")
            yield data[1:].decode("utf-16-be", "replace")


def _programs_of(one: Any) -> Iterator[Any]:  # noqa: ANN401 - pypdf's objects
    if isinstance(one, DictionaryObject):
        yield from (one.raw_get(key) for key in _PROGRAMS if key in one)
    elif len(one) == 2 and list.__getitem__(one, 0) == "/ICCBased":  # noqa: PLR2004 - name and profile
        yield list.__getitem__(one, 1)
