"""Words in pictures with their places, by Tesseract through presidio-image-redactor (extra `ocr`)."""

from __future__ import annotations

import importlib.util
import logging
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw

from proxy.files.base import UnreadableFile
from proxy.files.changes import Edit

MISSING = (
    "reading pictures needs the extra `sting-ce[ocr]` and the program tesseract (Debian: apt-get install tesseract-ocr)"
)
_LANGUAGES = ("eng", "deu", "fra", "spa", "ita", "nld")
_SMALL = 1_800
"""Pixels of the longer side below which a picture is read at twice its size: Tesseract wants letters of 20 pixels."""
_EDGE = 3
"""Pixels around a word that are painted over with it."""
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Words:
    """The text of a picture; `owners` names the word of each character (None between words), `boxes` its place."""

    text: str
    owners: Sequence[int | None]
    boxes: Sequence[Box]


def available() -> bool:
    """Whether pictures can be read here."""
    return importlib.util.find_spec("presidio_image_redactor") is not None and shutil.which("tesseract") is not None


def read(picture: Image.Image) -> Words:
    """The words of a picture, line by line. Raises UnreadableFile when pictures cannot be read here."""
    redactor, tesseract = _loaded()
    scale = 2 if max(picture.size) < _SMALL else 1
    larger = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)
    known = set(tesseract.get_languages())
    languages = "+".join(one for one in _LANGUAGES if one in known) or "eng"
    try:
        found = redactor.ImageAnalyzerEngine.remove_space_boxes(
            redactor.TesseractOCR().perform_ocr(larger, lang=languages)
        )
    except tesseract.TesseractError:
        raise UnreadableFile("tesseract failed at a picture: convert it to PNG and try again") from None
    return _words(found, scale)


def _loaded() -> tuple[Any, Any]:
    if not available():
        raise UnreadableFile(MISSING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about how it imports pydicom, which also logs it
            logging.getLogger("pydicom").setLevel(logging.ERROR)
            return importlib.import_module("presidio_image_redactor"), importlib.import_module("pytesseract")
    except ImportError as error:
        missing = f"{MISSING}; presidio-image-redactor does not load ({error}); Debian: apt-get install libgl1"
        raise UnreadableFile(missing) from None


def _words(found: dict[str, list[Any]], scale: int) -> Words:
    text: list[str] = []
    owners: list[int | None] = []
    boxes: list[Box] = []
    line: tuple[Any, ...] | None = None
    for number, word in enumerate(found["text"]):
        here = tuple(found[key][number] for key in ("block_num", "par_num", "line_num"))
        if line is not None:
            text.append(" " if here == line else "\n")
            owners.append(None)
        line = here
        text += word
        owners += [number] * len(word)
        left, top, width, height = (int(found[key][number]) // scale for key in ("left", "top", "width", "height"))
        boxes.append((left - _EDGE, top - _EDGE, left + width + 1 + _EDGE, top + height + 1 + _EDGE))
    return Words("".join(text), owners, boxes)


def painted(picture: Image.Image, words: Words, edits: Sequence[Edit]) -> Image.Image:
    """The picture with a black box over every word that an edit touches."""
    made = picture.copy()
    draw = ImageDraw.Draw(made)
    black = "black" if made.mode != "1" else 0
    for number in {owner for edit in edits for owner in words.owners[edit.start : edit.end] if owner is not None}:
        draw.rectangle(words.boxes[number], fill=black)
    return made
