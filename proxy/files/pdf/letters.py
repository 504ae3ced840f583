"""The typeface in which surrogates (and, on the way back, values) are written: Source Sans, cut to what is used."""

from __future__ import annotations

import importlib.util
import io
from functools import cache
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from proxy.files.base import UnreadableFile

_NAME = "STINGA+SourceSansPro"


class Letters:
    """Knows widths and codes of letters; `added` puts the typeface with the letters that were used into a file."""

    def __init__(self) -> None:
        self._font: Any = TTFont(io.BytesIO(_file()))
        self._glyphs: dict[int, str] = self._font.getBestCmap()
        self._unit: int = self._font["head"].unitsPerEm
        self._used: dict[int, str] = {}

    def width(self, text: str) -> float:
        """Width of a text in parts of the size. Raises UnreadableFile for letters that the typeface lacks."""
        return float(sum(self._advance(self._number(letter)) for letter in text)) / self._unit

    def encoded(self, text: str) -> bytes:
        """The codes of a text; its letters count as used."""
        numbers = [self._number(letter) for letter in text]
        self._used.update(zip(numbers, text, strict=True))
        return b"".join(number.to_bytes(2, "big") for number in numbers)

    def added(self, writer: PdfWriter) -> Any:  # noqa: ANN401 - a reference of pypdf
        """The font as an object of the file."""
        file = _stream(self._cut())
        file[NameObject("/Length1")] = NumberObject(len(file.get_data()))
        head, lines = self._font["head"], self._font["hhea"]
        box = [head.xMin, head.yMin, head.xMax, head.yMax]
        descriptor = {
            "/Type": NameObject("/FontDescriptor"),
            "/FontName": NameObject(f"/{_NAME}"),
            "/Flags": NumberObject(4),
            "/FontBBox": ArrayObject([NumberObject(self._thousandths(one)) for one in box]),
            "/ItalicAngle": NumberObject(0),
            "/Ascent": NumberObject(self._thousandths(lines.ascent)),
            "/Descent": NumberObject(self._thousandths(lines.descent)),
            "/CapHeight": NumberObject(660),
            "/StemV": NumberObject(80),
            "/FontFile2": writer._add_object(file),  # noqa: SLF001 - how pypdf takes objects
        }
        widths = ArrayObject()
        for number in sorted(self._used):
            width = NumberObject(self._thousandths(self._advance(number)))
            widths += [NumberObject(number), ArrayObject([width])]
        system = {"/Registry": TextStringObject("Adobe"), "/Ordering": TextStringObject("Identity")}
        descendant = {
            "/Type": NameObject("/Font"),
            "/Subtype": NameObject("/CIDFontType2"),
            "/BaseFont": NameObject(f"/{_NAME}"),
            "/CIDSystemInfo": _dictionary({**system, "/Supplement": NumberObject(0)}),
            "/FontDescriptor": writer._add_object(_dictionary(descriptor)),  # noqa: SLF001 - as above
            "/W": widths,
            "/CIDToGIDMap": NameObject("/Identity"),
        }
        font = {
            "/Type": NameObject("/Font"),
            "/Subtype": NameObject("/Type0"),
            "/BaseFont": NameObject(f"/{_NAME}"),
            "/Encoding": NameObject("/Identity-H"),
            "/DescendantFonts": ArrayObject([writer._add_object(_dictionary(descendant))]),  # noqa: SLF001 - as above
            "/ToUnicode": writer._add_object(_stream(self._unicode())),  # noqa: SLF001 - as above
        }
        return writer._add_object(_dictionary(font))  # noqa: SLF001 - as above

    def _number(self, letter: str) -> int:
        name = self._glyphs.get(ord(letter))
        if name is None:
            raise UnreadableFile(
                "a text to be written into it has letters that no typeface here has: Latin, Greek and Cyrillic ones "
                "can be written"
            )
        return int(self._font.getGlyphID(name))

    def _advance(self, number: int) -> int:
        return int(self._font["hmtx"][self._font.getGlyphName(number)][0])

    def _thousandths(self, units: int) -> int:
        return round(units * 1000 / self._unit)

    def _cut(self) -> bytes:
        options = subset.Options(retain_gids=True, notdef_outline=True, hinting=False, name_IDs=[])
        font = TTFont(io.BytesIO(_file()))
        for table in ("GSUB", "GPOS", "GDEF", "DSIG", "FFTM"):  # slow to read, and of no use in a PDF file
            if table in font:
                del font[table]
        cutter = subset.Subsetter(options)
        cutter.populate(gids=list(self._used))
        cutter.subset(font)
        out = io.BytesIO()
        subset.save_font(font, out, options)
        return out.getvalue()

    def _unicode(self) -> bytes:
        rows = [f"<{number:04X}> <{letter.encode('utf-16-be').hex()}>" for number, letter in sorted(self._used.items())]
        blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
        maps = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
            f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{maps}\nendcmap end end"
        ).encode()


@cache
def _file() -> bytes:
    # found without importing: the package imports pkg_resources, which is gone
    spec = importlib.util.find_spec("font_source_sans_pro")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the typeface package font_source_sans_pro is not installed")
    return (Path(spec.origin).parent / "files" / "SourceSansPro-Regular.ttf").read_bytes()


def _dictionary(entries: dict[str, Any]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): value for key, value in entries.items()})


def _stream(data: bytes) -> Any:  # noqa: ANN401 - pypdf's streams are untyped
    stream = DecodedStreamObject()
    stream.set_data(data)
    return stream.flate_encode()
