"""A SELECT of a person's own: what passes, and what must not."""

from __future__ import annotations

import pytest

from connectors.base import ConnectorProblem
from connectors.sql_select import SqlDialect, plain_select

FORBIDDEN = """
DELETE FROM t
SELECT 1; SELECT 2
SELECT 1; DROP TABLE t
SELECT * INTO copy FROM t
SELECT * FROM t FOR UPDATE
WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone
WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x
SELECT pg_read_file('/etc/passwd')
SELECT * FROM pg_ls_dir('/')
SELECT PG_SLEEP(100)
SELECT "pg_sleep"(100)
SELECT pg_catalog.pg_sleep(100)
SELECT a FROM t WHERE pg_sleep(9) IS NULL
SELECT pg_terminate_backend(1)
SELECT nextval('s')
SELECT set_config('default_transaction_read_only', 'off', false)
SELECT lo_import('/etc/passwd')
SELECT * FROM dblink('host=evil', 'SELECT 1') AS t(a int)
SELECT ts_stat('SELECT to_tsvector(pg_read_file(''/etc/passwd''))')
SELECT ts_rewrite(CAST('a' AS tsquery), 'SELECT t, s FROM pg_ls_dir(''.'')')
SELECT * FROM crosstab('SELECT pg_sleep(9)') AS t(a int)
SELECT query_to_xml('DELETE FROM t', true, true, '')
COPY t TO PROGRAM 'id'
EXPLAIN ANALYZE DELETE FROM t
CALL run()
DO $$ BEGIN END $$
SET ROLE postgres
BEGIN
VACUUM
SHOW ALL
SELECT $1
PREPARE x AS SELECT 1
TRUNCATE t
SELECT (((
"""


@pytest.mark.parametrize("sql", [line for line in FORBIDDEN.splitlines() if line])
@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_what_is_no_plain_select_is_refused(sql: str, dialect: SqlDialect) -> None:
    if ("$" in sql or "tsquery" in sql) and dialect == "mysql":
        pytest.skip("dollar quotes and numbered parameters are PostgreSQL's")
    with pytest.raises(ConnectorProblem) as caught:
        plain_select(sql, dialect)
    assert caught.value.code == "config"
    assert "/etc" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT LOAD_FILE('/etc/passwd')",
        "SELECT SLEEP(10)",
        "SELECT BENCHMARK(1000000, MD5(1))",
        "SELECT * FROM t INTO OUTFILE '/tmp/x'",
        "SELECT * FROM t INTO @x",
        "SELECT GET_LOCK('a', 9)",
        "SELECT * FROM t LOCK IN SHARE MODE",
        "SELECT @x := 1",
        "SELECT 1 PROCEDURE ANALYSE()",
    ],
)
def test_what_mysql_has_besides_is_refused(sql: str) -> None:
    with pytest.raises(ConnectorProblem):
        plain_select(sql, "mysql")


def test_comments_never_travel() -> None:
    assert plain_select("SELECT 1 /*!50000 , LOAD_FILE('x') */ -- x", "mysql") == "SELECT 1"
    assert plain_select("SELECT a /* b */ FROM t", "postgres") == "SELECT a FROM t"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, count(*) FROM s.t JOIN u USING (id) WHERE a LIKE 'x%' GROUP BY a ORDER BY 2 DESC LIMIT 10;",
        "WITH a AS (SELECT 1 AS n) SELECT * FROM a UNION ALL SELECT 2",
        "SELECT CASE WHEN a > 1 THEN 'delete from t' ELSE 'x;y' END, row_number() OVER (ORDER BY c) FROM t",
        "SELECT coalesce(lower(name), '') FROM (SELECT name FROM t) AS x",
    ],
)
@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_plain_selects_pass(sql: str, dialect: SqlDialect) -> None:
    assert plain_select(sql, dialect).startswith(("SELECT", "WITH"))


def test_a_very_long_or_deep_text_is_refused() -> None:
    for sql in ("SELECT " + "1," * 20_000 + "1", "SELECT " + "(" * 5_000 + "1" + ")" * 5_000):
        with pytest.raises(ConnectorProblem):
            plain_select(sql, "postgres")
