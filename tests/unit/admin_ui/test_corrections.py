"""Corrections that become allow-list entries: proposed, approved by somebody, undone; every step tells who and when."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.console_fixture import Answer, Browser, RunningConsole

WORD = "Zebediah Quill"


async def proposed(editor: Browser, **changes: str) -> str:
    body = {"kind": "allow", "value": f" {WORD.replace(' ', '  ')} ", "policy": "balanced", **changes}
    made = await editor.call("POST", "/corrections", body)
    assert (made.status, made.data["state"], made.etag) == (201, "proposed", '"1"'), made.data
    return str(made.data["id"])


async def allowed(editor: Browser, policy: str = "balanced") -> list[str]:
    found = await editor.call("GET", f"/policies/{policy}")
    return list(found.data["effective"]["detection"]["allow"])


async def decide(editor: Browser, correction: str, what: str, **headers: str) -> Answer:
    return await editor.call("POST", f"/corrections/{correction}/{what}", headers=headers)


async def test_the_life_of_an_allowed_word(console: RunningConsole) -> None:
    ada, bob = await console.person("editor", email="ada@x.test"), await console.person("editor", email="bob@x.test")
    before = await allowed(ada)
    one = await proposed(ada)
    seen = await bob.call("GET", f"/corrections/{one}")
    assert seen.data["value"] == WORD
    assert WORD not in str((await bob.call("GET", "/corrections")).data)
    approved = await decide(bob, one, "approve", **{"If-Match": seen.etag})
    assert (approved.status, approved.data["state"], approved.data["policy_version"]) == (200, "approved", 1)
    assert await allowed(ada) == [*before, WORD]
    version = (await ada.call("GET", "/policies/balanced/versions")).data["items"][0]
    assert (version["note"], version["who_name"]) == (f"correction {one}", "bob")
    assert (await ada.call("GET", "/policies/balanced")).data["effective"]["entities"], "the rest of it still counts"
    other = await proposed(ada, value="Quoxington")
    assert (await decide(bob, other, "approve")).status == 200
    assert (await decide(ada, one, "undo")).data["state"] == "undone"
    assert await allowed(ada) == [*before, "Quoxington"]
    whole = (await bob.call("GET", f"/corrections/{one}")).data
    assert whole["value"] is None
    assert [(step["state"], step["who_name"]) for step in whole["steps"]] == [
        ("undone", "ada"),
        ("approved", "bob"),
        ("proposed", "ada"),
    ]
    assert all(step["at"] > 0 for step in whole["steps"])


async def test_a_policy_of_ones_own_keeps_what_it_says(console: RunningConsole) -> None:
    editor = await console.person("editor")
    text = "name: house\nextends: balanced\nentities: {PERSON: redact}\ndetection: {allow: [Mercury]}\n"
    assert (await editor.call("PUT", "/policies/house", {"yaml": text})).status == 200
    same = await proposed(editor, policy="house", value="Mercury")
    assert (await decide(editor, same, "approve")).data["policy_version"] == 0
    one = await proposed(editor, policy="house")
    assert (await decide(editor, one, "approve")).data["policy_version"] == 2
    assert await allowed(editor, "house") == ["Mercury", WORD]
    assert (await decide(editor, same, "undo")).status == 200
    assert (await decide(editor, one, "undo")).status == 200
    assert await allowed(editor, "house") == ["Mercury"]
    found = await editor.call("GET", "/policies/house")
    assert found.data["effective"]["entities"]["PERSON"]["action"] == "redact"


async def test_who_decides_and_when(console: RunningConsole) -> None:
    editor, viewer = await console.person("editor"), await console.person("viewer")
    stranger = await console.person("editor", tenant="other")
    one = await proposed(editor)
    assert (await viewer.call("GET", "/corrections")).status == 403
    assert (await stranger.call("GET", f"/corrections/{one}")).status == 404
    assert (await decide(stranger, one, "approve")).status == 404
    theirs = await proposed(stranger)
    assert (await decide(stranger, theirs, "approve")).status == 403, "policies are the installation's"
    assert (await decide(editor, one, "undo")).data["code"] == "decided"
    assert (await decide(editor, one, "approve", **{"If-Match": '"9"'})).status == 412
    assert (await decide(editor, one, "reject")).data["state"] == "rejected"
    assert (await decide(editor, one, "approve")).data["code"] == "decided"
    gone = await proposed(editor, policy="none-such")
    assert (await decide(editor, gone, "approve")).data["code"] == "no_such_policy"
    for wrong in (
        {"kind": "known", "value": "Ada"},
        {"kind": "known", "value": "Ada", "entity_type": "PERSN"},
        {"kind": "allow", "value": "Ada"},
        {"kind": "allow", "value": "x", "policy": "balanced"},
        {"kind": "allow", "value": " " * 20, "policy": "balanced"},
    ):
        refused = await editor.call("POST", "/corrections", wrong)
        assert (refused.status, "Ada" in str(refused.data)) == (422, False)


async def test_a_proposed_word_is_sealed_and_gone_once_somebody_has_decided(console: RunningConsole) -> None:
    editor = await console.person("editor", "auditor")
    one = await proposed(editor)
    looks = [act for act in await acts(editor) if act["outcome"] == "originals"]
    assert looks == []
    await editor.call("GET", f"/corrections/{one}")
    looks = [act for act in await acts(editor) if act["outcome"] == "originals"]
    assert len(looks) == 1
    assert (await decide(editor, one, "reject")).status == 200
    with closing(sqlite3.connect(console.settings.data_dir / "sting.db")) as database:
        dump = "\n".join(database.iterdump())
        assert WORD not in dump
        assert WORD.encode().hex() not in dump.lower()
        names = database.execute("SELECT name FROM installation_secrets WHERE name LIKE 'correction/%'").fetchall()
    assert names == []


async def acts(editor: Browser) -> list[dict[str, object]]:
    return list((await editor.call("GET", "/audit/exchanges", kind="act")).data["items"])
