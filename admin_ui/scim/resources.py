"""People and groups as SCIM resources, and what a resource that was sent asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policies.scim import Group, Member, Wanted

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_LONGEST = 200


class BadResource(ValueError):
    """What was sent cannot be a person or group; the message says why and repeats nothing."""


def user_of(member: Member, base: str) -> dict[str, Any]:
    """A person."""
    person = member.person
    return {
        "schemas": [USER],
        "id": person.id,
        **({"externalId": member.external_id} if member.external_id else {}),
        "userName": member.user_name,
        "displayName": person.name,
        "name": {"formatted": person.name},
        "active": not person.disabled,
        "emails": [{"value": person.email, "type": "work", "primary": True}],
        "groups": [{"value": one, "display": name} for one, name in member.groups.items()],
        "roles": [{"value": role} for role in person.roles],
        "meta": {"resourceType": "User", "location": f"{base}/Users/{person.id}"},
    }


def group_of(group: Group, base: str, *, members: bool = True) -> dict[str, Any]:
    """A group."""
    return {
        "schemas": [GROUP],
        "id": group.id,
        **({"externalId": group.external_id} if group.external_id else {}),
        "displayName": group.name,
        **({"members": [{"value": one} for one in group.members]} if members else {}),
        "meta": {"resourceType": "Group", "location": f"{base}/Groups/{group.id}"},
    }


def wanted_user(sent: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Wanted:
    """What a person's resource asks for; `before`: the one that it changes. Raises BadResource."""
    found = {key.lower(): value for key, value in sent.items()}
    user_name = _text(found.get("username"), "userName")
    if not user_name:
        raise BadResource("a person has a userName")
    address = _address(found.get("emails"))
    if before is not None and address == before["emails"][0]["value"] and user_name != before["userName"]:
        address = ""  # the address that we made of the old name
    return Wanted(
        user_name=user_name,
        email=address if "@" in address else user_name,
        name=_name(found, before or {})[:_LONGEST],
        active=_flag(found.get("active", True)),
        external_id=_text(found.get("externalid"), "externalId"),
    )


def wanted_group(sent: Mapping[str, Any], before: Group | None = None) -> Group:
    """What a group's resource asks for. Raises BadResource."""
    found = {key.lower(): value for key, value in sent.items()}
    name = _text(found.get("displayname"), "displayName")
    if not name:
        raise BadResource("a group has a displayName")
    members = found.get("members") or []
    if not isinstance(members, list) or not all(
        isinstance(one, Mapping) and isinstance(one.get("value"), str) for one in members
    ):
        raise BadResource("members are objects with a value")
    known = before or Group("", "", "")
    return replace(
        known,
        name=name,
        external_id=_text(found.get("externalid"), "externalId"),
        members=tuple(dict.fromkeys(one["value"] for one in members)),
    )


def _name(found: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """The name that was sent or changed: the display name, else the name in full or in its parts."""
    display = _text(found.get("displayname"), "displayName")
    parts = found.get("name")
    parts = {key.lower(): _text(one, "name") for key, one in parts.items()} if isinstance(parts, Mapping) else {}
    joined = " ".join(one for one in (parts.get("givenname", ""), parts.get("familyname", "")) if one)
    formatted = parts.get("formatted", "")
    old = str(before.get("displayName", ""))
    return next((one for one in (display, formatted, joined) if one and one != old), display or formatted or joined)


def _address(emails: Any) -> str:  # noqa: ANN401 - JSON
    if not isinstance(emails, list):
        return ""
    some = [one for one in emails if isinstance(one, Mapping) and isinstance(one.get("value"), str)]
    best = next((one for one in some if one.get("primary") in (True, "true", "True")), some[0] if some else {})
    return str(best.get("value", ""))


def _flag(value: Any) -> bool:  # noqa: ANN401 - JSON
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise BadResource("active is true or false")


def _text(value: Any, name: str) -> str:  # noqa: ANN401 - JSON
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 254:  # noqa: PLR2004 - the longest address
        raise BadResource(f"{name} is a text of at most 254 characters")
    return value.strip()
