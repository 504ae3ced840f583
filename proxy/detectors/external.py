"""Engines whose models are not part of the product: what they share. Loading code and clear errors, no weights.

Each takes a *place*: the folder of its weights or the address of its service (`detection.places` in the settings).
Nothing is downloaded: a privacy gateway must not fetch code or weights while it serves, nor tell a hub that it does.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from proxy.core.findings import Finding
from proxy.detectors import chunks
from proxy.detectors.base import Profile
from proxy.detectors.chain import UnknownEngine

_HIGHEST = 1.001
"""Scores of models are rounded: a little over 1 is 1."""


class EngineUnavailable(UnknownEngine):
    """An engine's package, weights or service is missing; the message says what to do."""


def package(name: str, extra: str, engine: str) -> ModuleType:
    """The installed package `name`. Raises EngineUnavailable, which names the extra that brings it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EngineUnavailable(
            f"engine {engine!r} needs the package {name!r} ({error}): pip install 'sting-ce[{extra}]', "
            f"or take {engine!r} out of the policies' detection.engines"
        ) from None


def weights(place: str | None, engine: str, *, file: str) -> Path:
    """The folder `place`, which holds `file`. Raises EngineUnavailable."""
    if not place:
        raise EngineUnavailable(
            f"engine {engine!r} has no weights: set detection.places.{engine} to the folder of a downloaded model"
        )
    folder = Path(place)
    if not (folder / file).is_file():
        raise EngineUnavailable(
            f"engine {engine!r}: there is no {file} in {folder}; download the model into it (nothing is fetched while "
            "the gateway runs), or correct detection.places"
        )
    return folder


def in_parts(
    texts: Sequence[str], profile: Profile, look: Callable[[str], list[Finding]], part: int, overlap: int
) -> list[list[Finding]]:
    """Findings per text of an engine that reads `part` characters at a time; parts share `overlap` of them.

    Names of tools, keys and columns (`profile.identifiers`) are not looked at, nor parts of white space.
    """
    if profile.identifiers:
        return [[] for _ in texts]
    cut = [chunks.cut(text, part, overlap) for text in texts]
    return [chunks.merge([(one.start, look(one.text) if one.text.strip() else []) for one in row]) for row in cut]


def found(rows: Iterable[Mapping[str, Any]], types: Mapping[str, str], length: int, detector: str) -> list[Finding]:
    """Rows of `start`, `end`, `score` and `label` as findings of a text of `length` characters.

    Labels are looked up in `types` in lower case; others are reported as they are, in our spelling. Raises ValueError
    for a row that is none: an answer that is not understood must not pass for "nothing found".
    """
    result = []
    for row in rows:
        start, end, score = int(row["start"]), int(row["end"]), float(row["score"])
        if not (0 <= start < end <= length and 0 <= score <= _HIGHEST):
            raise ValueError("a finding lies outside its text, or its score outside 0 to 1")
        label = str(row["label"])
        kind = types.get(label.lower()) or _spelled(label)
        result.append(Finding(start, end, kind, min(score, 1.0), detector))
    return result


def _spelled(label: str) -> str:
    """A label as an entity type: `date of event` becomes DATE_OF_EVENT."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in label.upper())
    return letters.strip("_") or "OTHER"
