from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policies.audit import AuditChain, AuditEvent
from policies.audit_retention import ANCHOR_FILE, prune_audit, verify_trail, write_anchor
from policies.db import Database
from tests.unit.policies.test_audit import sql

KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
NOW = 1_000_000


async def trail(database: Database, folder: Path, count: int = 20) -> AuditChain:
    """Rows at 100, 200, ... with a checkpoint after every fifth; the newest is anchored."""
    chain = AuditChain(database, KEY, lambda signed: write_anchor(folder, signed, KEY))
    for number in range(1, count + 1):
        await chain.append([AuditEvent(f"x{number}", number * 100, "t", entities={"PERSON": 1}, outcome="ok")])
        if number % 5 == 0:
            await chain.checkpoint(NOW)
    return chain


async def check(chain: AuditChain, folder: Path) -> tuple[bool, int, int | None]:
    verdict = await verify_trail(chain.database, chain.public_key, folder)
    return verdict.intact, verdict.rows, verdict.bad_row


async def test_old_rows_go_and_the_rest_still_verifies(database: Database, tmp_path: Path) -> None:
    chain = await trail(database, tmp_path)
    assert await prune_audit(chain, before=1_350, now=NOW) == 10
    assert await check(chain, tmp_path) == (True, 10, None)
    await chain.append([AuditEvent("new", 9_999)])
    assert await check(chain, tmp_path) == (True, 11, None)


async def test_pruning_again_goes_on(database: Database, tmp_path: Path) -> None:
    chain = await trail(database, tmp_path)
    assert await prune_audit(chain, before=800, now=NOW) == 5
    assert await prune_audit(chain, before=800, now=NOW) == 0
    assert await prune_audit(chain, before=1_700, now=NOW) == 10
    assert await check(chain, tmp_path) == (True, 5, None)


async def test_the_newest_row_stays_whatever_its_age(database: Database, tmp_path: Path) -> None:
    chain = await trail(database, tmp_path)
    assert await prune_audit(chain, before=NOW, now=NOW) == 15
    assert await check(chain, tmp_path) == (True, 5, None)


async def test_an_empty_trail_has_nothing_to_delete(database: Database, tmp_path: Path) -> None:
    chain = AuditChain(database, KEY)
    assert await prune_audit(chain, before=NOW, now=NOW) == 0
    assert await check(chain, tmp_path) == (True, 0, None)


@pytest.mark.parametrize(
    ("statements", "bad_row"),
    [
        (["DELETE FROM audit_events WHERE seq = 11"], 11),
        (["DELETE FROM audit_tombstones"], 1),
        (["UPDATE audit_tombstones SET seq = 11"], 1),
        (["UPDATE audit_events SET model = 'n' WHERE seq = 12"], 12),
        (["DELETE FROM audit_events WHERE seq > 15", "DELETE FROM audit_checkpoints WHERE seq > 15"], 16),
    ],
)
async def test_what_was_tampered_with_after_pruning_is_named(
    database: Database, tmp_path: Path, statements: list[str], bad_row: int
) -> None:
    chain = await trail(database, tmp_path)
    await prune_audit(chain, before=1_050, now=NOW)
    await sql(database, *statements)
    intact, _, found = await check(chain, tmp_path)
    assert (intact, found) == (False, bad_row)


async def test_a_forged_anchor_is_no_anchor(database: Database, tmp_path: Path) -> None:
    chain = await trail(database, tmp_path)
    path = tmp_path / ANCHOR_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seq": 3}))
    assert (await check(chain, tmp_path))[0] is False
    assert path.stat().st_mode & 0o077 == 0
