"""Two who edit the same thing: the later one is told, and nothing is overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.jar_tables import JarColumnRow
from tests.console_fixture import RunningConsole

DATABASE = {"host": "db.example.com", "database": "shop", "user": "reader"}
GRANT = {"grantee": "role:editor", "access": "preview"}
EDITS: dict[str, tuple[str, dict[str, Any], str, str, dict[str, Any]]] = {
    "key": ("/keys", {"name": "app"}, "", "PATCH", {"limits": {"concurrent": 3}}),
    "connector": (
        "/connectors",
        {"name": "shop-db", "kind": "postgres", "config": DATABASE},
        "",
        "PUT",
        {"config": {**DATABASE, "user": "other"}},
    ),
    "jar": ("/jars", {"name": "shop"}, "", "PATCH", {"description": "orders"}),
    "grants": ("/jars", {"name": "shop"}, "/grants", "PUT", {"grants": [GRANT]}),
}
"""Where one is made and of what, the part that is edited, how, and the edit."""


@pytest.mark.parametrize("what", EDITS)
async def test_an_edit_of_an_older_version_is_refused(console: RunningConsole, what: str) -> None:
    editor = await console.person("editor")
    place, body, part, method, edit = EDITS[what]
    made = (await editor.call("POST", place, body)).data
    name = made["name"] if place == "/jars" else made.get("key", made)["id"]
    path = f"{place}/{name}{part}"
    seen = await editor.call("GET", path)
    assert seen.data["version"] == seen.etag.strip('"')
    changed = await editor.call(method, path, edit, headers={"If-Match": seen.etag})
    assert changed.status == 200
    late = await editor.call(method, path, edit, headers={"If-Match": seen.etag})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    fresh = (await editor.call("GET", path)).etag
    assert fresh != seen.etag
    assert (await editor.call(method, path, edit, headers={"If-Match": fresh})).status == 200


async def test_two_who_review_a_jar_do_not_write_over_each_other(console: RunningConsole) -> None:
    editor = await console.person("editor")
    row = (await editor.call("POST", "/jars", {"name": "shop"})).data
    column = {
        "jar": row["id"],
        "table_name": "people",
        "dtype": "String",
        "confidence": 0.9,
        "share": 0.9,
        "found": "{}",
    }
    async with console.parts.database.session(write=True) as session:
        session.add_all(
            JarColumnRow(name=name, position=at, role="identifier", entity_type="PERSON", **column)
            for at, name in enumerate(["name", "alias"])
        )
    path = "/jars/shop/columns"
    seen = await editor.call("GET", path)
    name, alias = ({"table": "people", "name": one["name"], "version": one["version"]} for one in seen.data["items"])
    first = await editor.call("PUT", path, {"columns": [{**name, "entity_type": "US_SSN"}]})
    assert (first.status, first.etag != seen.etag) == (200, True)
    late = await editor.call("PUT", path, {"columns": [{**alias, "confirm": True}, {**name, "entity_type": None}]})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    whole = await editor.call("PUT", path, {"columns": [{**alias, "confirm": True}]}, headers={"If-Match": seen.etag})
    assert (whole.status, whole.data["code"]) == (412, "version_conflict")
    now = {one["name"]: one for one in (await editor.call("GET", path)).data["items"]}
    assert (now["name"]["entity_type"], now["alias"]["reviewed"]) == ("US_SSN", False), "nothing of it"
    assert (await editor.call("PUT", path, {"columns": [{**alias, "confirm": True}]})).status == 200
