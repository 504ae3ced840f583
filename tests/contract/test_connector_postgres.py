"""The connector of PostgreSQL against a real server."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from connectors.base import ConnectorProblem, Reading
from connectors.registry import open_connector
from tests.connector_contract import ROWS, ConnectorContract, now_in, people
from tests.own_postgres import free_port
from tests.postgres_source import PostgresSource

_COLUMNS = "id int PRIMARY KEY, name text, amount numeric(12,2), day date, note varchar(40)"


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


@pytest.fixture(scope="session")
def filled(postgres_source: PostgresSource) -> PostgresSource:
    rows = ",".join(f"({','.join(_literal(value) for value in row.values())})" for row in people())
    postgres_source.sql(f"CREATE TABLE crm.people ({_COLUMNS}); CREATE TABLE crm.nobody ({_COLUMNS});")
    postgres_source.sql(f"INSERT INTO crm.people VALUES {rows}")  # noqa: S608 - made-up rows
    postgres_source.sql("""
        CREATE TABLE crm.hidden (id int);
        CREATE VIEW crm."odd "" name" AS SELECT id, name FROM crm.people;
        GRANT SELECT ON crm.people, crm.nobody, crm."odd "" name" TO reader;
    """)
    return postgres_source


@pytest.mark.system
@pytest.mark.xdist_group("postgres_source")
class TestPostgresConnector(ConnectorContract):
    kind = "postgres"
    table = "crm.people"
    empty_table = "crm.nobody"

    @pytest.fixture
    def config(self, filled: PostgresSource) -> dict[str, Any]:
        return filled.config()

    def opened(self, source: PostgresSource, **changes: object) -> Any:
        return open_connector("postgres", source.config(**changes), self.boundaries)

    async def test_only_what_the_account_may_read_is_shown_with_keys(self, filled: PostgresSource) -> None:
        tables = {table.name: table for table in await self.opened(filled).describe()}
        assert {"crm.people", 'crm.odd " name'} <= set(tables)
        assert "crm.hidden" not in tables
        assert tables["crm.people"].key == ("id",)
        assert (tables['crm.odd " name'].rows, tables['crm.odd " name'].note) == (ROWS, "view")
        picked = await self.opened(filled, tables=["crm.nobody"]).describe()
        assert [table.name for table in picked] == ["crm.nobody"]

    @pytest.mark.parametrize("mode", ["disable", "require", "verify-ca", "verify-full"])
    async def test_tls_modes(self, filled: PostgresSource, mode: str) -> None:
        ca = (filled.folder / "server.crt").read_text()
        assert "PostgreSQL" in (await self.opened(filled, tls=mode, ca=ca).ping()).server
        if mode.startswith("verify"):
            with pytest.raises(ConnectorProblem) as caught:
                await self.opened(filled, tls=mode).ping()
            assert caught.value.code == "unreachable"

    async def test_an_own_select_is_a_table(self, filled: PostgresSource) -> None:
        sql = "SELECT note, count(*) AS n, max(amount) FROM crm.people -- why\n GROUP BY note HAVING count(*) > 1"
        connector = self.opened(filled, selects=[{"name": "notes", "sql": sql}])
        [batch] = [batch async for batch in connector.read(Reading("notes"))]
        assert batch.frame.to_dicts()[0]["n"] == ROWS - ROWS // 3

    async def test_the_account_could_write_and_the_connector_cannot(self, filled: PostgresSource) -> None:
        filled.sql(
            "CREATE FUNCTION crm.sneak() RETURNS int LANGUAGE sql AS 'DELETE FROM crm.people RETURNING 1';"
            "GRANT DELETE ON crm.people TO reader"
        )
        connector = self.opened(filled, selects=[{"name": "x", "sql": "SELECT crm.sneak() AS n"}])
        with pytest.raises(ConnectorProblem):
            [batch async for batch in connector.read(Reading("x"))]
        assert sum([len(b.frame) async for b in connector.read(Reading("crm.people"))]) == ROWS

    async def test_refreshing_by_watermark_and_noticing_deletions(self, filled: PostgresSource) -> None:
        filled.sql(
            "CREATE TABLE crm.tickets (id int PRIMARY KEY, at timestamptz); GRANT SELECT ON crm.tickets TO reader;"
            "INSERT INTO crm.tickets SELECT n, '2026-01-01'::timestamptz + n * '1 ms'::interval"
            " FROM generate_series(1, 50) n"
        )
        connector = self.opened(filled, watermarks={"crm.tickets": "at"})
        [whole] = [batch async for batch in connector.read(Reading("crm.tickets"))]
        filled.sql("DELETE FROM crm.tickets WHERE id IN (3, 50); INSERT INTO crm.tickets VALUES (51, '2026-02-01')")
        assert await now_in(connector, "crm.tickets", whole) == (1, 2, [51, *(n for n in range(1, 50) if n != 3)])
        with pytest.raises(ConnectorProblem, match="no watermark"):
            [b async for b in connector.read(Reading("crm.people", since="1"))]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"password": "wr0ng-s3cret"}, "refused"),
            ({"database": "gone"}, "not_found"),
            ({"port": 1}, "unreachable"),
            ({"host": "169.254.169.254"}, "forbidden"),
            ({"host": "no-such-host.invalid"}, "unreachable"),
        ],
    )
    async def test_failures_say_what_to_do_and_no_secret(
        self, filled: PostgresSource, changes: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(ConnectorProblem) as caught:
            await self.opened(filled, connect_timeout_s=2, **changes).ping()
        assert caught.value.code == code
        assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"

    async def test_a_slow_statement_is_stopped(self, filled: PostgresSource) -> None:
        filled.sql(
            "CREATE VIEW crm.slow AS SELECT pg_sleep(30)::text AS a FROM generate_series(1, 9);"
            "GRANT SELECT ON crm.slow TO reader"
        )
        with pytest.raises(ConnectorProblem) as caught:
            [b async for b in self.opened(filled, statement_timeout_s=0.3).read(Reading("crm.slow"))]
        assert caught.value.code == "timeout"

    async def test_a_connection_lost_at_any_batch_is_told_and_can_be_tried_again(self, filled: PostgresSource) -> None:
        for before in range(1, 5):  # 1,234 rows in five batches
            async with aclosing(self.opened(filled).read(Reading("crm.people", batch_rows=250))) as batches:
                for _ in range(before):
                    assert len((await anext(batches)).frame) == 250
                filled.sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'reader'")
                with pytest.raises(ConnectorProblem) as caught:
                    await anext(batches)
            assert (caught.value.code, caught.value.retryable) == ("unreachable", True), before

    async def test_cancelling_leaves_nothing_running_on_the_server(self, filled: PostgresSource) -> None:
        filled.sql("CREATE VIEW crm.wait AS SELECT pg_sleep(60)::text AS a; GRANT SELECT ON crm.wait TO reader")

        async def read() -> None:
            async for _ in self.opened(filled).read(Reading("crm.wait")):
                pass

        task = asyncio.create_task(read())
        running = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND query LIKE '%crm%wait%'"
        while await asyncio.to_thread(filled.sql, running) != "1":
            assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while await asyncio.to_thread(filled.sql, running) != "0":
            pass

    async def test_a_server_that_never_answers_is_given_up(self, filled: PostgresSource) -> None:
        port, gone = free_port(), asyncio.Semaphore(0)

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            await writer.wait_closed()
            gone.release()

        async with await asyncio.start_server(silent, "127.0.0.1", port):
            with pytest.raises(ConnectorProblem) as caught:
                await self.opened(filled, port=port, connect_timeout_s=0.2).ping()
            for _ in range(3):
                await gone.acquire()
        assert caught.value.code == "timeout"
