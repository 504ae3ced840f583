"""What the codes of a PDF font mean and how wide they are; the one place that knows pypdf's reading of fonts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from pypdf.generic import StreamObject
from pypdf.generic._font import Font as Described

from proxy.files.pdf.entries import entry

_SYMBOLIC = 4
"""Flag of a font descriptor: its codes follow no standard encoding."""
UNKNOWN = "\ufffd"
LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
"""One sign for several letters, as typesetters join them."""


@dataclass(frozen=True, slots=True)
class Code:
    """One character code as it stands in the file, what it reads as, and its width in thousandths of the size."""

    raw: bytes
    text: str
    width: float


class Font:
    """A font of a page. `readable` False: nobody can say what its codes mean, each reads as UNKNOWN."""

    def __init__(self, resource: Any) -> None:  # noqa: ANN401 - a dictionary of pypdf
        described = Described.from_font_resource(resource)
        self._map: dict[str, str] = described.character_map
        self._encoding = described.encoding
        self._widths = described.character_widths
        self._composite = described.sub_type == "Type0"
        self.readable = described.interpretable and _readable(resource, self._composite)
        matrix = entry(resource, "/FontMatrix") if described.sub_type == "Type3" else None
        self.unit = abs(float(matrix[0])) if matrix else 0.001
        """Of a width, in parts of the font size."""

    def codes(self, raw: bytes) -> list[Code]:
        """The codes of a shown string."""
        step = 2 if self._composite else 1
        return [self._code(raw[at : at + step]) for at in range(0, len(raw), step)]

    def _code(self, raw: bytes) -> Code:
        key = chr(int.from_bytes(raw, "big"))
        width = float(self._widths.get(key, self._widths["default"]))
        return Code(raw, self._text(key) if self.readable else UNKNOWN, width)

    def _text(self, key: str) -> str:
        text = self._map.get(key)
        if text is None:
            text = self._encoding.get(ord(key), "") if isinstance(self._encoding, dict) else ""
            if isinstance(self._encoding, str) and not self._map:
                text = key  # a predefined map of Unicode codes
        named = len(text) > 1 and text.startswith("/")  # a glyph whose name says nothing
        if not text or named or unicodedata.category(text[0]) in ("Cc", "Cn", "Co", "Cs"):
            return " " if text in ("\t", "\n", "\r") else UNKNOWN
        return text.translate(LIGATURES)


def _readable(resource: Any, composite: bool) -> bool:  # noqa: ANN401, FBT001 - as above
    """Whether the file says what the codes mean. Where it does not, a guess would hide names from every detector."""
    told = isinstance(entry(resource, "/ToUnicode"), StreamObject)
    encoding = entry(resource, "/Encoding")
    if composite:
        name = encoding if isinstance(encoding, str) else ""
        unicode_codes = "-UCS2-H" in name or "-UTF16-H" in name
        return (name == "/Identity-H" and told) or unicode_codes
    descriptor = entry(resource, "/FontDescriptor") or {}
    guessed = entry(resource, "/Subtype") == "/TrueType" and int(entry(descriptor, "/Flags", 0)) & _SYMBOLIC
    return told or encoding is not None or not guessed
