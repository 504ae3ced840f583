"""The demo database: a customer's PostgreSQL that can be read and not written."""

from __future__ import annotations

import asyncpg
import pytest

from connectors.base import ConnectorProblem
from connectors.boundaries import Boundaries
from connectors.demo_postgres import NoServer, demo_server
from connectors.jar_members import members
from connectors.jar_sources import Reach, add_tables
from connectors.jars import Jars, JarSpec
from connectors.saved import forget, save, saved
from tests.jar_fixture import FakeGateway

pytestmark = [pytest.mark.long, pytest.mark.system, pytest.mark.timeout(300)]


async def test_a_table_of_the_demo_database_becomes_a_jar(jars: Jars) -> None:
    gateway: object = FakeGateway()
    row = await jars.create(JarSpec("shop"), "usr_1")
    reach = Reach(Boundaries(), gateway, "usr_1")  # type: ignore[arg-type]
    try:
        async with demo_server(("techcorp",)) as server:
            await save(jars, "shop", "postgres", server.form(), person="usr_1")
            source = (await saved(jars, "shop")).open(Boundaries())
            assert (await source.ping()).message == "Connected, reading only."
            await source.close()
            filled = await add_tables(jars, row, "shop", ["techcorp.customers"], reach)
            assert filled.tables == {"customers": 5000}
            url = f"postgresql://reader:{server.password}@127.0.0.1:{server.port}/demo"
            reader = await asyncpg.connect(url)
            with pytest.raises(asyncpg.PostgresError):
                await reader.execute("SET default_transaction_read_only = off; DELETE FROM techcorp.customers")
            await reader.close()
    except NoServer as error:
        pytest.skip(str(error))
    columns = {column.name: column.entity_type for column in (await jars.jar("shop")).tables[0].columns}
    assert columns["email"] == "EMAIL_ADDRESS"
    other = await jars.create(JarSpec("late"), "usr_1")
    with pytest.raises(ConnectorProblem):
        await add_tables(jars, other, "shop", [], reach)
    assert await members(jars, other) == []
    await jars.delete(row)
    await forget(jars, "shop")
