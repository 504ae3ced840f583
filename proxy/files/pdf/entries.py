"""Entries of a PDF dictionary, followed to what they refer to."""

from __future__ import annotations

from typing import Any

from pypdf.generic import NullObject


def entry(holder: Any, key: str, default: Any = None) -> Any:  # noqa: ANN401 - pypdf's objects are untyped
    """The value of a key, `default` where there is none (`get` of pypdf's dictionaries gives bare references)."""
    value = holder[key] if holder is not None and key in holder else None
    return default if value is None or isinstance(value, NullObject) else value
