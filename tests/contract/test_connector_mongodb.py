"""The connector of MongoDB against SecantusDB, a server of MongoDB's protocol.

It is GPL, so it is no dependency, not even of the tests: a program of its own in an environment of its own.
"""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from connectors.base import ConnectorProblem, Reading
from connectors.registry import open_connector
from tests.connector_contract import ROWS, ConnectorContract, people
from tests.own_postgres import free_port

PROGRAM = "secantusd-py"
OWN = Path(__file__).parents[2] / ".venv-secantus" / "bin" / PROGRAM


def _wait_for(port: int) -> None:
    """Until something listens: the driver would leave sockets of refused connections open."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise TimeoutError("SecantusDB did not start")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    program = shutil.which(PROGRAM) or (str(OWN) if OWN.exists() else None)
    if program is None:
        pytest.skip("no SecantusDB here: make stores")
    number = free_port()
    options = ["--host", "127.0.0.1", "--port", str(number), "--storage-path", ":memory:", "--standalone"]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(number)
        with MongoClient("127.0.0.1", number, serverSelectionTimeoutMS=30_000) as client:
            moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
            rows = [{"_id": row["id"], **row, "day": str(row["day"])} for row in people()]
            client["crm"]["people"].insert_many(rows)
            client["crm"]["odd"].insert_many(
                [{"a": {"b": 1}, "c": [1, "x"], "at": moment}, {"a": {"b": None}, "later": 1}]
            )
        yield number
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.long
@pytest.mark.system
class TestMongoConnector(ConnectorContract):
    kind = "mongodb"
    empty_table = None

    @pytest.fixture
    def config(self, port: int) -> dict[str, Any]:
        return {"uri": f"mongodb://127.0.0.1:{port}/", "database": "crm", "timeout_s": 10}

    async def test_it_describes_its_tables(self, connector: Any) -> None:
        [table] = [table for table in await connector.describe() if table.name == self.table]
        assert [column.name for column in table.columns] == ["_id", "id", "name", "amount", "day", "note"]
        assert (table.rows, table.key) == (ROWS, ("_id",))

    async def test_nested_documents_get_dots(self, connector: Any) -> None:
        [batch] = [batch async for batch in connector.read(Reading("odd"))]
        assert batch.frame.columns == ["_id", "a.b", "c", "at", "later"]
        assert batch.frame.rows()[0][1:3] == (1, '[1, "x"]')
        assert str(batch.frame.rows()[0][3]) == "2026-01-01 00:00:00+00:00"

    async def test_failures_say_what_to_do_and_no_secret(self, config: dict[str, Any]) -> None:
        for uri, code in (
            ("mongodb://reader:s3cret@169.254.169.254/", "forbidden"),
            ("mongo:s3cret", "config"),
        ):
            with pytest.raises(ConnectorProblem) as caught:
                await open_connector("mongodb", {**config, "uri": uri, "timeout_s": 0.5}, self.boundaries).ping()
            assert caught.value.code == code
            assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"
