"""SCIM's PATCH (RFC 7644, 3.5.2) on a resource as JSON, with the liberties that providers take. Pure.

Operators in any case; without a path the value names the attributes, dotted ones too; booleans may be texts; members
may be removed by a filter in the path or by values beside it. What a resource does not have is kept until somebody
reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from admin_ui.scim.filters import BadFilter, Place, matches, parse_path

_LISTS = frozenset({"members", "emails", "groups", "phonenumbers", "addresses", "roles"})
MOST_OPERATIONS = 1_000


class BadPatch(ValueError):
    """An operation that is not understood; the message says which kind."""


def patched(resource: Mapping[str, Any], body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The resource after all operations of a PATCH body. Raises BadPatch, BadFilter."""
    operations = _get(body, "operations") if isinstance(body, Mapping) else None
    if not isinstance(operations, list) or not operations or len(operations) > MOST_OPERATIONS:
        raise BadPatch("a patch holds a list of Operations")
    result = dict(resource)
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise BadPatch("an operation is an object")
        kind, path = str(_get(operation, "op")).lower(), _get(operation, "path")
        if kind not in ("add", "replace", "remove"):
            raise BadPatch("operations are add, replace and remove")
        if path is not None and not isinstance(path, str):
            raise BadPatch("a path is a text")
        _apply(result, kind, path, _get(operation, "value"))
    return result


def _apply(resource: dict[str, Any], kind: str, path: str | None, value: Any) -> None:  # noqa: ANN401 - JSON
    if path:
        _at(resource, kind, parse_path(path), value)
        return
    if kind == "remove" or not isinstance(value, Mapping):
        raise BadPatch("without a path, add and replace take an object")
    for name, one in value.items():
        if not name.lower().startswith("urn:"):  # extensions: nothing of them is kept
            _at(resource, kind, parse_path(name), one)


def _at(resource: dict[str, Any], kind: str, place: Place, value: Any) -> None:  # noqa: ANN401 - JSON
    name = next((key for key in resource if key.lower() == place.attribute), place.attribute)
    if place.attribute in _LISTS:
        elements = resource.get(name)
        resource[name] = _listed(list(elements) if isinstance(elements, list) else [], kind, place, value)
    elif kind == "remove":
        if place.sub:
            resource[name] = {key: one for key, one in _object(resource.get(name)).items() if key.lower() != place.sub}
        else:
            resource.pop(name, None)
    elif place.sub:
        kept = {key: one for key, one in _object(resource.get(name)).items() if key.lower() != place.sub}
        resource[name] = {**kept, place.sub: value}
    else:
        resource[name] = {**_object(resource.get(name)), **value} if isinstance(value, Mapping) else value


def _listed(elements: list[Any], kind: str, place: Place, value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if kind == "remove":
        named = {_value(one) for one in _elements(value)} if value is not None else None
        return [
            one
            for one in elements
            if not (matches(_object(one), place.inner) if place.inner else named is None or _value(one) in named)
        ]
    if place.inner:
        return _picked(elements, place, value)
    fresh = _elements(value)
    before = elements if kind == "add" else []
    known = {_value(one) for one in before}
    return [*before, *(one for one in fresh if _value(one) not in known)]


def _picked(elements: list[Any], place: Place, value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """Elements with a new value where the path's filter holds, or one more that it would hold for."""
    change = {place.sub: value} if place.sub else _object(value)
    hit = [isinstance(one, Mapping) and matches(one, place.inner) for one in elements]
    if any(hit):
        return [{**one, **change} if good else one for one, good in zip(elements, hit, strict=True)]
    made = {clause.place.attribute: clause.value for clause in place.inner if clause.operator == "eq"}
    return [*elements, {**made, **change}]


def _elements(value: Any) -> Sequence[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [value]


def _value(element: Any) -> str:  # noqa: ANN401 - JSON
    found = _get(element, "value") if isinstance(element, Mapping) else element
    if not isinstance(found, str):
        raise BadPatch("elements of a list have a value that is a text")
    return found


def _object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, Mapping) else {}


def _get(body: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON
    return next((value for key, value in body.items() if key.lower() == name), None)


__all__ = ["BadFilter", "BadPatch", "patched"]
