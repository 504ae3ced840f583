"""Who may do what with a jar. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

JarKind = Literal["private", "team", "public"]
Access = Literal["metadata", "preview", "original", "use", "manage"]
"""See that it is there and its columns; see scrambled rows; see originals; use it in reports; change it."""
ACCESS: tuple[Access, ...] = get_args(Access)
_BY_KIND: dict[JarKind, dict[str, frozenset[Access]]] = {
    "private": {},
    "team": {
        "viewer": frozenset({"metadata", "preview"}),
        "auditor": frozenset({"metadata", "preview"}),
        "editor": frozenset({"metadata", "preview", "use"}),
    },
    "public": {role: frozenset({"metadata", "preview", "use"}) for role in ("viewer", "auditor", "editor")},
}
"""What a role may do with other people's jars of a kind. Nobody sees originals but by a grant."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One right. `grantee`: a user's id, `role:ROLE`, or `*` for everybody of the tenant."""

    grantee: str
    access: Access


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: a user's id and roles."""

    id: str
    roles: frozenset[str]


LOCAL = Person("local", frozenset({"admin"}))
"""Who has the data directory and its master key in hand: commands on this machine."""


def access_of(person: Person, owner: str, kind: JarKind, grants: Iterable[Grant]) -> frozenset[Access]:
    """All that a person may do with a jar.

    The owner and the local machine may do everything. An administrator manages every jar, but sees originals only
    after a grant, which leaves a trace.
    """
    if person.id == owner or person == LOCAL:
        return frozenset(ACCESS)
    allowed: set[Access] = set()
    if "admin" in person.roles:
        allowed |= {"metadata", "preview", "use", "manage"}
    for role in person.roles:
        allowed |= _BY_KIND[kind].get(role, frozenset())
    names = {person.id, "*", *(f"role:{role}" for role in person.roles)}
    allowed |= {grant.access for grant in grants if grant.grantee in names}
    return frozenset(allowed | {"metadata"}) if allowed else frozenset()
