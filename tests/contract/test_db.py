"""What the ground floor asks of its database, the same for SQLite and PostgreSQL."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import inspect, select, text

from connectors import jar_tables  # noqa: F401 - its tables belong to the metadata
from policies.audit import AuditChain, AuditEvent, verify_chain
from policies.audit_query import AuditFilter, query, written
from policies.audit_retention import begin_of_chain, prune_audit
from policies.db import Database, DatabaseUnavailable, newest_revisions, open_database
from policies.key_rows import KeyProblem, KeyRequest, create_key, list_keys, revoke_key, rotate_key
from policies.keyring import Keyring
from policies.keys import VirtualKeys
from policies.sealing import Sealer
from policies.settings import load_settings
from policies.tables import AuditRow, Table, TenantRow
from reports import tables as _reports  # noqa: F401 - its tables are migrated too
from tests.own_postgres import own_postgres

KEY = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)


_OF_PARTITIONS = re.compile(r"audit_events_\d+|uq_audit_events_exchange|fk_audit_event_entities_seq")


def _outside_of_partitions(_item: object, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
    """What a partitioned table has not, or has besides (`policies.audit_partitions`); SQLite's is looked at in full."""
    return kind == "column" or not _OF_PARTITIONS.fullmatch(name or "")


class DatabaseContract:
    """One test class per interface: subclasses bring `url`, the address of an empty database."""

    @pytest.fixture
    async def empty(self, url: str) -> AsyncIterator[Database]:
        database = Database(url)
        yield database
        await database.migrate("base")
        await database.close()

    @pytest.fixture
    async def database(self, empty: Database) -> Database:
        await empty.migrate()
        return empty

    async def test_migrations_go_up_down_and_up_again(self, empty: Database) -> None:
        assert await empty.revisions() == frozenset()
        await empty.migrate()
        assert await empty.revisions() == newest_revisions()
        await empty.migrate("base")
        async with empty.engine.connect() as connection:
            assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == ["alembic_version"]
        await empty.migrate()
        assert await empty.revisions() == newest_revisions()

    async def test_migrating_twice_or_from_two_processes_at_once_is_fine(self, empty: Database, url: str) -> None:
        other = Database(url)
        await asyncio.gather(empty.migrate(), other.migrate())
        assert await other.revisions() == newest_revisions()
        await other.close()

    async def test_the_migrated_tables_are_those_of_the_models(self, database: Database) -> None:
        async with database.engine.connect() as connection:
            difference = await connection.run_sync(
                lambda c: compare_metadata(
                    MigrationContext.configure(c, opts={"include_object": _outside_of_partitions}), Table.metadata
                )
            )
        assert difference == []

    async def test_an_error_rolls_back_and_is_told_without_values(self, database: Database) -> None:
        async def fail_half_way() -> None:
            async with database.session(write=True) as session:
                session.add(TenantRow(name="x", sealed_secret=b"hunter2", created_at=1))
                await session.flush()
                session.add(TenantRow(name="y", sealed_secret=None, created_at=1))

        with pytest.raises(DatabaseUnavailable) as caught:
            await fail_half_way()
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
        async with database.session() as session:
            assert (await session.scalars(select(TenantRow))).all() == []

    async def test_inserting_what_is_there_changes_nothing(self, database: Database) -> None:
        for secret in (b"first", b"second"):
            async with database.session(write=True) as session:
                insert = database.insert_new(TenantRow).values(name="t", sealed_secret=secret, created_at=1)
                await session.execute(insert)
        async with database.session() as session:
            assert (await session.scalar(select(TenantRow.sealed_secret))) == b"first"

    async def test_the_life_of_a_virtual_key(self, database: Database) -> None:
        made = await create_key(database, KeyRequest("bot", models=("gpt-*",)), now=1)
        with pytest.raises(KeyProblem):
            await create_key(database, KeyRequest("bot"), now=1)
        rotated = await rotate_key(database, "bot", now=2, overlap_ms=10**15)
        keys = VirtualKeys(database)
        assert await keys.authenticate(made.secret) == await keys.authenticate(rotated.secret) == made.key.principal
        await revoke_key(database, "bot", now=3)
        keys.forget_cache()
        assert await keys.authenticate(rotated.secret) is None
        assert (await list_keys(database))[0].revoked_at == 3

    async def test_processes_agree_on_new_keys_of_a_tenant(self, database: Database, url: str) -> None:
        others = [Database(url) for _ in range(3)]
        rings = [Keyring(one, Sealer([b"\x01" * 32])) for one in (database, *others) for _ in range(4)]
        assert len(set(await asyncio.gather(*(ring.current_day_key("t") for ring in rings)))) == 1
        assert len(set(await asyncio.gather(*(ring.naming_key("t", "o") for ring in rings)))) == 1
        for other in others:
            await other.close()

    async def test_the_audit_chain_verifies_after_its_round_trip(self, database: Database) -> None:
        chain = AuditChain(database, KEY)
        events = [
            AuditEvent(f"x{n}", n, ms_total=n / 7, ms_vault=0.1 + 0.2, entities={"AGE": n}) for n in range(1, 301)
        ]
        await chain.append(events)
        await chain.checkpoint(1)
        verdict = await verify_chain(database, chain.public_key)
        assert (verdict.intact, verdict.rows, verdict.checkpoints) == (True, 300, 1)
        page = await query(database, AuditFilter(entity_type="AGE", since=300))
        assert [event.exchange for event in page.events] == ["x300"]

    async def test_exchanges_without_a_row_are_told_and_one_with_a_row_is_written_once(
        self, database: Database
    ) -> None:
        chain = AuditChain(database, KEY)
        strange = [f"ex_\"'\\{number}" for number in range(3)]
        assert await written(database, strange) == set()
        assert (
            await chain.append([AuditEvent(one, 1, entities={"PERSON": 2}) for one in [*strange[:2], strange[0]]]) == 2
        )
        assert await chain.append([AuditEvent(one, 2) for one in strange]) == 1
        assert await written(database, [*strange, "ex_other"]) == set(strange)
        assert (await verify_chain(database, chain.public_key)).rows == 3

    async def test_keys_can_be_made_while_another_process_writes(self, database: Database, url: str) -> None:
        other = Database(url)
        chain = AuditChain(other, KEY)

        async def make() -> None:
            for number in range(15):
                await create_key(database, KeyRequest(f"n{number}"), now=1)

        async def write() -> None:
            for number in range(15):
                await chain.append([AuditEvent(f"x{number}", 1)])

        await asyncio.gather(make(), write())
        assert len(await list_keys(database)) == 15
        await other.close()

    async def test_of_two_writers_one_fails_and_the_chain_holds(self, database: Database, url: str) -> None:
        other = Database(url)
        first, second = AuditChain(database, KEY), AuditChain(other, KEY)
        for number in range(10):
            pair = (first.append([AuditEvent(f"a{number}", 1)]), second.append([AuditEvent(f"b{number}", 1)]))
            done = await asyncio.gather(*pair, return_exceptions=True)
            assert any(result == 1 for result in done)
            assert all(result == 1 or isinstance(result, DatabaseUnavailable) for result in done)
        assert (await verify_chain(database, first.public_key)).intact
        await other.close()


