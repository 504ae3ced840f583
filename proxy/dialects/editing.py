"""Edits that put something into a body: an item at an end of an array, or a first member of the object."""

from __future__ import annotations

import json

from proxy.core.jsontext import Document, Edit, Path


def appended(body: Document, path: Path, item: object) -> list[Edit]:
    """An item more at the end of the array at `path`; nothing when there is no array."""
    return _in_array(body, path, item, at_end=True)


def prepended(body: Document, path: Path, item: object) -> list[Edit]:
    """An item more at the beginning of the array at `path`; nothing when there is no array."""
    return _in_array(body, path, item, at_end=False)


def with_first_member(body: Document, key: str, text: str) -> list[Edit]:
    """A member more, before all others of the body."""
    start, end = body.containers[()]
    comma = "," if body.text[start + 1 : end - 1].strip() else ""
    return [Edit(start + 1, start + 1, f"{_json(key)}:{_json(text)}{comma}")]


def _in_array(body: Document, path: Path, item: object, *, at_end: bool) -> list[Edit]:
    start, end = body.containers.get(path, (0, 0))
    if body.text[start : start + 1] != "[" or (start, end) == (0, 0):
        return []
    comma = "," if body.text[start + 1 : end - 1].strip() else ""
    if at_end:
        return [Edit(end - 1, end - 1, comma + _json(item))]
    return [Edit(start + 1, start + 1, _json(item) + comma)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
