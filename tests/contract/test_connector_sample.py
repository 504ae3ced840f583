"""The connector of sample data: what is in it, and the faults that can be switched on."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from connectors.base import ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.registry import open_connector
from tests.demo_sets import demo_set

ROWS = 1_200


def opened(**config: Any) -> Any:
    return open_connector("sample", {"service": "helpdesk", **config}, Boundaries())


async def test_it_gives_the_demo_data() -> None:
    tables = {table.name: table for table in await opened().describe()}
    assert (tables["support_tickets"].rows, tables["support_tickets"].key) == (ROWS, ("ticket_id",))
    batches = [batch async for batch in opened().read(Reading("support_tickets", batch_rows=500))]
    assert [len(batch.frame) for batch in batches] == [500, 500, 200]
    wanted = demo_set("techcorp").tables["support_tickets"]
    assert batches[0].frame["ticket_id"].to_list() == wanted.values("ticket_id")[:500]
    for service in ("crm", "billing"):
        for table in await opened(service=service).describe():
            assert [batch async for batch in opened(service=service).read(Reading(table.name))]


async def test_faults_can_be_switched_on() -> None:
    for fault in ("refused", "timeout"):
        with pytest.raises(ConnectorProblem) as caught:
            await opened(fault=fault, timeout_s=0.01).ping()
        assert caught.value.code == fault
    async with aclosing(opened(fault="dropped").read(Reading("support_tickets", batch_rows=500))) as batches:
        assert len((await anext(batches)).frame) == 500
        with pytest.raises(ConnectorProblem) as lost:
            await anext(batches)
    assert lost.value.retryable
    found = [batch async for batch in opened(fault="broken_rows").read(Reading("support_tickets"))]
    assert sum(len(b.frame) for b in found) + sum(len(b.set_aside) for b in found) == ROWS
    assert [row.line for row in found[0].set_aside][:2] == [100, 200]


@pytest.mark.parametrize(("table", "since", "code"), [("gone", None, "not_found"), ("agents", "1", "config")])
async def test_what_it_has_not_is_told(table: str, since: str | None, code: str) -> None:
    with pytest.raises(ConnectorProblem) as caught:
        [batch async for batch in opened().read(Reading(table, since=since))]
    assert caught.value.code == code
