"""What left, scrambled as it was, sealed beside the audit trail: for whoever must see it, and only for a while.

The trail itself never holds text. A payload is sealed for its exchange and tenant; the digest is of the whole body, so
that a body which was too large to keep can still be compared. A conversation is sent anew with each turn: of a body
that begins as an earlier one (its base) the rest is kept, and where that beginning stands (docs/decisions/0820).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, delete, select

from policies.audit_bulk import insert_rows
from policies.db import Database
from policies.sealing import Sealer
from policies.tables import PayloadRow

KEPT_BYTES = 256 * 1024
"""Of a larger body the beginning is kept."""
BASE_MS = 10 * 60 * 1000
"""Milliseconds that a base may be older than a body which begins as it does."""


@dataclass(slots=True)
class Payload:
    """The body of one exchange as it left: `size` and `digest` (SHA-256, hex) of all of it, `body` up to KEPT_BYTES.

    The digest of a body that is kept whole is worked out where the body is looked at: it is empty until then.
    """

    exchange: str
    tenant: str
    at: int
    size: int
    digest: str
    body: bytes = field(repr=False)

    @property
    def truncated(self) -> bool:
        """Whether only the beginning was kept."""
        return len(self.body) < self.size


def payload_of(exchange: str, tenant: str, at: int, body: bytes) -> Payload:
    """The payload of a body; `at` is UTC milliseconds."""
    digest = hashlib.sha256(body).hexdigest() if len(body) > KEPT_BYTES else ""
    return Payload(exchange, tenant, at, len(body), digest, body[:KEPT_BYTES])


def sealed_row(payload: Payload, sealer: Sealer, base: str = "", shared: int = 0) -> dict[str, Any]:
    """The table's row: nothing readable but ids and sizes, and the digest of a body that is not kept whole.

    `base`: the exchange, kept whole, whose body has the same first `shared` bytes.
    """
    context = payload_context(payload.tenant, payload.exchange, base, shared)
    return {
        "exchange": payload.exchange,
        "tenant": payload.tenant,
        "at": payload.at,
        "size": payload.size,
        "digest": payload.digest,
        "base": base,
        "shared": shared,
        "sealed": sealer.seal(payload.body[shared:], context),
    }


async def store_payloads(database: Database, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows; one that is there already stays. Raises DatabaseUnavailable."""
    if rows:
        async with database.session(write=True) as session:
            await insert_rows(session, PayloadRow, rows, only_new=True)


async def find_payload(database: Database, sealer: Sealer, exchange: str, tenant: str) -> Payload | None:
    """What left in an exchange of the tenant, when it is kept. Raises DatabaseUnavailable, SealBroken."""
    async with database.session() as session:
        row = await session.scalar(_row(exchange, tenant))
        base = await session.scalar(_row(row.base, tenant)) if row is not None and row.base else None
    if row is None or (row.base and base is None):
        return None
    body = _opened(base, sealer)[: row.shared] + _opened(row, sealer) if base is not None else _opened(row, sealer)
    return Payload(exchange, tenant, row.at, row.size, row.digest or hashlib.sha256(body).hexdigest(), body)


def _row(exchange: str, tenant: str) -> Select[PayloadRow]:
    return select(PayloadRow).where(PayloadRow.exchange == exchange, PayloadRow.tenant == tenant)


def _opened(row: PayloadRow, sealer: Sealer) -> bytes:
    return sealer.open(row.sealed, payload_context(row.tenant, row.exchange, row.base, row.shared))


async def prune_payloads(database: Database, before: int) -> None:
    """Delete what is older than `before` (UTC milliseconds); bases a little later. Raises DatabaseUnavailable."""
    async with database.session(write=True) as session:
        await session.execute(delete(PayloadRow).where(PayloadRow.at < before - BASE_MS))


def payload_context(tenant: str, exchange: str, base: str = "", shared: int = 0) -> str:
    """What a payload is sealed for: with another base it does not open."""
    named = f"payload/{tenant}/{exchange}"
    return f"{named}/{base}/{shared}" if base else named
