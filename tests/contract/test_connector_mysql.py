"""The connector of MySQL against a real MariaDB."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from connectors.base import ConnectorProblem, Reading
from connectors.registry import open_connector
from tests.connector_contract import ROWS, ConnectorContract, now_in, people
from tests.mariadb_source import MariaSource

_COLUMNS = "id int PRIMARY KEY, name varchar(100), amount decimal(12,2), day date, note text"


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


@pytest.fixture(scope="session")
def filled(mariadb_source: MariaSource) -> MariaSource:
    rows = ",".join(f"({','.join(_literal(value) for value in row.values())})" for row in people())
    mariadb_source.sql(f"USE crm; CREATE TABLE people ({_COLUMNS}); CREATE TABLE nobody ({_COLUMNS})")
    mariadb_source.sql(f"INSERT INTO crm.people VALUES {rows}")  # noqa: S608 - made-up rows
    mariadb_source.sql("""USE crm; CREATE VIEW `odd `` name` AS SELECT id, name FROM people;
        CREATE TABLE kinds (a bigint unsigned, b blob, c json, d time, e datetime(6), f double, g tinyint(1), h bit(3),
            i year);
        SET sql_mode = ''; INSERT INTO kinds VALUES (18446744073709551615, x'00ff', '{"x": 1}', '-12:00:01',
            '2026-01-02 03:04:05.678', 0.1, 1, 5, 2026), (NULL, NULL, NULL, NULL, '0000-00-00', NULL, NULL, NULL, NULL);
        CREATE TABLE tickets (id int PRIMARY KEY, at datetime(3));
        INSERT INTO tickets SELECT id, '2026-01-01' + INTERVAL id MINUTE FROM people WHERE id <= 50;""")
    return mariadb_source


@pytest.mark.system
@pytest.mark.xdist_group("mariadb_source")
class TestMysqlConnector(ConnectorContract):
    kind = "mysql"

    @pytest.fixture
    def config(self, filled: MariaSource) -> dict[str, Any]:
        return filled.config()

    def opened(self, source: MariaSource, **changes: object) -> Any:
        return open_connector("mysql", source.config(**changes), self.boundaries)

    async def test_types_and_keys(self, filled: MariaSource) -> None:
        connector = self.opened(filled)
        tables = {table.name: table for table in await connector.describe()}
        assert tables["people"].key == ("id",)
        assert (tables["odd ` name"].rows, tables["odd ` name"].note) == (ROWS, "view")
        [batch] = [batch async for batch in connector.read(Reading("kinds"))]
        first, second = batch.frame.rows()
        assert [str(value) for value in first[:4]] == ["18446744073709551615", "00ff", '{"x": 1}', "-12:00:01"]
        assert str(first[4]) == "2026-01-02 03:04:05.678000+00:00"
        assert first[5:7] == (0.1, 1)
        assert set(second) == {None}

    async def test_an_own_select_is_a_table(self, filled: MariaSource) -> None:
        sql = (
            "SELECT note, count(*) AS n, max(amount) AS m, max(day) AS d FROM people WHERE note LIKE 'n%' GROUP BY note"
        )
        connector = self.opened(filled, selects=[{"name": "notes", "sql": sql}])
        [batch] = [batch async for batch in connector.read(Reading("notes"))]
        assert len(batch.frame) == ROWS // 3
        assert [str(dtype) for dtype in batch.frame.dtypes][1:] == ["Decimal(precision=20, scale=0)", "Float64", "Date"]

    async def test_a_function_that_writes_is_stopped(self, filled: MariaSource) -> None:
        filled.sql("""USE crm;
DELIMITER //
            CREATE FUNCTION sneak() RETURNS int BEGIN DELETE FROM people; RETURN 1; END //""")
        connector = self.opened(filled, selects=[{"name": "x", "sql": "SELECT sneak() AS n"}])
        with pytest.raises(ConnectorProblem) as caught:
            [batch async for batch in connector.read(Reading("x"))]
        assert caught.value.code == "forbidden"
        assert filled.sql("SELECT count(*) FROM crm.people") == str(ROWS)

    async def test_refreshing_by_watermark_and_noticing_deletions(self, filled: MariaSource) -> None:
        connector = self.opened(filled, watermarks={"tickets": "at"})
        [whole] = [batch async for batch in connector.read(Reading("tickets"))]
        filled.sql("DELETE FROM crm.tickets WHERE id IN (3, 50); INSERT INTO crm.tickets VALUES (51, '2026-02-01')")
        assert await now_in(connector, "tickets", whole) == (1, 2, [51, *(n for n in range(1, 50) if n != 3)])

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"password": "wr0ng-s3cret"}, "refused"),
            ({"database": "gone"}, "forbidden"),
            ({"port": 1}, "unreachable"),
            ({"host": "169.254.169.254"}, "forbidden"),
            ({"tls": "require"}, "unreachable"),
        ],
    )
    async def test_failures_say_what_to_do_and_no_secret(
        self, filled: MariaSource, changes: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(ConnectorProblem) as caught:
            await self.opened(filled, connect_timeout_s=2, **changes).ping()
        assert caught.value.code == code
        assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"

    async def test_a_connection_lost_at_any_batch_is_told_and_not_all_was_in_memory(self, filled: MariaSource) -> None:
        filled.sql("USE crm; CREATE TABLE wide AS SELECT id, repeat('x', 60000) AS t FROM people")
        for before in range(1, 4):  # the rest of the five batches is more than the network holds
            async with aclosing(self.opened(filled).read(Reading("wide", batch_rows=250))) as batches:
                for _ in range(before):
                    assert len((await anext(batches)).frame) == 250
                filled.sql("KILL USER reader")
                with pytest.raises(ConnectorProblem) as caught:
                    assert sum([len(batch.frame) async for batch in batches]) < ROWS - 250 * before
            assert caught.value.retryable, before

    async def test_a_table_is_read_through_an_ssh_tunnel(self, filled: MariaSource, tunnel: dict[str, Any]) -> None:
        connector = self.opened(filled, ssh=tunnel["ssh"])
        names = [name async for batch in connector.read(Reading("people")) for name in batch.frame["name"]]
        assert names == [row["name"] for row in people()]
        assert set(tunnel["asked"]) == {("127.0.0.1", filled.port)}
        with pytest.raises(ConnectorProblem) as caught:
            await self.opened(filled, ssh=tunnel["ssh"], password="wr0ng-s3cret").ping()
        assert caught.value.code == "refused"

    async def test_a_slow_statement_is_given_up(self, filled: MariaSource) -> None:
        filled.sql("USE crm; CREATE OR REPLACE VIEW slow AS SELECT sleep(20) AS a")
        with pytest.raises(ConnectorProblem) as caught:
            [b async for b in self.opened(filled, statement_timeout_s=0.5, tables=["slow"]).read(Reading("slow"))]
        assert caught.value.code == "timeout"
