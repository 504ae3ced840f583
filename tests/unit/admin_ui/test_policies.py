"""Policies by the API: versions, conflicts, checks, rollback."""

from __future__ import annotations

import pytest

from admin_ui.api.policy_cases import shown
from policies.records import history
from tests.console_fixture import RunningConsole

HOUSE = "name: house\nextends: balanced\nentities:\n  PERSON: redact\n"


async def test_the_life_of_a_policy(console: RunningConsole) -> None:
    editor = await console.person("editor")
    made = await editor.call("PUT", "/policies/house", {"yaml": HOUSE, "note": "for the house"})
    assert (made.status, made.etag, made.data["source"]) == (200, '"1"', "database")
    assert made.data["effective"]["entities"]["PERSON"]["action"] == "redact"
    assert (await editor.call("PUT", "/policies/house", {"yaml": HOUSE})).status == 428
    changed = HOUSE.replace("redact", "block")
    kept = await editor.call("PUT", "/policies/house", {"yaml": changed}, headers={"If-Match": made.etag})
    assert (kept.status, kept.etag) == (200, '"2"')
    versions = (await editor.call("GET", "/policies/house/versions")).data["items"]
    assert [(one["version"], one["note"]) for one in versions] == [(2, ""), (1, "for the house")]
    assert "-  PERSON: redact\n+  PERSON: block" in versions[0]["diff"]
    assert versions[0]["who"].startswith("usr_")
    assert (await editor.call("GET", "/policies/balanced/versions")).data["items"] == []
    back = await editor.call("POST", "/policies/house/rollback", {"version": 1}, headers={"If-Match": kept.etag})
    assert (back.data["yaml"], back.etag) == (HOUSE, '"3"')
    heads = {one["name"]: one for one in (await editor.call("GET", "/policies")).data["items"]}
    assert (heads["house"]["version"], heads["balanced"]["source"], heads["balanced"]["is_default"]) == (
        3,
        "builtin",
        True,
    )
    assert (await editor.call("DELETE", "/policies/house", headers={"If-Match": back.etag})).status == 204
    assert (await editor.call("GET", "/policies/house")).status == 404
    again = await editor.call("PUT", "/policies/house", {"yaml": HOUSE})
    assert (again.status, again.etag) == (200, '"5"')


@pytest.mark.parametrize("path", ["/providers/own", "/models/own", "/prices/own"])
async def test_what_was_removed_can_be_added_again(console: RunningConsole, path: str) -> None:
    admin = await console.person("admin")
    body = {
        "/providers/own": {"kind": "ollama", "base_url": "http://127.0.0.1:1", "local": True},
        "/models/own": {"target": "demo"},
        "/prices/own": {"input": 1, "output": 2},
    }[path]
    assert (await admin.call("PUT", path, body)).etag == '"1"'
    assert (await admin.call("PUT", path, body)).status == 428
    assert (await admin.call("DELETE", path)).status == 204
    assert (await admin.call("PUT", path, body, headers={"If-Match": '"1"'})).status == 412
    assert (await admin.call("PUT", path, body, headers={"If-Match": '"0"'})).etag == '"3"'


async def test_of_two_editors_the_second_is_told(console: RunningConsole) -> None:
    first, second = await console.person("editor"), await console.person("editor", "viewer")
    tag = (await first.call("PUT", "/policies/house", {"yaml": HOUSE})).etag
    assert (
        await first.call("PUT", "/policies/house", {"yaml": HOUSE + "notice: false\n"}, headers={"If-Match": tag})
    ).status == 200
    late = await second.call("PUT", "/policies/house", {"yaml": HOUSE}, headers={"If-Match": tag})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    assert "notice" in (await second.call("GET", "/policies/house")).data["yaml"]


