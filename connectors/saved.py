"""Connectors that people have set up: stored sealed, shown without secrets, opened when needed."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select

from connectors.base import Connector
from connectors.boundaries import Boundaries
from connectors.jar_tables import ConnectorRow, MemberRow
from connectors.jars import JarProblem, Jars, NameTaken, UnfitName
from connectors.registry import checked_config, open_connector
from connectors.secrets import joined, split

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SERVER = ("host", "port", "ssh", "tls", "ca")
"""Settings that say to whom secrets are shown."""
_ID = re.compile(r"con_[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class SavedConnector:
    """A connector. `config` has no secrets; `secrets` are by dotted name and in no repr."""

    id: str
    name: str
    kind: str
    created_by: str
    created_at: int
    config: Mapping[str, Any] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)

    def open(self, boundaries: Boundaries) -> Connector:
        """The connector itself; its first use connects. Raises ConnectorProblem."""
        return open_connector(self.kind, joined(self.config, self.secrets), boundaries)


async def save(jars: Jars, name: str, kind: str, config: Mapping[str, Any], *, person: str) -> SavedConnector:
    """Check and store a new connector. Raises ConnectorProblem, JarProblem."""
    if not _NAME.fullmatch(name) or _ID.fullmatch(name):
        raise UnfitName("A connector's name has 1 to 63 small letters, digits, `-` and `_`, and is no connector's id.")
    plain, hidden = split(checked_config(kind, config))
    made = f"con_{secrets.token_hex(8)}"
    row = ConnectorRow(
        id=made, tenant=jars.tenant, name=name, kind=kind, sealed_config=_sealed(jars, made, plain, hidden),
        created_by=person, created_at=jars.now(),
    )  # fmt: skip
    async with jars.database.session(write=True) as session:
        taken = select(ConnectorRow.id).where(ConnectorRow.tenant == jars.tenant, ConnectorRow.name == name)
        if await session.scalar(taken) is not None:
            raise NameTaken(f"There is a connector {name!r} already: choose another name.")
        session.add(row)
    return _read(jars, row)


async def change(jars: Jars, name: str, config: Mapping[str, Any]) -> SavedConnector:
    """Put a configuration in place of the one before; secrets that are left out stay, for the same server only.

    Else somebody who cannot see a password could have it sent to a server of theirs. Raises ConnectorProblem,
    JarProblem, LookupError.
    """
    before = await saved(jars, name)
    given = dict(config)
    kept = {key: value for key, value in before.secrets.items() if "." not in key and given.get(key) in {None, ""}}
    plain, hidden = split(checked_config(before.kind, {**given, **kept}))
    if kept and any(plain.get(one) != before.config.get(one) for one in _SERVER):
        raise JarProblem("The connector leads to another server now: give its password and key again.")
    async with jars.database.session(write=True) as session:
        row = await session.get_one(ConnectorRow, before.id)
        row.sealed_config = _sealed(jars, row.id, plain, hidden)
    return _read(jars, row)


async def saved(jars: Jars, name: str) -> SavedConnector:
    """The connector of this id, else of this name. Raises LookupError."""
    query = select(ConnectorRow).where(ConnectorRow.tenant == jars.tenant)
    async with jars.database.session() as session:
        row = await session.scalar(query.where(ConnectorRow.id == name))
        if row is None:  # an id first: somebody may have called theirs like another's id
            row = await session.scalar(query.where(ConnectorRow.name == name))
    if row is None:
        raise LookupError("There is no connector of this name or id. `sting connectors list` shows yours.")
    return _read(jars, row)


async def all_saved(jars: Jars) -> list[SavedConnector]:
    """All connectors of the tenant by name."""
    query = select(ConnectorRow).where(ConnectorRow.tenant == jars.tenant).order_by(ConnectorRow.name)
    async with jars.database.session() as session:
        return [_read(jars, row) for row in (await session.scalars(query)).all()]


async def forget(jars: Jars, name: str) -> None:
    """Delete a connector and its secrets. Raises LookupError, and JarProblem while a jar reads with it."""
    found = await saved(jars, name)
    async with jars.database.session(write=True) as session:
        if await session.scalar(select(MemberRow.id).where(MemberRow.connector == found.id)) is not None:
            raise JarProblem("A jar still reads with this connector: take the source out of the jar first.")
        await session.execute(delete(ConnectorRow).where(ConnectorRow.id == found.id))


def _sealed(jars: Jars, made: str, plain: Mapping[str, Any], hidden: Mapping[str, str]) -> bytes:
    content = json.dumps({"plain": plain, "secrets": hidden}).encode()
    return jars.sealer.seal(content, f"connector/{jars.tenant}/{made}")


def _read(jars: Jars, row: ConnectorRow) -> SavedConnector:
    content = json.loads(jars.sealer.open(row.sealed_config, f"connector/{row.tenant}/{row.id}"))
    return SavedConnector(
        row.id, row.name, row.kind, row.created_by, row.created_at, content["plain"], content["secrets"]
    )
