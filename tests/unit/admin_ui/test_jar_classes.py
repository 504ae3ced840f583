"""Who may say that a column is not personal: only who may see what it holds, for from then on it is shown as it is."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.jar_tables import JarColumnRow
from tests.console_fixture import Browser, RunningConsole

PATH = "/jars/staff/columns"
BIRTH = {"table": "people", "name": "born"}


async def of_somebody_else(console: RunningConsole) -> tuple[Browser, Browser]:
    """The owner of a jar with dates of birth, and an administrator who manages it without seeing originals."""
    owner, admin = await console.person("editor"), await console.person("admin")
    row = (await owner.call("POST", "/jars", {"name": "staff"})).data
    async with console.parts.database.session(write=True) as session:
        session.add(
            JarColumnRow(
                jar=row["id"], table_name="people", name="born", position=0, dtype="Date", role="quasi_identifier",
                entity_type="DATE_OF_BIRTH", confidence=0.9, share=1.0, found="{}",
            )
        )  # fmt: skip
    return owner, admin


@pytest.mark.parametrize(
    "said",
    [
        {"columns": [{**BIRTH, "entity_type": None}]},
        {"values": [{"table": "people", "column": "born", "entity_type": None, "value": "1980-01-02"}]},
    ],
)
async def test_who_may_not_see_originals_cannot_declare_them_harmless(
    console: RunningConsole, said: dict[str, Any]
) -> None:
    owner, admin = await of_somebody_else(console)
    before = (await owner.call("GET", PATH)).data
    refused = await admin.call("PUT", PATH, said)
    assert (refused.status, refused.data["code"]) == (403, "jar_forbidden")
    assert (await owner.call("GET", PATH)).data == before
    assert (await owner.call("PUT", PATH, said)).status == 200


@pytest.mark.parametrize("more", [{"confirm": True}, {"entity_type": "DATE_TIME"}])
async def test_other_reviews_take_no_more_than_managing(console: RunningConsole, more: dict[str, Any]) -> None:
    _, admin = await of_somebody_else(console)
    assert (await admin.call("PUT", PATH, {"columns": [{**BIRTH, **more}]})).status == 200
