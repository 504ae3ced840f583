"""How the audit trail is shortened without breaking its chain, and how its end is anchored outside the database.

Old rows go up to a checkpoint; a signed tombstone says up to which row and with which digest the chain went on.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from policies.audit import AuditChain, Checkpoint, Verdict, verify_chain
from policies.audit_partitions import drop_partitions
from policies.db import Database
from policies.rollups import take_out
from policies.tables import AuditEntityRow, AuditRow, CheckpointRow, TombstoneRow

ANCHOR_FILE = "audit-anchor.json"


async def prune_audit(chain: AuditChain, before: int, now: int) -> int:
    """Delete rows older than `before` up to the last checkpoint among them; returns how many rows are gone.

    Times are UTC milliseconds. Raises DatabaseUnavailable.
    """
    async with chain.database.session(write=True) as session:
        await chain.alone(session)
        end = await _last_signed(session, before)
        if end is None:
            return 0
        await take_out(session, end.seq)
        gone = await session.execute(delete(AuditRow).where(AuditRow.seq <= end.seq))
        await session.execute(delete(AuditEntityRow).where(AuditEntityRow.seq <= end.seq))
        if chain.database.engine.dialect.name == "postgresql":
            await drop_partitions(session, end.seq)
        await session.execute(delete(CheckpointRow).where(CheckpointRow.seq <= end.seq))
        await session.execute(delete(TombstoneRow))
        message = tombstone_message(end.seq, end.digest, now)
        session.add(TombstoneRow(seq=end.seq, digest=end.digest, at=now, signature=chain.sign(message)))
        return int(getattr(gone, "rowcount", 0))


async def _last_signed(session: AsyncSession, before: int) -> CheckpointRow | None:
    """The last checkpoint whose row, and every row before it, is older than `before`."""
    young = select(AuditRow.seq).where(AuditRow.at >= before).order_by(AuditRow.seq).limit(1)
    first_young = await session.scalar(young)
    statement = select(CheckpointRow).order_by(CheckpointRow.seq.desc()).limit(1)
    if first_young is not None:
        statement = statement.where(CheckpointRow.seq < first_young)
    found = await session.scalar(statement)
    newest = await session.scalar(select(AuditRow.seq).order_by(AuditRow.seq.desc()).limit(1))
    # The newest row stays, whatever its age: the next one is chained to it.
    if found is not None and found.seq == newest:
        found = await session.scalar(
            select(CheckpointRow).where(CheckpointRow.seq < newest).order_by(CheckpointRow.seq.desc()).limit(1)
        )
    return found


def tombstone_message(seq: int, digest: str, at: int) -> bytes:
    """What is signed."""
    return f"sting-audit-tombstone 1 {seq} {digest} {at}".encode()


async def begin_of_chain(database: Database, public_key: str) -> tuple[int, str] | None:
    """Row number and digest that the first kept row follows; None when nothing was pruned.

    Raises InvalidSignature for a tombstone that this installation did not sign, DatabaseUnavailable.
    """
    async with database.session() as session:
        row = await session.scalar(select(TombstoneRow).order_by(TombstoneRow.seq.desc()).limit(1))
    if row is None:
        return None
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(row.signature), tombstone_message(row.seq, row.digest, row.at))
    except ValueError:
        raise InvalidSignature from None
    return row.seq, row.digest


def write_anchor(folder: Path, checkpoint: Checkpoint, signing_key: Ed25519PrivateKey) -> None:
    """Keep the newest checkpoint outside the database, at once or not at all: whoever cuts the tail is found out."""
    content = {
        "seq": checkpoint.seq,
        "digest": checkpoint.digest,
        "at": checkpoint.at,
        "signature": signing_key.sign(checkpoint.message()).hex(),
    }
    draft = folder / f".{ANCHOR_FILE}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / ANCHOR_FILE)


def read_anchor(folder: Path, public_key: str) -> Checkpoint | None:
    """The kept checkpoint, None when there is none. Raises InvalidSignature when it is not this installation's."""
    try:
        content = json.loads((folder / ANCHOR_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise InvalidSignature from None
    try:
        anchor = Checkpoint(int(content["seq"]), str(content["digest"]), int(content["at"]))
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(content["signature"]), anchor.message())
    except (KeyError, TypeError, ValueError):
        raise InvalidSignature from None
    return anchor


async def verify_trail(database: Database, public_key: str, folder: Path) -> Verdict:
    """The whole check: the chain from its first kept row, the tombstone before it, the anchor of `folder` behind it.

    Raises DatabaseUnavailable.
    """
    try:
        begin = await begin_of_chain(database, public_key)
    except InvalidSignature:
        return Verdict(0, 0, 1, "the tombstone that says which rows were deleted has a false signature")
    try:
        anchor = read_anchor(folder, public_key)
    except InvalidSignature:
        return Verdict(0, 0, 1, f"{ANCHOR_FILE} in the data directory was changed or belongs to another installation")
    return await verify_chain(database, public_key, anchor=anchor, begin=begin)
