"""The look of reports in one place: colours for light and dark, the typefaces and where they are."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SANS: Final = "Source Sans Pro"
SERIF: Final = "Source Serif Pro"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one mode. Texts have a contrast of at least 4.5 to 1 on their ground (checked by a test)."""

    paper: str
    wash: str
    line: str
    ink: str
    ink_soft: str
    accent: str
    on_accent: str
    muted: str
    warm: str
    good: str
    warning: str
    critical: str


LIGHT: Final = Palette(
    paper="#ffffff", wash="#f2f5f7", line="#dce3e8", ink="#16202a", ink_soft="#51606e", accent="#0b5c73",
    on_accent="#ffffff", muted="#b4c2cc", warm="#b4541a", good="#2b6b3f", warning="#8a5a00", critical="#a3242b",
)  # fmt: skip
DARK: Final = Palette(
    paper="#11181f", wash="#1a242d", line="#2d3a45", ink="#eaf0f4", ink_soft="#a3b2be", accent="#5cc0d6",
    on_accent="#0b151b", muted="#4d5f6d", warm="#f0a26b", good="#7cc792", warning="#e6b455", critical="#f08a8f",
)  # fmt: skip


def font_folder() -> Path:
    """The folder of the sans typeface's files."""
    return _folder("font_source_sans_pro")


def serif_folder() -> Path:
    """The folder of the serif typeface's files."""
    return _folder("font_source_serif_pro")


def _folder(package: str) -> Path:
    # found without importing: the package imports pkg_resources, which is gone
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the typeface package {package} is not installed")
    return Path(spec.origin).parent / "files"