class TestSqlite(DatabaseContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite+aiosqlite:///{tmp_path}/sting.db"


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[Path]:
    """A PostgreSQL of our own on a Unix socket in a short-lived folder; yields that folder."""
    with own_postgres("sting-pg-") as own:
        own.run("initdb", "-U", "sting", "-A", "trust", "-N")
        sizes = "-c fsync=off -c shared_buffers=16MB -c max_connections=60"
        with own.serving(f"-k {own.folder} -c listen_addresses='' {sizes}"):
            yield own.folder


@pytest.mark.system
@pytest.mark.xdist_group("postgres")
class TestPostgres(DatabaseContract):
    @pytest.fixture
    def url(self, postgres_server: Path) -> str:
        return f"postgresql+asyncpg://sting@/postgres?host={postgres_server}"

    async def test_the_audit_goes_on_over_partitions(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        async def partitions() -> list[str]:
            listed = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_events'::regclass")
            async with database.session() as session:
                return sorted(await session.scalars(listed))

        assert await partitions() == ["audit_events_0"]
        async with database.session() as session:  # a first one that is soon full
            await session.execute(text("ALTER TABLE audit_events DETACH PARTITION audit_events_0"))
            bounds = "FOR VALUES FROM (MINVALUE) TO (10)"
            await session.execute(text(f"ALTER TABLE audit_events ATTACH PARTITION audit_events_0 {bounds}"))
        monkeypatch.setattr("policies.audit.ROWS", 10)
        chain = AuditChain(database, KEY)
        events = [AuditEvent(f"ex_{number}", number, tenant="t", entities={"AGE": 1}) for number in range(1, 36)]
        for begin in range(0, 35, 5):
            assert await chain.append(events[begin : begin + 5]) == 5
            await chain.checkpoint(begin)
        assert await AuditChain(database, KEY).append([events[0], events[34]]) == 0, "found in whatever partition"
        assert await partitions() == [f"audit_events_{begin}" for begin in (0, 10, 20, 30, 40)]
        assert (await verify_chain(database, chain.public_key)).rows == 35
        page = await query(database, AuditFilter(tenant="t", entity_type="AGE"), before=22, size=20)
        assert [event.at for event in page.events] == list(range(21, 1, -1))
        assert await prune_audit(chain, 24, 99) == 20
        assert await partitions() == [f"audit_events_{begin}" for begin in (20, 30, 40)]
        begin_at = await begin_of_chain(database, chain.public_key)
        verdict = await verify_chain(database, chain.public_key, begin=begin_at)
        assert (verdict.intact, verdict.rows) == (True, 15)

    async def test_rows_from_before_partitions_are_the_first_one(self, empty: Database) -> None:
        await empty.migrate("0021")
        row = "INSERT INTO audit_events SELECT (jsonb_populate_record(null::audit_events, :row)).*"
        values = {column.name: 7 if "INT" in str(column.type) else 1.5 if "FLOAT" in str(column.type) else "x"
                  for column in AuditRow.__table__.columns}  # fmt: skip
        async with empty.session(write=True) as session:
            await session.execute(text(row.replace(":row", f"'{json.dumps(values)}'::jsonb")))
            await session.execute(text("INSERT INTO audit_event_entities VALUES ('AGE', 7, 1)"))
        await empty.migrate()
        async with empty.session() as session:
            assert await session.scalar(text("SELECT exchange FROM audit_events_0")) == "x"
            assert await session.scalar(text("SELECT exchange FROM audit_events WHERE seq = 7")) == "x"

    async def test_an_external_database_is_not_migrated_on_the_quiet(self, url: str, tmp_path: Path) -> None:
        overrides = {"database.url": url, "master_key": "ab" * 32, "data_dir": tmp_path}
        settings = load_settings(None, environ={}, overrides=overrides)
        with pytest.raises(DatabaseUnavailable, match="sting db upgrade"):
            await open_database(settings)
        database = Database(url)
        await database.migrate()
        opened = await open_database(settings)
        assert await opened.revisions() == newest_revisions()
        await opened.close()
        await database.migrate("base")
        await database.close()
