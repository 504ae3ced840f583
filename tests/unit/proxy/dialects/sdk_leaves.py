"""The string leaves of an SDK's types: every place of a body where a string can stand, as a path of our rules."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

import typing_extensions
from pydantic import BaseModel

ANY_STRING = "..."
_MAX_DEPTH = 14
_SCALARS = (int, float, bool, type(None), complex)


def string_leaves(root: Any) -> dict[str, set[str]]:
    """Path -> values of an enumeration, with `ANY_STRING` where any string may stand.

    In a path `*` is an item, `{}` any key, `**` anything at all below.
    """
    found: dict[str, set[str]] = {}
    _walk(root, (), found, ())
    return found


def _walk(kind: Any, path: tuple[str, ...], found: dict[str, set[str]], above: tuple[Any, ...]) -> None:
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, _SCALARS):
        return
    origin = get_origin(kind)
    if origin is Literal:
        values = {value for value in get_args(kind) if isinstance(value, str)}
        if values:
            found.setdefault(".".join(path), set()).update(values)
    elif origin in (Union, types.UnionType):
        for option in get_args(kind):
            _walk(option, path, found, above)
    elif fields := _fields(kind):
        # A type inside itself says nothing new: our rules are recursive there, or text.
        if kind not in above and len(path) <= _MAX_DEPTH:
            for name, field in fields:
                _walk(field, (*path, name), found, (*above, kind))
    elif origin is not None:
        _walk_collection(origin, get_args(kind), path, found, above)
    else:
        anything = kind in (Any, object, dict) or isinstance(kind, typing.TypeVar)
        found.setdefault(".".join((*path, "**") if anything else path), set()).add(ANY_STRING)


def _walk_collection(
    origin: Any, arguments: tuple[Any, ...], path: tuple[str, ...], found: dict[str, set[str]], above: tuple[Any, ...]
) -> None:
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _walk(arguments[1] if len(arguments) > 1 else Any, (*path, "{}"), found, above)
    elif isinstance(origin, type) and issubclass(origin, Iterable):
        for argument in arguments:
            if argument is not Ellipsis:
                _walk(argument, (*path, "*"), found, above)
    else:
        found.setdefault(".".join(path), set()).add(ANY_STRING)


def _bare(kind: Any) -> Any:
    """Without Annotated, Required, type aliases and the like."""
    while True:
        origin = get_origin(kind)
        if origin is typing.Annotated or origin in (
            typing_extensions.Required,
            typing_extensions.NotRequired,
            typing_extensions.ReadOnly,
        ):
            kind = get_args(kind)[0]
        elif isinstance(kind, typing_extensions.TypeAliasType):
            kind = kind.__value__
        else:
            return kind


def _fields(kind: Any) -> list[tuple[str, Any]]:
    return list(_named_fields(kind)) if isinstance(kind, type) else []


def _named_fields(kind: type) -> Iterator[tuple[str, Any]]:
    if issubclass(kind, BaseModel):
        if any(found.info.mode == "plain" for found in kind.__pydantic_decorators__.model_serializers.values()):
            return  # on the wire it is what its own function makes of it: a string
        for name, field in kind.model_fields.items():
            yield field.alias or name, field.annotation
    elif typing_extensions.is_typeddict(kind):
        for name, annotation in typing_extensions.get_type_hints(kind, include_extras=True).items():
            yield name, annotation
