"""SCIM filters and paths, as far as identity providers use them: clauses joined by `and`. Pure.

`userName eq "a"`, `emails[type eq "work"].value eq "a"`, `id eq "1" and members eq "2"`, `active pr`. Attribute names
and operators in any case; texts are compared without regard to it but for ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_EXACT = frozenset({"id", "externalid", "members"})
_PATH = r"(?P<path>(?:urn:[^\s\[\]]+:)?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?)"
_VALUE = r'(?P<value>"(?:[^"\\]|\\.)*"|true|false|null|-?\d+)'
_CLAUSE = re.compile(
    rf"\s*{_PATH}(?:\[(?P<inner>[^\]]*)\](?:\.(?P<sub>[A-Za-z]+))?)?"
    rf"(?:\s+(?P<op>eq|ne|co|sw|ew|gt|ge|lt|le)\s+{_VALUE}|\s+(?P<present>pr))?\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"and\b", re.IGNORECASE)
_LONGEST = 2_000


class BadFilter(ValueError):
    """A filter or path that is not understood."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a resource: `attribute[inner].sub`, lower case; `inner` clauses pick elements."""

    attribute: str
    sub: str = ""
    inner: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison; `operator` `pr`: there is a value."""

    place: Place
    operator: str
    value: Any = None


def parse_filter(text: str) -> tuple[Clause, ...]:
    """The clauses of a filter, all of which must hold. Raises BadFilter."""
    if len(text) > _LONGEST:
        raise BadFilter("the filter is too long")
    clauses = []
    at = 0
    while True:
        match = _CLAUSE.match(text, at)
        if match is None or not (match["op"] or match["present"]):
            raise BadFilter("filters are clauses of attribute, operator and value, joined by `and`")
        clauses.append(_clause(match))
        at = match.end()
        if at == len(text):
            return tuple(clauses)
        joined = _AND.match(text, at)
        if joined is None:
            raise BadFilter("clauses of a filter are joined by `and`")
        at = joined.end()


def parse_path(text: str) -> Place:
    """The place that a patch names. Raises BadFilter."""
    match = _CLAUSE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or match["op"] or match["present"]:
        raise BadFilter("this path is not understood")
    return _place(match)


def _clause(match: re.Match[str]) -> Clause:
    if match["present"]:
        return Clause(_place(match), "pr")
    return Clause(_place(match), match["op"].lower(), json.loads(match["value"]))


def _place(match: re.Match[str]) -> Place:
    path = match["path"].rpartition(":")[2].lower()
    attribute, _, sub = path.partition(".")
    inner = parse_filter(match["inner"]) if match["inner"] is not None else ()
    return Place(attribute, (match["sub"] or sub).lower(), inner)


def matches(resource: Mapping[str, Any], clauses: Iterable[Clause]) -> bool:
    """Whether all clauses hold for a resource."""
    return all(_holds(resource, clause) for clause in clauses)


def _holds(resource: Mapping[str, Any], clause: Clause) -> bool:
    found = [value for value in values_at(resource, clause.place) if value not in (None, "", [])]
    if clause.operator == "pr":
        return bool(found)
    exact = clause.place.attribute in _EXACT
    compared = [_compared(value, clause.value, clause.operator, exact=exact) for value in found]
    return not any(not one for one in compared) if clause.operator == "ne" else any(compared)


def values_at(resource: Mapping[str, Any], place: Place) -> list[Any]:
    """All values there; of complex ones without a sub-attribute their `value`."""
    whole = _member(resource, place.attribute)
    elements = whole if isinstance(whole, list) else [whole]
    found = []
    for element in elements:
        if place.inner and not (isinstance(element, Mapping) and matches(element, place.inner)):
            continue
        found.append(_member(element, place.sub or "value") if isinstance(element, Mapping) else element)
    return found


def _member(resource: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON
    return next((value for key, value in resource.items() if key.lower() == name), None)


def _compared(value: Any, wanted: Any, operator: str, *, exact: bool) -> bool:  # noqa: ANN401 - JSON
    if operator in ("eq", "ne") and not (isinstance(value, str) and isinstance(wanted, str)):
        return bool((value == wanted) == (operator == "eq"))
    ours, theirs = str(value), str(wanted)
    if not exact:
        ours, theirs = ours.casefold(), theirs.casefold()
    return {
        "eq": ours == theirs,
        "ne": ours != theirs,
        "co": theirs in ours,
        "sw": ours.startswith(theirs),
        "ew": ours.endswith(theirs),
        "gt": ours > theirs,
        "ge": ours >= theirs,
        "lt": ours < theirs,
        "le": ours <= theirs,
    }[operator]
