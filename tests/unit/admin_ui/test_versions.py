"""Two who edit the same thing: the later one is told, and nothing is overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest

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
