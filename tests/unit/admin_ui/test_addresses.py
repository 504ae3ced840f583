"""No console route takes free text in its address: addresses stand in the logs of proxies and in histories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.console_fixture import RunningConsole

FREE = ("refund for Jane", "jane.doe@example.com", "Jane_Doe.csv?", "Ärztin", "what, when")
"""What a person might type, or a file be called. No pattern of a query field may let one of them through."""
CHOSEN = frozenset({"id", "kind", "mark", "name", "section", "share", "secret", "source"})
"""Path parameters that are ids or checked names (small letters, digits, `-_.`); a new one is looked at first."""


def strings(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a schema that are strings of any kind."""
    for part in schema.get("anyOf", [schema]):
        if part.get("type") not in {"integer", "number", "boolean", "null"}:
            yield part


def lets_free_text(schema: dict[str, Any]) -> bool:
    return any(
        "enum" not in part and ("pattern" not in part or any(re.search(part["pattern"], text) for text in FREE))
        for part in strings(schema)
    )


def test_the_rule_sees_free_text() -> None:
    assert lets_free_text({"type": "string", "maxLength": 3})
    assert lets_free_text({"anyOf": [{"type": "string", "pattern": "^.+$"}, {"type": "null"}]})
    assert not lets_free_text({"anyOf": [{"type": "integer"}, {"enum": ["a"], "type": "string"}]})


async def test_no_address_of_the_console_holds_free_text(console: RunningConsole) -> None:
    described = (await console.stranger().call("GET", "/openapi.json")).data
    found = [
        (method, path, one["name"])
        for path, methods in described["paths"].items()
        for method, route in methods.items()
        for one in route["parameters"]
        if (one["in"] == "query" and lets_free_text(one["schema"]))
        or (one["in"] == "path" and one["name"] not in CHOSEN)
    ]
    assert found == []
    assert "/api/v1/jars/{name}/search" in described["paths"], "the routes of all packages are looked at"


async def test_a_files_name_comes_in_a_header(console: RunningConsole) -> None:
    editor = await console.person("editor")
    headers = {"X-CSRF-Token": editor.csrf}
    for told, status, name in (
        ({"X-Sting-File-Name": quote("Krankenakte Jörg Müller.csv")}, 201, "Krankenakte Jörg Müller.csv"),
        ({}, 422, None),
        ({"X-Sting-File-Name": quote("a" * 256)}, 422, None),
    ):
        async with editor.http.post(
            f"{editor.url}/api/v1/uploads", data=b"a,b\n1,2\n", headers={**headers, **told}
        ) as answer:
            assert (answer.status, (await answer.json()).get("name")) == (status, name)
