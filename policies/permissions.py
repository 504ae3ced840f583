"""Object permissions: who, besides administrators, may see or change one policy, virtual key or report.

An object that nobody has restricted is open to roles alone. Once it is, only those who are named may see it (`view`) or
change it (`edit`, which includes seeing); roles still bound what they may do at all. Policies are for everybody to see:
there only `edit` counts. Each change is a version of a record: who, when, what it was before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from policies.console_routes import Caller, Problem
from policies.db import Database
from policies.records import current_records, newest_record

ObjectKind = Literal["policy", "key", "report"]
Access = Literal["view", "edit"]


@dataclass(frozen=True, slots=True)
class Permission:
    """One right. `grantee`: the id of a person or key, `role:ROLE`, or `*` for everybody of the tenant."""

    grantee: str
    access: Access


Granted = Sequence[Permission] | None
"""Rights on one object; None where nobody has restricted it."""


def may(caller: Caller, granted: Granted, access: Access) -> bool:
    """Whether the caller may do so much with an object."""
    if granted is None or "admin" in caller.roles:
        return True
    names = {caller.user, "*", *(f"role:{role}" for role in caller.roles)}
    return any(one.grantee in names and (one.access == "edit" or access == "view") for one in granted)


def record_name(tenant: str, kind: ObjectKind, identity: str) -> str:
    """The name under which the rights on an object are kept."""
    return f"{tenant}/{kind}/{identity}"


def stored(granted: Iterable[Permission]) -> str:
    """Rights as they are kept."""
    return json.dumps([asdict(one) for one in granted])


def read(data: str) -> list[Permission]:
    """Rights that `stored` wrote."""
    return [Permission(**one) for one in json.loads(data)]


async def granted_on(database: Database, tenant: str, kind: ObjectKind, identity: str) -> Granted:
    """The rights on one object. Raises DatabaseUnavailable."""
    record = await newest_record(database, "permission", record_name(tenant, kind, identity))
    return None if record is None or record.removed else read(record.data)


async def all_granted(database: Database, tenant: str, kind: ObjectKind) -> Mapping[str, Sequence[Permission]]:
    """The rights on all restricted objects of a kind, by id. Raises DatabaseUnavailable."""
    begin = record_name(tenant, kind, "")
    records = await current_records(database, "permission")
    return {name.removeprefix(begin): read(one.data) for name, one in records.items() if name.startswith(begin)}


async def require(database: Database, caller: Caller, kind: ObjectKind, identity: str, access: Access) -> None:
    """Raise Problem when the caller may not do this with the object; DatabaseUnavailable."""
    if not may(caller, await granted_on(database, caller.tenant, kind, identity), access):
        raise Problem(403, "not_yours", f"Only those named on this {kind}, and administrators, may {access} it.")
