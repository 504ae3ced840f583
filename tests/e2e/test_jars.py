"""A jar through the console and the real gateway: what is seen, what leaves, what is stored."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from demo_data.model import as_text
from demo_data.starters import starter
from tests.console_fixture import Browser, RunningConsole, running_console
from tests.demo_sets import demo_set
from tests.gateway_fixture import Running
from tests.jar_fixture import bytes_below

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROWS = 60


@pytest_asyncio.fixture(loop_scope="session")
async def console(real_gateway: Running) -> AsyncIterator[RunningConsole]:
    """A console over the stores of the real gateway, with an embedding model of the recorded provider."""
    settings = real_gateway.settings.model_copy(
        update={
            "gateway": real_gateway.settings.gateway.model_copy(update={"url": real_gateway.url}),
            "connectors": real_gateway.settings.connectors.model_copy(update={"embedding_model": "fake/embed-1"}),
        }
    )
    async with running_console(settings) as running:
        yield running


def support_tickets() -> tuple[bytes, list[dict[str, str]]]:
    """A CSV of tickets with their customers, as a user would upload it, and its rows."""
    tables = demo_set("techcorp").tables
    tickets, customers = tables["support_tickets"], tables["customers"]
    people = dict(zip(customers.values("customer_id"), customers.rows, strict=True))
    rows = []
    for ticket in tickets.rows[:ROWS]:
        person = people[ticket[tickets.index("customer_id")]]
        rows.append(
            {
                "ticket_id": as_text(ticket[0]),
                "first_name": as_text(person[1]),
                "last_name": as_text(person[2]),
                "email": as_text(person[4]),
                "phone": as_text(person[5]),
                "body": as_text(ticket[tickets.index("body")]),
            }
        )
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(), rows


async def upload(browser: Browser, name: str, data: bytes) -> str:
    async with browser.http.post(
        f"{browser.url}/api/v1/uploads",
        data=data,
        headers={"X-CSRF-Token": browser.csrf, "X-Sting-File-Name": quote(name)},
    ) as answer:
        assert answer.status == 201, await answer.text()
        made: dict[str, Any] = await answer.json()
    return str(made["id"])


@pytest.mark.timeout(300)
async def test_a_user_uploads_tickets_and_sees_what_would_leave(console: RunningConsole, real_gateway: Running) -> None:
    real_gateway.begin()
    data, rows = support_tickets()
    owner = await console.person("editor", email="owner@example.com")
    other = await console.person("editor", email="other@example.com")
    assert (await owner.call("POST", "/jars", {"name": "tickets", "policy": "balanced"})).status == 201
    made = await upload(owner, "support_tickets.csv", data)
    added = await owner.call("POST", "/jars/tickets/sources", {"upload": made})
    assert added.status in {200, 202}, added.data
    while not (page := (await owner.call("GET", "/jars/tickets")).data)["values_known"]:
        pass
    classes = {column["name"]: column["entity_type"] for column in page["tables"][0]["columns"]}
    assert classes == {
        "ticket_id": "TICKET_ID", "first_name": "PERSON", "last_name": "PERSON", "email": "EMAIL_ADDRESS",
        "phone": "PHONE_NUMBER", "body": None,
    }  # fmt: skip

    shown = await owner.call("POST", "/jars/tickets/preview", {"table": "support_tickets", "limit": ROWS})
    assert shown.status == 200, shown.data
    text = str(shown.data)
    missed = [value for row in rows for key, value in row.items() if key != "body" and value and value in text]
    assert missed == []
    assert "PERSON_" in text

    refused = await other.call("POST", "/jars/tickets/preview", {"table": "support_tickets"})
    assert refused.status == 404
    grants = {"grants": [{"grantee": "*", "access": "preview"}]}
    assert (await owner.call("PUT", "/jars/tickets/grants", grants)).status == 200
    assert (await other.call("POST", "/jars/tickets/preview", {"table": "support_tickets", "limit": 1})).status == 200
    forbidden = await other.call("POST", "/jars/tickets/preview", {"table": "support_tickets", "view": "original"})
    assert (forbidden.status, forbidden.data["code"]) == (403, "jar_forbidden")
    originals = await owner.call(
        "POST", "/jars/tickets/preview", {"table": "support_tickets", "limit": 1, "view": "original"}
    )
    assert originals.data["rows"][0][3]["original"] == rows[0]["email"]
    admin = await console.person("admin", email="admin@example.com")
    weaker = await admin.call("PATCH", "/jars/tickets", {"policy": "observe"})
    assert (weaker.status, weaker.data["code"]) == (403, "jar_forbidden")
    looks = (await admin.call("GET", "/audit/exchanges", outcome="originals")).data["items"]
    assert [(look["route"], look["status"]) for look in looks] == [("POST /api/v1/jars/tickets/preview", 200)]
    events = (await owner.call("GET", "/jars/tickets")).data["events"]
    assert [event["action"] for event in events][:2] == ["saw originals", "granted"]

    built = await owner.call("POST", "/jars/tickets/index")
    assert built.status == 202, built.data
    while "indexed" not in {event["action"] for event in (await owner.call("GET", "/jars/tickets")).data["events"]}:
        pass
    found = await owner.call("POST", "/jars/tickets/search", {"q": f"What does {rows[0]['email']} want?", "limit": 3})
    assert found.status == 200, found.data
    assert len(found.data["items"]) == 3

    left = real_gateway.provider.bytes_seen.decode("utf-8", "replace")
    stored = bytes_below(Path(console.settings.data_dir))
    for row in rows:
        for value in (row["email"], row["phone"], f"{row['first_name']} {row['last_name']}", row["ticket_id"]):
            if value.strip():
                assert value not in left
                assert value.encode() not in stored
    assert "embed-1" in left
    assert (await owner.call("DELETE", "/jars/tickets")).status == 204
    assert (await owner.call("GET", "/jars/tickets")).status == 404


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_new_user_begins_with_a_jar_of_the_gallery(console: RunningConsole) -> None:
    editor = await console.person("editor", email="begins@example.com")
    viewer = await console.person("viewer", email="looks@example.com")
    offered = (await viewer.call("GET", "/jar-starters")).data["items"]
    assert [one["name"] for one in offered] == ["helpdesk", "leads", "staff", "clinic", "payments"]
    assert (await viewer.call("POST", "/jar-starters/helpdesk", {})).status == 403
    made = await editor.call("POST", "/jar-starters/helpdesk", {"name": "first"})
    assert (made.status, made.data["name"], made.data["policy"]) == (201, "first", "balanced"), made.data
    assert made.data["known"] > 150
    shown = await editor.call("POST", "/jars/first/preview", {"table": "customers", "limit": 40})
    dataset = starter("helpdesk").dataset()
    customers = dataset.tables["customers"]
    hidden = [column.name for column in customers.columns if column.personal]
    cells = {cell["scrambled"] for row in shown.data["rows"] for cell in row}
    assert not cells & {as_text(value) for column in hidden for value in customers.values(column)}
    found = (await editor.call("GET", "/jars/first/findings")).data
    assert {"ACCOUNT_NUMBER", "EMAIL_ADDRESS", "PERSON"} <= {one["entity_type"] for one in found["entity_types"]}
    again = await editor.call("POST", "/jars/first/rescan")
    assert (again.status, again.data["changed"]) == (200, []), again.data
    taken = await editor.call("POST", "/jar-starters/helpdesk", {"name": "first"})
    assert (taken.status, taken.data["code"]) == (409, "name_taken")
    assert (await editor.call("POST", "/jar-starters/none", {})).status == 404
    assert (await editor.call("DELETE", "/jars/first")).status == 204
