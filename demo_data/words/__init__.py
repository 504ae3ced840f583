"""The word lists of the demo sets: names, places and companies, written for this project."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def word_list(name: str) -> dict[str, Any]:
    """The list `name` ("people", "places", "companies") as read from its JSON file."""
    loaded: dict[str, Any] = json.loads(files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def names(culture: str, kind: str) -> tuple[str, ...]:
    """First names ("female", "male") or surnames ("last") of a culture."""
    return tuple(word.replace("_", " ") for word in word_list("people")[culture][kind].split())
