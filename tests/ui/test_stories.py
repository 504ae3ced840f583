"""The three demo stories, from the first click to the proof, by people with the roles that they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.postgres_source import READER, PostgresSource
from tests.ui.installation import Installation

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("ui"), pytest.mark.timeout(400)]
NAMES = ("Anna Kowalski", "Tom Becker", "Maria Lopez", "Ingrid Solberg")
REPORT_MS = 120_000


def tickets(path: Path) -> Path:
    lines = ["ticket_id,customer_name,customer_email,opened_at,closed_at,priority,team,satisfaction,subject,body"]
    for at in range(120):
        name = NAMES[at % len(NAMES)]
        mail = name.lower().replace(" ", ".") + "@example.com"
        day, month = at % 27 + 1, at % 6 + 1
        lines.append(
            f"{1000 + at},{name},{mail},2026-0{month}-{day:02},2026-0{month}-{day + 1:02},"
            f"{('low', 'high')[at % 2]},{('Billing', 'Shipping')[at % 3 == 0]},{at % 5 + 1},Refund,"
            f"{name} waits for an answer about order {8800 + at}; write to {mail}."
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def new_jar(page: Any, installation: Installation, name: str) -> None:
    page.goto(f"{installation.console}/jars/new")
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Drop a file here").wait_for()


def until_filled(page: Any, installation: Installation, jar: str) -> None:
    """Wait for a jar of the demo, which `sting up --demo` fills after it has begun to serve."""
    for _ in range(240):
        if any(item["name"] == jar and item["rows"] for item in installation.api("GET", "/jars")["items"]):
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"the demo's jar {jar} is still empty")


def order(page: Any, template: str, review: Callable[[Any], None] | None = None) -> None:
    """From the template on to the finished report; `review` looks at the prompts before they leave, and lets them."""
    page.get_by_role("button", name=template).first.click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("radio", name="Aggregates only").check()
    page.get_by_role("button", name="Next").click()
    if review is not None:
        page.get_by_label("Let me see the exact prompts").check()
    page.get_by_role("button", name="Make the report").click()
    if review is not None:
        review(page)
    page.get_by_role("navigation", name="Contents").wait_for(timeout=REPORT_MS)


def mark_and_send(page: Any) -> None:
    """Mark words of the first prompt as missed, see them replaced, and let the prompts go."""
    prompt = page.get_by_test_id("prompt").first
    prompt.filter(has_text="customer insights").wait_for(timeout=REPORT_MS)
    page.get_by_label("Words that were missed").first.fill("customer insights")
    page.get_by_role("button", name="Mark as missed").first.click()
    page.get_by_text("was missed, is replaced now").wait_for(timeout=REPORT_MS)
    prompt.filter(has_not_text="customer insights").wait_for()
    page.get_by_role("button", name="Send these prompts").click()


def repeat_every_month(page: Any, installation: Installation, jar: str) -> None:
    """Have the report of a jar repeated, see it listed, and take it off the list again."""
    page.goto(f"{installation.console}/reports/new?jar={jar}")
    page.get_by_role("button", name="Operational efficiency").first.click()
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Repeat it …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="When").click()
    page.get_by_role("option", name="On the first of each month").click()
    dialog.get_by_role("button", name="Repeat it", exact=True).click()
    row = page.get_by_role("row", name=jar)
    row.get_by_text("0 6 1 * *").wait_for()
    row.get_by_role("button", name="Remove").click()
    row.wait_for(state="detached")


def proof(page: Any) -> str:
    """What the model saw, as the page shows it."""
    page.get_by_role("tab", name="What the model saw").click()
    page.get_by_text("Every request to a model, as it left").wait_for()
    return str(page.get_by_role("main").inner_text())


def test_the_customer_success_manager(
    installation: Installation, open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page("editor")
    name = f"tickets-{installation.made}"
    new_jar(page, installation, name)
    page.locator("input[type=file]").set_input_files(tickets(tmp_path / "Tickets of Maria Lopez.csv"))
    page.get_by_text("120 rows in 1 table").wait_for(timeout=REPORT_MS)
    page.get_by_role("link", name="Open the jar").click()
    page.locator("[data-view=scrambled]").wait_for()
    shown = page.get_by_role("main").inner_text()
    assert "Kowalski" not in shown
    assert "PERSON_" in shown
    page.get_by_text("Original", exact=True).click()
    page.locator("[data-view=original]").wait_for()
    assert "Anna Kowalski" in page.get_by_role("main").inner_text()
    page.get_by_text("As it leaves", exact=True).click()
    page.locator("[data-view=scrambled]").wait_for()
    assert "Kowalski" not in page.content(), "originals are dropped when they are hidden"
    page.get_by_role("tab", name="Columns").click()
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("y")
    page.get_by_role("dialog", name="2/").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_text("No class changed").wait_for(timeout=REPORT_MS)
    page.get_by_role("tab", name="Search").click()
    page.get_by_role("textbox", name="Search by meaning").fill("what does Tom Becker wait for")
    with page.expect_response(lambda answer: answer.url.endswith("/search")):
        page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name="Make a report").click()
    order(page, "Customer insights", mark_and_send)
    shown = proof(page)
    assert not [word for word in [*NAMES, '"customer insights"'] if word in shown]
    addresses = " ".join(page.watch.urls)
    stores = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, document.cookie])")
    assert not [word for name in NAMES for word in name.split() if word in addresses + stores]


def test_the_compliance_officer(installation: Installation, open_page: Callable[..., Any]) -> None:
    installation.chat("Write to Anna Kowalski, anna.kowalski@example.com.")
    page = open_page("auditor", "editor")
    page.get_by_role("link", name="Audit", exact=True).first.click()
    page.get_by_role("button", name="Verify the chain").click()
    page.get_by_text("Intact:").wait_for()
    page.locator("[data-row] a").first.click()
    page.get_by_role("heading", name="Who saw what").wait_for()
    left = page.get_by_test_id("left").inner_text()
    assert "EMAIL_ADDRESS_" in left
    page.locator("[data-hop=client-gateway]", has_text="plain, on this machine").wait_for()
    assert "Kowalski" not in page.get_by_role("main").inner_text()
    page.goto(f"{installation.console}/audit")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "EMAIL_ADDRESS" in text
    assert "Kowalski" not in text
    until_filled(page, installation, "healthcare")
    page.get_by_role("link", name="Honey jars", exact=True).first.click()
    page.get_by_role("link", name="healthcare").first.click()
    page.locator("[data-view=scrambled]").wait_for(timeout=REPORT_MS)
    page.get_by_role("link", name="Make a report").click()
    order(page, "Compliance audit")
    shown = page.get_by_role("main").inner_text()
    assert "Compliance audit" in shown
    assert "PERSON_" not in proof(page), "only figures were asked for"


def test_the_data_analyst(
    installation: Installation, open_page: Callable[..., Any], postgres_source: PostgresSource
) -> None:
    page = open_page("editor")
    name = f"crm{installation.made}"
    people = ",".join(
        f"({at},'{NAMES[at % 4]}','{NAMES[at % 4][:3].lower()}{at}@example.com','{('Billing', 'Returns')[at % 2]}',"
        f"'2026-0{at % 6 + 1}-{at % 27 + 1:02} 09:00','2026-0{at % 6 + 1}-{at % 27 + 1:02} 1{at % 8}:30',{at * 3})"
        for at in range(60)
    )
    columns = "ticket_id int primary key, full_name text, email text, team text, opened_at timestamp,"
    postgres_source.sql(  # made-up rows of our own
        f"CREATE TABLE crm.{name} ({columns} resolved_at timestamp, spent int);"  # noqa: S608 - our own name
        f"INSERT INTO crm.{name} VALUES {people}; GRANT SELECT ON crm.{name} TO reader"
    )
    page.goto(f"{installation.console}/connectors")
    page.get_by_role("button", name="New connector").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="PostgreSQL").click()
    dialog.get_by_role("textbox", name="Name").first.fill(name)
    for label, value in (("Host", "127.0.0.1"), ("Database", "postgres"), ("User", "reader"), ("Password", READER)):
        dialog.get_by_label(label).first.fill(value)
    dialog.get_by_label("Port").fill(str(postgres_source.port))
    dialog.get_by_role("button", name="Save").click()
    page.get_by_text("The connector is saved").wait_for()
    assert READER not in page.content()
    page.get_by_role("heading", name=name).wait_for()
    new_jar(page, installation, name)
    page.get_by_role("combobox", name="Connector").click()
    page.get_by_role("option", name=name).click()
    page.get_by_role("combobox", name="Tables").click()
    page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Take them in").click()
    page.get_by_text("60 rows in 1 table").wait_for(timeout=REPORT_MS)
    page.get_by_role("link", name="Open the jar").click()
    page.locator("[data-view=scrambled]").wait_for()
    assert "Solberg" not in page.get_by_role("main").inner_text()
    page.get_by_role("link", name="Make a report").click()
    order(page, "Operational efficiency")
    assert not [word for word in NAMES if word in proof(page)]
    repeat_every_month(page, installation, name)
