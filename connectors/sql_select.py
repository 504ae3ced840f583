"""A person's own SELECT: parsed, refused unless it is one plain SELECT, and written anew from its tree. Pure.

What is sent is generated from the parsed tree without comments, so that a server cannot read more in it than the parser
did (`/*! ... */` of MySQL). The transaction is read-only besides; this guard also keeps out what such a transaction
allows: functions that read files of the server, wait, lock, or talk to other machines.
"""

from __future__ import annotations

import re
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from connectors.base import ConnectorProblem

SqlDialect = Literal["postgres", "mysql"]
MAX_SQL = 20_000

_PLAIN = (exp.Select, exp.SetOperation, exp.Subquery)
_FORBIDDEN = tuple(
    getattr(exp, name)
    for name in (
        "Insert Update Delete Merge Create Drop Alter Command Into Lock Set Use Copy TruncateTable Describe Pragma "
        "Transaction Commit Rollback LoadData Kill Parameter SessionParameter Placeholder"
    ).split()
    if hasattr(exp, name)
)
_FUNCTIONS = re.compile(
    r"(?:pg_|lo_|dblink|query_to_xml|table_to_xml|schema_to_xml|database_to_xml|cursor_to_xml|xml_?parse|"
    r"ts_stat|ts_rewrite|crosstab|connectby|xpath_table|nextval|setval|currval|lastval|set_config|current_setting|txid_|load_file|sleep|benchmark|"
    r"get_lock|release_|is_free_lock|is_used_lock|master_pos_wait|wait_for_|sys_|extractvalue|updatexml|inet_server_)",
    re.IGNORECASE,
)


def plain_select(sql: str, dialect: SqlDialect) -> str:
    """The SELECT as it may be sent. Raises ConnectorProblem."""
    if len(sql) > MAX_SQL:
        raise _refused(f"it is longer than {MAX_SQL:,} characters")
    try:
        statements = [statement for statement in sqlglot.parse(sql, read=dialect) if statement is not None]
    except (SqlglotError, RecursionError):
        raise _refused("it cannot be understood") from None
    if len(statements) != 1:
        raise _refused("it is not exactly one statement")
    [statement] = statements
    if not isinstance(statement, _PLAIN):
        raise _refused("it is something else")
    for node in statement.walk():
        if isinstance(node, _FORBIDDEN):
            raise _refused(f"it has a part that a plain SELECT has not ({type(node).__name__.upper()})")
        name = _function_name(node)
        if name and _FUNCTIONS.match(name):
            raise _refused(f"the function {name.lower()} is not allowed")
    return statement.sql(dialect=dialect, comments=False)


def _function_name(node: object) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.name)
    return node.sql_name() if isinstance(node, exp.Func) else ""


def _refused(reason: str) -> ConnectorProblem:
    return ConnectorProblem(
        f"Only one plain SELECT can be used here, and this is none: {reason}.",
        "Write one SELECT without semicolons, locks and server functions; make a view in the database for more.",
        code="config",
    )
