"""All texts of a document at once: the way to scramble, restore or look at them without knowing its shape. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

_KEPT = frozenset({"id", "kind", "origin", "facts", "columns", "unit", "rank", "spec", "x", "y", "series", "layout"})
"""Fields whose texts are names of ours, not words out of data or of a model."""
Model = TypeVar("Model", bound=BaseModel)


def texts_of(model: BaseModel) -> Iterator[str]:
    """Every text, in a fixed order."""
    for name, value in model:
        yield from _texts(value, name)


def _texts(value: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - any field of a document
    if isinstance(value, str):
        if name not in _KEPT:
            yield value
    elif isinstance(value, BaseModel):
        yield from texts_of(value)
    elif isinstance(value, tuple | list):
        for inner in value:
            if not isinstance(inner, str) or name not in _KEPT:
                yield from _texts(inner, name)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner, name)


def with_texts(model: Model, change: Callable[[str], str]) -> Model:
    """A copy whose texts were changed one by one."""
    return model.model_copy(update={name: _changed(value, name, change) for name, value in model})


def _changed(value: Any, name: str, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any field of a document
    if isinstance(value, str):
        return value if name in _KEPT else change(value)
    if isinstance(value, BaseModel):
        return with_texts(value, change)
    if isinstance(value, tuple):
        if name in _KEPT and all(isinstance(inner, str) for inner in value):
            return value
        return tuple(_changed(inner, name, change) for inner in value)
    if isinstance(value, dict):
        return {key: _changed(inner, name, change) for key, inner in value.items()}
    return value