async def test_a_built_in_policy_can_be_overlaid_and_comes_back(console: RunningConsole) -> None:
    editor = await console.person("editor")
    own = "name: balanced\nextends: balanced\nentities:\n  PERSON: block\n"
    kept = await editor.call("PUT", "/policies/balanced", {"yaml": own}, headers={"If-Match": '"0"'})
    assert kept.data["effective"]["entities"]["PERSON"]["action"] == "block"
    assert (await editor.call("DELETE", "/policies/balanced")).status == 204
    again = (await editor.call("GET", "/policies/balanced")).data
    assert (again["source"], again["effective"]["entities"].get("PERSON", {}).get("action")) != ("database", "block")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("name: house\nentities:\n  PERSN: redact\n", 3, "did you mean 'PERSON'"),
        ("name: house\nextends: balancd\n", 2, "did you mean 'balanced'"),
        ("name: other\n", 1, "must be 'house'"),
        ("name: house\nsession_ttl_max: 99999999\n", 2, "over 30 days"),
        ("name: [\n", 2, "no YAML"),
    ],
)
async def test_a_wrong_policy_is_refused_with_its_line(
    console: RunningConsole, text: str, line: int, word: str
) -> None:
    editor = await console.person("editor")
    answer = await editor.call("PUT", "/policies/house", {"yaml": text})
    assert (answer.status, answer.data["code"]) == (422, "bad_policy")
    assert answer.data["errors"][0]["field"] == f"line {line}"
    assert word in answer.data["errors"][0]["message"]
    assert (await editor.call("GET", "/policies/house")).status == 404
    if "other" not in text:
        lint = (await editor.call("POST", "/policies/lint", {"yaml": text})).data
        assert (lint["ok"], lint["faults"][0]["line"]) == (False, line)


async def test_a_policy_that_keys_use_stays(console: RunningConsole) -> None:
    editor = await console.person("editor")
    await editor.call("PUT", "/policies/house", {"yaml": HOUSE})
    assert (await editor.call("POST", "/keys", {"name": "app", "policy": "house"})).status == 201
    answer = await editor.call("DELETE", "/policies/house")
    assert (answer.status, answer.data["code"]) == (409, "in_use")


async def test_other_tenants_and_viewers_change_no_policy(console: RunningConsole) -> None:
    for who in (await console.person("admin", tenant="acme"), await console.person("viewer")):
        assert (await who.call("PUT", "/policies/house", {"yaml": HOUSE})).status == 403
        assert (await who.call("GET", "/policies/house")).status == 404
        assert (await who.call("GET", "/settings")).status == 403


async def test_cases_are_kept_sealed_and_of_two_editors_the_second_is_told(console: RunningConsole) -> None:
    editor, path = await console.person("editor"), "/policies/strict/cases"
    empty = await editor.call("GET", path)
    assert (empty.data["items"], empty.etag) == ([], '"0"')
    body = {"items": [{"text": "Ring Anna Kowalski.", "expected": "Ring [PERSON]."}]}
    assert (await editor.call("PUT", path, body)).status == 428
    assert (await editor.call("PUT", path, body, headers={"If-Match": empty.etag})).data["items"] == body["items"]
    assert (await editor.call("PUT", path, body, headers={"If-Match": empty.etag})).status == 412
    assert (await editor.call("GET", "/policies/none-such/cases")).status == 404
    assert (await (await console.person("viewer")).call("GET", path)).status == 403
    kept = (await history(console.parts.database, "cases", "strict"))[0].data
    assert "Kowalski" not in kept
    assert b"Kowalski" not in bytes.fromhex(kept)


@pytest.mark.parametrize(
    ("findings", "became"),
    [
        ([], "Ring 😀 Anna"),
        ([(7, 11, "PERSON", "scramble")], "Ring 😀 [PERSON]"),
        ([(7, 11, "PERSON", "redact"), (0, 4, "X", "observe")], "Ring 😀 [PERSON: redact]"),
        ([(7, 11, "PERSON", "keep")], "Ring 😀 Anna"),
        ([(7, 11, "PERSON", "scramble"), (5, 9, "EMOJI", "mask")], "Ring [EMOJI: mask]na"),
    ],
)
def test_what_becomes_of_a_case(findings: list[tuple[int, int, str, str]], became: str) -> None:
    names = ("start", "end", "entity_type", "action")
    assert shown("Ring 😀 Anna", [dict(zip(names, finding, strict=True)) for finding in findings]) == became
