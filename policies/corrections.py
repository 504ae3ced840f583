"""Corrections that people propose and approve, and may undo; each step is a version of a record: who, when.

A word that was missed becomes a known value, one that is nobody's an entry of a policy's allow-list. The record never
holds the word. It lies sealed beside it until somebody has decided; then it is only where it counts: in a list of known
values of its own, which undoing shreds, or in the policy.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from sqlalchemy import delete, select

from policies.db import Database
from policies.records import Editor, Record, current_records, history, newest_record, put_record
from policies.sealing import Sealer
from policies.tables import SecretRow

CorrectionKind = Literal["known", "allow"]
State = Literal["proposed", "approved", "rejected", "undone"]
SHORTEST: Final = 2
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction. `source`: the report it came from, or empty; `policy_version`: the one that an approval made."""

    id: str
    kind: CorrectionKind
    entity_type: str
    policy: str
    source: str
    state: State
    policy_version: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A correction as it is kept: the number of its newest version, who made that one and when (UTC milliseconds)."""

    correction: Correction
    version: int
    at: int
    who: str
    who_name: str


class BadCorrection(ValueError):
    """The word cannot be one; the message says why and does not repeat it."""


async def propose(
    database: Database, sealer: Sealer, tenant: str, value: str, wanted: Correction, editor: Editor
) -> Kept:
    """Keep a proposal; `wanted.id` is made here. Raises BadCorrection, DatabaseUnavailable."""
    value = " ".join(value.split())
    if not SHORTEST <= len(value) <= LONGEST:
        raise BadCorrection(f"a word or words of {SHORTEST} to {LONGEST} characters")
    made = replace(wanted, id=f"cor_{secrets.token_hex(8)}", state="proposed")
    name = _secret(tenant, made.id)
    async with database.session(write=True) as session:
        session.add(SecretRow(name=name, sealed=sealer.seal(value.encode("utf-8", "replace"), name)))
    return await _put(database, tenant, made, editor, 0)


async def corrections(database: Database, tenant: str) -> Sequence[Kept]:
    """All of a tenant, the newest change first. Raises DatabaseUnavailable."""
    begin = f"{tenant}/"
    found = [
        _kept(one) for name, one in (await current_records(database, "correction")).items() if name.startswith(begin)
    ]
    return sorted(found, key=lambda one: (-one.at, one.correction.id))


async def find(database: Database, tenant: str, identity: str) -> Kept | None:
    """One of the tenant. Raises DatabaseUnavailable."""
    record = await newest_record(database, "correction", f"{tenant}/{identity}")
    return _kept(record) if record is not None else None


async def steps(database: Database, tenant: str, identity: str) -> Sequence[Kept]:
    """All versions, newest first. Raises DatabaseUnavailable."""
    return [_kept(one) for one in await history(database, "correction", f"{tenant}/{identity}")]


async def value_of(database: Database, sealer: Sealer, tenant: str, identity: str) -> str | None:
    """The word, while nobody has decided. Raises DatabaseUnavailable, SealBroken."""
    name = _secret(tenant, identity)
    async with database.session() as session:
        sealed = await session.scalar(select(SecretRow.sealed).where(SecretRow.name == name))
    return None if sealed is None else sealer.open(sealed, name).decode()


async def moved(database: Database, tenant: str, kept: Kept, wanted: Correction, editor: Editor) -> Kept:
    """The next state; whatever it is, the sealed word is dropped. Raises VersionConflict, DatabaseUnavailable."""
    done = await _put(database, tenant, wanted, editor, kept.version)
    async with database.session(write=True) as session:
        await session.execute(delete(SecretRow).where(SecretRow.name == _secret(tenant, wanted.id)))
    return done


async def _put(database: Database, tenant: str, wanted: Correction, editor: Editor, expected: int) -> Kept:
    data = json.dumps(asdict(wanted))
    return _kept(await put_record(database, "correction", f"{tenant}/{wanted.id}", data, editor, expected=expected))


def _kept(record: Record) -> Kept:
    return Kept(Correction(**json.loads(record.data)), record.version, record.at, record.who, record.who_name)


def _secret(tenant: str, identity: str) -> str:
    return f"correction/{tenant}/{identity}"
