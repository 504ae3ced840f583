"""Pictures: words that were found are painted over in the pixels; nothing of it can be restored."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageOps

from proxy.files.base import FileKind, UnreadableFile
from proxy.files.changes import Values, replaced
from proxy.files.ocr import Words, painted, read

_MODES = frozenset({"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr"})
_SAVED: dict[str, dict[str, Any]] = {"JPEG": {"quality": 92}, "WEBP": {"lossless": True}}


class Picture:
    """The words of one picture are one text."""

    def __init__(self) -> None:
        self._last: tuple[bytes, Words] | None = None

    def texts(self, data: bytes) -> list[str]:
        """See FileKind."""
        return [self._words(data).text]

    def rebuilt(self, data: bytes, texts: Sequence[str]) -> bytes:
        """See FileKind: black boxes in the same format, pixels only.

        Raises UnreadableFile when a value can still be read.
        """
        words = self._words(data)
        values = Values(replaced([(words.text, texts[0])]))
        picture, form = _opened(data)
        made = painted(picture, words, values.all_edits(words.text, texts[0]))
        out = io.BytesIO()
        made.save(out, form, **_SAVED.get(form, {}))
        if values.left_in(read(made).text):
            raise UnreadableFile("a value can still be read in the picture, so nothing was written: blacken it by hand")
        return out.getvalue()

    def pieces(self, _data: bytes) -> FileKind | None:
        """See FileKind: any text fits."""
        return None

    def _words(self, data: bytes) -> Words:
        if self._last is None or self._last[0] != data:
            self._last = data, read(_opened(data)[0])
            if not self._last[1].text:
                raise UnreadableFile("no word can be read in it, so nobody can tell what it shows")
        return self._last[1]


def _opened(data: bytes) -> tuple[Image.Image, str]:
    """The pixels as they are seen, on white, without anything beside them; and the format."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return _pixels(picture), str(picture.format)
    except UnreadableFile:
        raise
    except (OSError, ValueError, Image.DecompressionBombError):
        raise UnreadableFile("this is no picture of the kind that its name says, or one too large") from None


def _pixels(picture: Image.Image) -> Image.Image:
    if getattr(picture, "n_frames", 1) > 1:
        raise UnreadableFile("it holds several pictures: save each by itself, or all as PDF")
    if picture.mode not in _MODES:
        raise UnreadableFile("its pixels have more than eight bits: save it as PNG with eight")
    seen = ImageOps.exif_transpose(picture).convert("RGBA")
    flat = Image.new("RGB", seen.size, "white")
    flat.paste(seen, mask=seen.getchannel("A"))
    return flat
