import dataclasses
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from policies.audit import (
    GENESIS,
    AuditChain,
    AuditEvent,
    Checkpoint,
    chained_digest,
    event_from_fields,
    format_entities,
    load_signing_key,
    parse_entities,
    verify_chain,
)
from policies.db import Database
from policies.sealing import Sealer

LATER = {"output", "end_user", "tag", "team", "tls_client", "tls_provider"}
"""Columns that rows from before them do not have."""
KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)


def event(number: int, **changed: object) -> AuditEvent:
    base = AuditEvent(f"x{number}", 1_000 + number, "t", "k", "m", entities={"PERSON": number, "AGE": 1}, outcome="ok")
    return dataclasses.replace(base, ms_total=number / 7, **changed)  # type: ignore[arg-type]  # of mixed types


async def filled(database: Database, count: int = 10) -> AuditChain:
    chain = AuditChain(database, KEY)
    for number in range(1, count + 1):
        await chain.append([event(number)])
        if number % 4 == 0:
            await chain.checkpoint(5_000)
    return chain


async def sql(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def test_an_untouched_chain_is_intact(database: Database) -> None:
    chain = await filled(database)
    verdict = await verify_chain(database, chain.public_key)
    assert (verdict.intact, verdict.rows, verdict.checkpoints) == (True, 10, 2)


@pytest.mark.parametrize(
    ("statements", "bad_row"),
    [
        (["UPDATE audit_events SET model = 'n' WHERE seq = 5"], 5),
        (["UPDATE audit_events SET entities = 'PERSON=1' WHERE seq = 5"], 5),
        (["UPDATE audit_events SET ms_total = ms_total + 0.0000001 WHERE seq = 3"], 3),
        (["UPDATE audit_events SET at = at + 1 WHERE seq = 1"], 1),
        (["UPDATE audit_events SET digest = replace(digest, substr(digest, 1, 1), 'x') WHERE seq = 7"], 7),
        (["DELETE FROM audit_events WHERE seq = 5"], 5),
        (["DELETE FROM audit_events WHERE seq = 1"], 1),
        (["DELETE FROM audit_events WHERE seq = 5", "UPDATE audit_events SET seq = seq - 1 WHERE seq > 5"], 5),
        (
            [
                "UPDATE audit_events SET seq = 99 WHERE seq = 6",
                "UPDATE audit_events SET seq = 6 WHERE seq = 7",
                "UPDATE audit_events SET seq = 7 WHERE seq = 99",
            ],
            6,
        ),
        (["DELETE FROM audit_events WHERE seq > 7"], 8),
        (["DELETE FROM audit_events"], 1),
        (["UPDATE audit_checkpoints SET at = at + 1 WHERE seq = 4"], 4),
        (["UPDATE audit_checkpoints SET signature = '00' WHERE seq = 8"], 8),
    ],
)
async def test_the_first_bad_row_is_named(database: Database, statements: list[str], bad_row: int) -> None:
    chain = await filled(database)
    await sql(database, "PRAGMA foreign_keys=OFF", *statements)
    verdict = await verify_chain(database, chain.public_key)
    assert verdict.bad_row == bad_row
    assert verdict.reason
    assert verdict.rows == bad_row - 1


async def test_a_chain_that_was_computed_anew_is_noticed_by_its_checkpoints(database: Database) -> None:
    await filled(database)
    await sql(database, "DELETE FROM audit_event_entities", "DELETE FROM audit_events")
    forger = AuditChain(database, Ed25519PrivateKey.generate())
    await forger.append([event(number, outcome="forged") for number in range(1, 11)])
    verdict = await verify_chain(database, AuditChain(database, KEY).public_key)
    assert verdict.bad_row == 4
    assert "signed" in verdict.reason


async def test_checkpoints_signed_with_another_key_do_not_count(database: Database) -> None:
    forger = AuditChain(database, Ed25519PrivateKey.generate())
    await forger.append([event(1)])
    await forger.checkpoint(1)
    assert (await verify_chain(database, AuditChain(database, KEY).public_key)).bad_row == 1


async def test_a_tail_cut_together_with_its_checkpoints_is_noticed_by_an_anchor(database: Database) -> None:
    chain = await filled(database, 7)
    anchor = await chain.checkpoint(9)
    assert anchor is not None
    await sql(
        database,
        "DELETE FROM audit_checkpoints WHERE seq > 4",
        "DELETE FROM audit_event_entities",
        "DELETE FROM audit_events WHERE seq > 4",
    )
    assert (await verify_chain(database, chain.public_key)).intact
    assert (await verify_chain(database, chain.public_key, anchor=anchor)).bad_row == 5


async def test_an_exchange_is_written_once(database: Database) -> None:
    chain = AuditChain(database, KEY)
    assert await chain.append([event(1), event(1), event(2)]) == 2
    assert await chain.append([event(2), event(3)]) == 1
    assert (await verify_chain(database, chain.public_key)).rows == 3


async def test_a_checkpoint_is_only_signed_over_new_rows(database: Database) -> None:
    chain = AuditChain(database, KEY)
    assert await chain.checkpoint(1) is None
    await chain.append([event(1)])
    signed = await chain.checkpoint(2)
    assert isinstance(signed, Checkpoint)
    assert await chain.checkpoint(3) is None


async def test_the_signing_key_is_made_once_and_sealed(database: Database) -> None:
    sealer = Sealer([b"\x01" * 32])
    first = (await load_signing_key(database, sealer)).private_bytes_raw()
    assert (await load_signing_key(database, sealer)).private_bytes_raw() == first
    async with database.engine.connect() as connection:
        stored = (await connection.exec_driver_sql("SELECT sealed FROM installation_secrets")).scalar_one()
    assert first not in stored


def test_fields_of_the_stream_become_an_event() -> None:
    flat = {
        "exchange": "x",
        "at": "5",
        "model": "gpt",
        "entities": "EMAIL_ADDRESS=1, PERSON=2",
        "ms_total": "1.25",
        "status": "200",
        "outcome": "ok",
        "kind": "outcome",
    }
    made = event_from_fields(flat)
    assert (made.at, made.model, made.entities, made.ms_total, made.status) == (
        5,
        "gpt",
        {"EMAIL_ADDRESS": 1, "PERSON": 2},
        1.25,
        200,
    )


def test_a_strange_field_is_made_harmless_and_does_not_stop_the_trail() -> None:
    made = event_from_fields(
        {
            "exchange": "x",
            "model": "a\nb\x00" + "c" * 999,
            "status": "-1",
            "ms_total": "nan",
            "entities": "Jane Doe, A=1",
        }
    )
    assert made.model == "a?b?" + "c" * 196
    assert (made.status, made.ms_total, made.entities, made.outcome) == (0, 0.0, {}, "unknown")


def test_an_entry_without_exchange_is_no_event() -> None:
    with pytest.raises(ValueError, match="without exchange"):
        event_from_fields({"at": "1"})


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{1,39}", fullmatch=True), st.integers(0, 999_999_999), max_size=5))
def test_counts_survive_the_header_form(counts: dict[str, int]) -> None:
    assert parse_entities(format_entities(counts)) == counts


@given(st.dictionaries(st.sampled_from([item.name for item in dataclasses.fields(AuditEvent)]), st.text(max_size=300)))
def test_any_fields_give_an_event_that_fits_its_columns(flat: dict[str, str]) -> None:
    made = event_from_fields({**flat, "exchange": "x"})
    assert all(not isinstance(value, str) or len(value) <= 200 for value in dataclasses.asdict(made).values())


def test_rows_from_before_the_output_side_was_recorded_still_verify() -> None:
    values = {name: getattr(AuditEvent("x1", 7, outcome="ok"), name) for name in AuditEvent.__dataclass_fields__}
    values |= {"entities": "AGE=1", "output": ""}
    before = {name: value for name, value in values.items() if name not in LATER}
    canonical = json.dumps({"seq": 1, **before}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    expected = hashlib.sha256(f"{GENESIS}\n{canonical}".encode()).hexdigest()
    assert chained_digest(GENESIS, 1, values) == expected
    assert chained_digest(GENESIS, 1, values | {"output": "AGE=1"}) != expected


async def test_rows_from_before_a_column_verify_and_what_stands_there_counts(database: Database) -> None:
    """`end_user` and `tag` came later: an empty one is not in the digest, so older rows verify as they were written."""
    chain = AuditChain(database, KEY)
    await chain.append([AuditEvent("x1", 1), AuditEvent("x2", 2, tag="team-a", end_user="f" * 24)])
    await chain.checkpoint(3)
    values = {name: getattr(AuditEvent("x1", 1), name) for name in AuditEvent.__dataclass_fields__} | {
        "entities": "",
        "output": "",
    }
    older = {name: value for name, value in values.items() if name not in LATER}
    written = json.dumps({"seq": 1, **older}, sort_keys=True, separators=(",", ":"))
    assert chained_digest(GENESIS, 1, values) == hashlib.sha256(f"{GENESIS}\n{written}".encode()).hexdigest()
    assert (await verify_chain(database, chain.public_key)).intact
    for change in ("UPDATE audit_events SET tag = '' WHERE seq = 2", "UPDATE audit_events SET tag = 'b' WHERE seq = 1"):
        async with database.session(write=True) as session:
            await session.execute(text(change))
        assert not (await verify_chain(database, chain.public_key)).intact
