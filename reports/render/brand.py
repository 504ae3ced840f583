"""The look of an installation's or tenant's reports: a name, a logo and colours, as the renderers use them."""

from __future__ import annotations

import base64
import logging
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from policies.sections_reports import READABLE, contrast
from policies.sections_reports import Brand as BrandSection
from reports.house_style import DARK, LIGHT, Palette

_MOST_BYTES: Final = 512 * 1024
_MOST_PIXELS: Final = 4_000
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_log = logging.getLogger("sting.reports")


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose report it is. `logo` holds a PNG or JPEG, empty for none."""

    name: str = ""
    logo: bytes = b""
    light: Palette = LIGHT
    dark: Palette = DARK

    @property
    def logo_type(self) -> str:
        """The media type of the logo."""
        return "image/png" if self.logo.startswith(_PNG) else "image/jpeg"

    @property
    def logo_url(self) -> str:
        """The logo as an address that loads nothing, empty for none."""
        return f"data:{self.logo_type};base64,{base64.b64encode(self.logo).decode()}" if self.logo else ""


HOUSE: Final = Brand()
"""The look without a brand."""


class BadLogo(ValueError):
    """A logo that cannot be used; the message says why."""


def brand_of(section: BrandSection) -> Brand:
    """The look that a section describes.

    A logo that cannot be used is left out and told in the log: a report matters more than the picture on its cover.
    """
    logo = b""
    if section.logo is not None:
        try:
            logo = read_logo(section.logo)
        except BadLogo as error:
            _log.warning("the logo of reports is left out: %s", error)
    light = replace(LIGHT, accent=section.accent) if section.accent else LIGHT
    on_dark = section.accent_dark or (lightened(section.accent, DARK.paper) if section.accent else DARK.accent)
    return Brand(section.name, logo, light, replace(DARK, accent=on_dark))


def read_logo(path: Path) -> bytes:
    """A PNG or JPEG of at most 512 KiB. Raises BadLogo. Other forms are refused: an SVG can load and run things."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadLogo(f"{path} cannot be read ({type(error).__name__})") from None
    if len(content) > _MOST_BYTES:
        raise BadLogo(f"{path} is larger than 512 KiB")
    if not content.startswith((_PNG, _JPEG)):
        raise BadLogo(f"{path} is neither PNG nor JPEG")
    if content.startswith(_PNG) and max(struct.unpack(">II", content[16:24].ljust(8, b"\xff"))) > _MOST_PIXELS:
        raise BadLogo(f"{path} is wider or higher than {_MOST_PIXELS} pixels")
    return content


def lightened(colour: str, ground: str) -> str:
    """The colour, mixed with white until it can be read on a dark ground."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for white in range(0, 101, 5):
        mixed = [round(part + (255 - part) * white / 100) for part in parts]
        found = "#" + "".join(f"{part:02x}" for part in mixed)
        if contrast(found, ground) >= READABLE:
            return found
    return "#ffffff"
