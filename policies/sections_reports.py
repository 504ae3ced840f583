"""The section of the configuration about reports: whose look they have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from policies.sections import Name
from policies.sections_base import Section

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Brand(Section):
    """Whose reports these are: a name for the cover, a logo (a PNG or JPEG file on this machine) and colours.

    `accent` is the colour of headings' numbers, key figures and charts on white, `accent_dark` the one on dark ground
    (else a lighter `accent`). Both must be readable: a contrast of 4.5 to 1.
    """

    name: Annotated[str, Field(max_length=80)] = ""
    logo: Path | None = None
    accent: str | None = None
    accent_dark: str | None = None

    @field_validator("accent", "accent_dark")
    @classmethod
    def _a_colour(cls, value: str | None) -> str | None:
        if value is not None and not _COLOUR.fullmatch(value):
            raise ValueError("a colour is written as #0b5c73")
        return value

    @field_validator("accent")
    @classmethod
    def _readable_on_white(cls, value: str | None) -> str | None:
        if value is not None and contrast(value, "#ffffff") < READABLE:
            raise ValueError(f"the accent {value} is too light to be read on white (contrast 4.5 to 1)")
        return value

    @field_validator("accent_dark")
    @classmethod
    def _readable_on_dark(cls, value: str | None) -> str | None:
        if value is not None and contrast(value, "#11181f") < READABLE:
            raise ValueError(f"the accent {value} is too dark to be read on dark ground (contrast 4.5 to 1)")
        return value


class ReportsSection(Section):
    """`brand`: the look of all reports; `brands`: of those of a tenant, instead."""

    brand: Brand = Brand()
    brands: dict[Name, Brand] = Field(default_factory=dict)

    def of(self, tenant: str) -> Brand:
        """The look of a tenant's reports."""
        return self.brands.get(tenant, self.brand)


READABLE = 4.5
"""WCAG 2.2, level AA: contrast of text to its ground."""


def contrast(first: str, second: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG)."""
    one, other = sorted((_luminance(first), _luminance(second)))
    return (other + 0.05) / (one + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004 - sRGB
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
