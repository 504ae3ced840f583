"""What a PDF file holds beside its pages: strings that are texts, things that leave, and the streams that show text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from proxy.files.pdf.entries import entry

_TECHNICAL = frozenset(
    "/CharSet /CheckSum /CreationDate /DA /DS /FontFamily /ID /Lang /M /ModDate /Ordering /OutputCondition "
    "/OutputConditionIdentifier /Registry /RegistryName /SourceModified /Trapped".split()
)

"""Keys of strings that say how something works."""
_LEAVING = frozenset("/AF /EF /Metadata /PieceInfo /RichMediaContent /Thumb /XFA".split())
"""Attachments, XMP, private data of programs, small pictures of pages, forms in XML."""
_CARRIERS = frozenset({"/FileAttachment", "/Sound", "/Movie", "/Screen", "/RichMedia", "/3D"})
"""Annotations that carry files."""
_SCRIPTS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition"})


@dataclass(frozen=True, slots=True)
class Place:
    """A string of the file: `holder[key]`."""

    holder: Any
    key: Any

    def text(self) -> str:
        """What stands there."""
        return str(self.holder[self.key])

    def put(self, text: str) -> None:
        """Write another text there."""
        self.holder[self.key] = TextStringObject(text)


def objects(*roots: Any) -> Iterator[Any]:  # noqa: ANN401 - pypdf's objects
    """Every dictionary, array and stream that can be reached, once, in order."""
    seen: set[tuple[int, int]] = set()
    waiting = [root for root in reversed(roots) if root is not None]
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            if (found.idnum, found.generation) in seen:
                continue
            seen.add((found.idnum, found.generation))
            found = found.get_object()
        if isinstance(found, DictionaryObject):
            yield found
            waiting += reversed([found.raw_get(key) for key in found])
        elif isinstance(found, ArrayObject):
            yield found
            waiting += reversed(list.copy(found))


def roots(writer: PdfWriter) -> list[Any]:
    """Where everything of a file hangs: what is said about it, and its contents."""
    return [writer._info, writer.root_object]  # noqa: SLF001 - pypdf offers the first as a copy only


def strip(writer: PdfWriter) -> None:
    """Take out what no text can be read in, or what repeats texts out of reach: see docs/files.md."""
    for found in list(objects(*roots(writer))):
        if isinstance(found, ArrayObject):
            kept = [one for one in list.copy(found) if not _carries(one)]
            if len(kept) < len(found):
                found[:] = kept
            continue
        for key in [key for key in found if key in _LEAVING or key == "/AA"]:
            del found[key]
        if entry(found, "/S") in _SCRIPTS:
            found.clear()
            found[NameObject("/S")] = NameObject("/Named")  # an action that does nothing
        if entry(found, "/FT") == "/Sig":  # signatures do not fit a changed file, and name who signed
            found.pop("/V", None)
    root = writer.root_object
    for key in ("/Perms", "/DSS", "/Collection"):
        root.pop(NameObject(key), None)
    names = entry(root, "/Names")
    for key in ("/EmbeddedFiles", "/JavaScript"):
        if names is not None:
            names.get_object().pop(NameObject(key), None)


def _carries(one: Any) -> bool:  # noqa: ANN401 - as above
    found = one.get_object() if isinstance(one, IndirectObject) else one
    return isinstance(found, DictionaryObject) and entry(found, "/Subtype") in _CARRIERS


def strings(writer: PdfWriter) -> list[Place]:
    """Every string of the file that may be a text: titles, notes, fields, links, bookmarks, names of places."""
    return [place for found in objects(*roots(writer)) for place in _strings_of(found) if place.text().strip()]


def _strings_of(found: Any) -> Iterator[Place]:  # noqa: ANN401 - as above
    keys = range(len(found)) if isinstance(found, ArrayObject) else [key for key in found if key not in _TECHNICAL]
    return (Place(found, key) for key in keys if isinstance(found[key], TextStringObject))


def drawings(writer: PdfWriter) -> list[Any]:
    """Every stream beside the pages' own that shows something: forms (also of fields and notes), patterns, letters."""
    made: list[Any] = []
    for found in objects(*roots(writer)):
        if not isinstance(found, DictionaryObject):
            continue
        shown = entry(found, "/Subtype") == "/Form" or entry(found, "/PatternType") == 1
        if isinstance(found, StreamObject) and shown:
            made.append((found, entry(found, "/Resources")))
        elif entry(found, "/Subtype") == "/Type3":
            letters = entry(found, "/CharProcs", {})
            made += [(letters[name].get_object(), entry(found, "/Resources")) for name in letters]
    return made
