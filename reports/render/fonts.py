"""The report's typefaces inside the file: only the characters that it uses, as WOFF2 in a data URL."""

from __future__ import annotations

import base64
import functools
import io
from pathlib import Path
from typing import Final

from reports.house_style import SANS, SERIF, font_folder, serif_folder

_FACES: Final = (
    (SANS, 400, "normal", "SourceSansPro-Regular.ttf"),
    (SANS, 600, "normal", "SourceSansPro-Semibold.ttf"),
    (SERIF, 600, "normal", "SourceSerifPro-Semibold.ttf"),
)
_ALWAYS: Final = "".join(chr(code) for code in range(32, 127)) + "–—…’“”„·•→×€£§äöüÄÖÜß"  # noqa: RUF001 - typography


def font_faces(text: str) -> str:
    """`@font-face` rules for the characters of `text`; nothing when a typeface is not installed."""
    characters = frozenset(text) | frozenset(_ALWAYS)
    extra = "".join(sorted(character for character in characters if ord(character) < 0x2E80))  # noqa: PLR2004 - no CJK in it
    try:
        return "".join(_face(*face, extra) for face in _FACES)
    except ModuleNotFoundError:
        return ""


@functools.lru_cache(maxsize=32)
def _face(family: str, weight: int, style: str, name: str, characters: str) -> str:
    folder = font_folder() if family == SANS else serif_folder()
    data = base64.b64encode(_subset(folder / name, characters)).decode()
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};font-display:swap;'
        f'src:url(data:font/woff2;base64,{data}) format("woff2")}}\n'
    )


def _subset(path: Path, characters: str) -> bytes:
    from fontTools import subset  # noqa: PLC0415 - slow to import

    options = subset.Options(
        flavor="woff2", layout_features=["kern", "liga", "tnum", "lnum"], notdef_outline=True, drop_tables=["DSIG"]
    )
    font = subset.load_font(str(path), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    target = io.BytesIO()
    subset.save_font(font, target, options)
    font.close()
    return target.getvalue()
