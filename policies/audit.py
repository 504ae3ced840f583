"""The audit trail: one event per exchange, hash-chained and signed. Ids, counts and durations; never text.

Each row's digest is SHA-256 over the digest before it and the row's canonical JSON, so a changed, removed or
inserted row breaks the chain at that row; Ed25519 signatures over the chain's state (checkpoints) keep somebody with
write access to the database from computing a new chain. Filling it from Redis is `policies.audit_stream`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from policies.audit_bulk import insert_rows, without_row
from policies.audit_partitions import ROWS, end_of_partitions, make_partitions
from policies.db import Database, DatabaseUnavailable
from policies.sealing import KEY_BYTES, Sealer
from policies.tables import AuditEntityRow, AuditRow, CheckpointRow, SecretRow

_log = logging.getLogger(__name__)
GENESIS = "0" * 64
"""What stands in the place of a digest before the first row."""
_SIGNING = "audit-signing"
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")
_ENTITY_COUNT = re.compile(r"([A-Z][A-Z0-9_]{1,39})=([0-9]{1,9})")
_PAGE = 2_000


@dataclass(slots=True)
class AuditEvent:
    """What happened in one exchange. `at` is UTC milliseconds, `ms_*` are durations in milliseconds.

    `session` is a digest of the session's id; `entities` counts findings per entity type, `output` those in the answer
    that no token stood for; `restored` and `unknown` count tokens of the answer; `status` is the HTTP status that the
    client got, 0 when unknown. `end_user` is a keyed digest of the request's `user`, `tag` what the client wrote into
    `X-Sting-Tag`, `team` the key's. `tls_*`: how the hops were secured (`policies.hops`).
    """

    exchange: str
    at: int
    tenant: str = ""
    key: str = ""
    model: str = ""
    provider: str = ""
    dialect: str = ""
    route: str = ""
    policy: str = ""
    session: str = ""
    entities: Mapping[str, int] = field(default_factory=dict)
    outcome: str = "unknown"
    status: int = 0
    restored: int = 0
    unknown: int = 0
    ms_detect: float = 0.0
    ms_vault: float = 0.0
    ms_upstream: float = 0.0
    ms_total: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    output: Mapping[str, int] = field(default_factory=dict)
    end_user: str = ""
    tag: str = ""
    team: str = ""
    tls_client: str = ""
    tls_provider: str = ""


_COLUMNS = tuple(item.name for item in fields(AuditEvent))
_VALUES: Callable[[Any], tuple[Any, ...]] = attrgetter(*_COLUMNS)
_LATER = frozenset({"output", "end_user", "tag", "team", "tls_client", "tls_provider"})
_KINDS = tuple((item.name, str(item.type)) for item in fields(AuditEvent))
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)
_WHOLE = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_LENGTHS = {
    name: column.type.length for name, column in AuditRow.__table__.columns.items() if hasattr(column.type, "length")
}


def event_from_fields(flat: Mapping[str, str]) -> AuditEvent:
    """The event that the flat fields of the audit stream mean.

    What is not in the agreed shape becomes 0, is cut to the column's length, or loses its unprintable characters:
    a strange field must not stop the trail. Raises ValueError without an exchange id.
    """
    values: dict[str, Any] = {}
    for name, kind in _KINDS:
        raw = flat.get(name, "")
        if kind == "int":
            values[name] = int(raw) if raw != "0" and _WHOLE.fullmatch(raw) else 0
        elif kind == "float":
            values[name] = round(float(raw), 3) if _DECIMAL.fullmatch(raw) else 0.0
        elif kind == "str":
            values[name] = _printable(raw)[: _LENGTHS[name]] if raw else ""
        else:
            values[name] = parse_entities(raw)
    if not values["exchange"]:
        raise ValueError("an audit entry without exchange id")
    values["outcome"] = values["outcome"] or "unknown"
    return AuditEvent(**values)


@lru_cache(maxsize=4096)
def _printable(text: str) -> str:
    """The text without unprintable characters; most fields say the same for many exchanges."""
    return _NOT_PRINTABLE.sub("?", text)


def parse_entities(text: str) -> dict[str, int]:
    """`EMAIL_ADDRESS=1, PERSON=2` as counts per type; other text counts for nothing."""
    return {name: int(count) for name, count in _ENTITY_COUNT.findall(text)}


def format_entities(counts: Mapping[str, int]) -> str:
    """Counts per type in the form of the header `x-sting-entities`, sorted by type."""
    return ", ".join(f"{name}={counts[name]}" for name in sorted(counts))


def chained_digest(previous: str, seq: int, values: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of `previous` and row `seq` as canonical JSON: keys sorted, no spaces, ASCII.

    `values` are the columns of `AuditRow`, counts per type in their text form. Later columns are left out where
    they are empty: rows from before there were any are still what was signed.
    """
    # A later column counts only where it says something: rows from before it verify as they were written.
    content = {name: values[name] for name in _COLUMNS if name not in _LATER or values[name]}
    canonical = _CANONICAL.encode({"seq": seq, **content})
    return hashlib.sha256(f"{previous}\n{canonical}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed state of the chain: the digest of row `seq`. Keep one outside the database to notice a cut tail."""

    seq: int
    digest: str
    at: int

    def message(self) -> bytes:
        """What is signed."""
        return f"sting-audit-checkpoint 1 {self.seq} {self.digest} {self.at}".encode()


class AuditChain:
    """Appends events to the chain and signs its state. One writer at a time; a second one fails, the chain stays.

    `anchored` is told each new checkpoint, to keep it outside the database.
    """

    def __init__(
        self,
        database: Database,
        signing_key: Ed25519PrivateKey,
        anchored: Callable[[Checkpoint], None] | None = None,
    ) -> None:
        self.database = database
        self.signing_key = signing_key
        self._anchored = anchored
        self._newest = 0
        self._room = 0

    async def append(self, events: Sequence[AuditEvent]) -> int:
        """Add `events` in this order; those whose exchange is already there are left out. Returns how many were added.

        Raises DatabaseUnavailable; then none was added.
        """
        await self._make_room(len(events))
        async with self.database.session(write=True) as session:
            await self.alone(session)
            wanted = {event.exchange for event in events}
            seen = wanted - await without_row(session, wanted)
            seq, previous = await _last(session)
            rows, counts = [], []
            for event in events:
                if event.exchange in seen:
                    continue
                seen.add(event.exchange)
                seq += 1
                values = dict(zip(_COLUMNS, _VALUES(event), strict=True))
                values |= {"entities": format_entities(event.entities), "output": format_entities(event.output)}
                digest = chained_digest(previous, seq, values)
                rows.append({**values, "seq": seq, "previous": previous, "digest": digest})
                counts += [{"entity_type": name, "seq": seq, "count": n} for name, n in event.entities.items()]
                previous = digest
            self._newest = seq
            await insert_rows(session, AuditRow, rows)
            await insert_rows(session, AuditEntityRow, counts)
        return len(rows)

    async def _make_room(self, count: int) -> None:
        """On PostgreSQL partitions are made half of one ahead, so that whoever may not make tables is told in time."""
        wanted = self._newest + count
        if self.database.engine.dialect.name != "postgresql" or wanted + ROWS // 2 < self._room:
            return
        try:
            async with self.database.session(write=True) as session:
                await self.alone(session)
                self._newest = (await _last(session))[0]
                self._room = await end_of_partitions(session)
                if self._newest + count + ROWS // 2 >= self._room:
                    self._room = await make_partitions(session, self._room, ROWS)
        except DatabaseUnavailable:
            if self._newest + count >= self._room:
                raise
            _log.error("audit: no further partition can be made; its database user needs the right to create tables")

    async def checkpoint(self, now: int) -> Checkpoint | None:
        """Sign the chain's state when it has rows that no checkpoint covers. Raises DatabaseUnavailable."""
        async with self.database.session(write=True) as session:
            await self.alone(session)
            seq, digest = await _last(session)
            covered = await session.scalar(select(func.max(CheckpointRow.seq))) or 0
            if seq <= covered:
                return None
            checkpoint = Checkpoint(seq, digest, now)
            session.add(
                CheckpointRow(
                    seq=seq,
                    digest=digest,
                    at=now,
                    public_key=self.public_key,
                    signature=self.sign(checkpoint.message()),
                )
            )
        if self._anchored is not None:
            await asyncio.to_thread(self._anchored, checkpoint)
        return checkpoint

    def sign(self, message: bytes) -> str:
        """A signature of the installation, 64 bytes in hex."""
        return self.signing_key.sign(message).hex()

    async def alone(self, session: AsyncSession) -> None:
        """On PostgreSQL other writers wait until this one is done; SQLite has locked the whole file already."""
        if self.database.engine.dialect.name == "postgresql":
            await session.execute(text("SELECT pg_advisory_xact_lock(736449328)"))

    @property
    def public_key(self) -> str:
        """The key that checkpoints verify with, 32 bytes in hex."""
        return self.signing_key.public_key().public_bytes_raw().hex()


async def _last(session: AsyncSession) -> tuple[int, str]:
    """Number and digest of the newest row."""
    row = (await session.execute(select(AuditRow.seq, AuditRow.digest).order_by(AuditRow.seq.desc()).limit(1))).first()
    return (row.seq, row.digest) if row else (0, GENESIS)


async def load_signing_key(database: Database, sealer: Sealer) -> Ed25519PrivateKey:
    """The installation's key for checkpoints, made at first use and sealed. Raises DatabaseUnavailable, SealBroken."""
    query = select(SecretRow.sealed).where(SecretRow.name == _SIGNING)
    async with database.session() as session:
        sealed = await session.scalar(query)
    if sealed is None:
        fresh = sealer.seal(Ed25519PrivateKey.generate().private_bytes_raw(), _SIGNING)
        async with database.session(write=True) as session:
            await session.execute(database.insert_new(SecretRow).values(name=_SIGNING, sealed=fresh))
        async with database.session() as session:
            sealed = (await session.execute(query)).scalar_one()
    return Ed25519PrivateKey.from_private_bytes(sealer.open(sealed, _SIGNING)[:KEY_BYTES])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: rows and checkpoints that hold, and the first row that does not, with the reason."""

    rows: int
    checkpoints: int
    bad_row: int | None = None
    reason: str = ""

    @property
    def intact(self) -> bool:
        """True when nothing was changed, removed or inserted as far as checkpoints can tell."""
        return self.bad_row is None


async def verify_chain(
    database: Database,
    public_key: str,
    *,
    anchor: Checkpoint | None = None,
    begin: tuple[int, str] | None = None,
) -> Verdict:
    """Check every row and every checkpoint, from the first on, and name the first bad row.

    `public_key` (hex) is the installation's own, never the one that stands beside a signature. `anchor` is a
    checkpoint that was kept outside the database; `begin` what a signed tombstone says of rows whose time was over
    (`policies.audit_retention`). Raises DatabaseUnavailable.
    """
    async with database.session() as session:
        checkpoints = {row.seq: row for row in await session.scalars(select(CheckpointRow))}
    expected = {seq: row.digest for seq, row in checkpoints.items()} | ({anchor.seq: anchor.digest} if anchor else {})
    forged = [seq for seq, row in checkpoints.items() if not _signed(row, public_key)]
    seq, previous = first, _ = begin or (0, GENESIS)
    while True:
        rows = await _page_after(database, seq)
        for row in rows:
            fault = _fault(row, seq, previous, expected)
            if fault:
                return Verdict(seq - first, _count_up_to(checkpoints, seq), seq + 1, fault)
            seq, previous = row["seq"], row["digest"]
            if seq in forged:
                held = _count_up_to(checkpoints, seq - 1)
                return Verdict(seq - 1 - first, held, seq, "its checkpoint's signature is false")
        if len(rows) < _PAGE:
            break
    if expected and max(expected) > seq:
        return Verdict(
            seq - first, len(checkpoints), seq + 1, f"rows up to {max(expected)} were signed and are missing"
        )
    return Verdict(seq - first, len(checkpoints))


def _fault(row: Mapping[str, Any], seq: int, previous: str, expected: Mapping[int, str]) -> str:
    """What is wrong with the row that follows row `seq`; empty when nothing is."""
    if row["seq"] != seq + 1:
        return f"the row is missing; the next one is {row['seq']}"
    if row["previous"] != previous:
        return "it does not follow the row before it: a row was inserted, removed or exchanged"
    if row["digest"] != chained_digest(previous, row["seq"], row):
        return "it was changed"
    if expected.get(row["seq"], row["digest"]) != row["digest"]:
        return "it is not the row that the checkpoint signed"
    return ""


def _count_up_to(seqs: Mapping[int, object], seq: int) -> int:
    return sum(1 for other in seqs if other <= seq)


def _signed(row: CheckpointRow, public_key: str) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(row.signature), Checkpoint(row.seq, row.digest, row.at).message())
    except (InvalidSignature, ValueError):
        return False
    return True


async def _page_after(database: Database, seq: int) -> Sequence[Mapping[str, Any]]:
    query = select(AuditRow.__table__).where(AuditRow.seq > seq).order_by(AuditRow.seq).limit(_PAGE)
    async with database.session() as session:
        return [dict(row) for row in (await session.execute(query)).mappings()]
