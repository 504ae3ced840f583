"""Console and gateway on the same stores: what people change counts in the gateway, and nothing leaks on the way."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from policies.logs import JsonLines
from policies.records import Editor, put_record
from policies.service_keys import PLAYGROUND_NAME, service_key
from tests.console_fixture import RunningConsole, running_console
from tests.gateway_fixture import NewGateway, Running
from tests.leaks.test_nothing_kept import Seen

pytestmark = pytest.mark.timeout(120)
NAME, MAIL = "Margaret Okafor", "m.okafor@example.com"
TEXT = f"Tell {MAIL} that it is late."
PROVIDER_KEY = "sk-provider-9f8e7d6c5b4a3210"
PASSWORD = "velvet-hammer-quiet-river"


@asynccontextmanager
async def both(new_gateway: NewGateway) -> AsyncIterator[tuple[Running, RunningConsole]]:
    """A gateway and a console over its stores."""
    async with new_gateway() as gateway:
        assert gateway.detector is not None
        gateway.detector.words |= {MAIL: "EMAIL_ADDRESS", NAME: "PERSON"}
        section = gateway.settings.gateway.model_copy(update={"url": gateway.url})
        async with running_console(gateway.settings.model_copy(update={"gateway": section}), []) as console:
            yield gateway, console


async def outcome(gateway: Running, secret: str, model: str = "real-model", **headers: str) -> str:
    """`ok`, or the error's code, of one chat."""
    body = {"model": model, "messages": [{"role": "user", "content": TEXT}]}
    sent = {"Authorization": f"Bearer {secret}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with gateway.http.post(f"{gateway.url}/v1/chat/completions", json=body, headers=sent) as answer:
        return "ok" if answer.status == 200 else str((await answer.json())["error"]["code"])


async def within(seconds: float, gateway: Running, wanted: str, *ask: str, **headers: str) -> float:
    """Seconds until a chat ends so."""
    begun = time.monotonic()
    async with asyncio.timeout(seconds):
        while await outcome(gateway, *ask, **headers) != wanted:  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def test_what_people_change_counts_within_two_seconds(new_gateway: NewGateway, record_property: Any) -> None:
    async with both(new_gateway) as (gateway, console):
        admin = await console.person("admin")
        made = (await admin.call("POST", "/keys", {"name": "app", "policies": ["*"]})).data
        assert await outcome(gateway, made["secret"]) == "ok"
        policy = "name: house\nextends: balanced\nentities:\n  EMAIL_ADDRESS: block\n"
        assert await outcome(gateway, made["secret"], X_Sting_Policy="house") == "sting_forbidden"
        kept = await admin.call("PUT", "/policies/house", {"yaml": policy})
        blocked = await within(5, gateway, "sting_blocked", made["secret"], X_Sting_Policy="house")
        await admin.call(
            "PUT", "/policies/house", {"yaml": policy.replace("block", "redact")}, headers={"If-Match": kept.etag}
        )
        mended = await within(5, gateway, "ok", made["secret"], X_Sting_Policy="house")
        record_property("figure", f"a policy edit counted in a running gateway after {blocked:.2f} and {mended:.2f} s")
        body = {"kind": "openai", "base_url": f"{gateway.backup.url}/v1", "local": True}
        assert (await admin.call("PUT", "/providers/house", body)).status == 200
        assert (await admin.call("PUT", "/models/house-model", {"target": "house/llama"})).status == 200
        await admin.call("POST", "/provider-keys", {"provider": "house", "key": PROVIDER_KEY, "test": False})
        async with asyncio.timeout(5):
            while not any(PROVIDER_KEY in (one.header("Authorization") or "") for one in gateway.backup.requests):
                await outcome(gateway, made["secret"], "house-model")
                await asyncio.sleep(0.05)
        assert gateway.backup.requests[-1].json["model"] == "llama"
        assert MAIL.encode() not in gateway.backup.bytes_seen + gateway.provider.bytes_seen
        assert (await admin.call("DELETE", f"/keys/{made['key']['id']}")).status == 200
        await within(5, gateway, "sting_invalid_key", made["secret"])


async def test_a_record_that_cannot_be_used_changes_nothing(new_gateway: NewGateway) -> None:
    async with both(new_gateway) as (gateway, console):
        before = gateway.gateway.services.policies
        editor = Editor("usr_x", "somebody", 1)
        await put_record(console.parts.database, "policy", "house", "name: house\nextends: nowhere\n", editor)
        await asyncio.sleep(1.5)
        assert gateway.gateway.services.policies is before
        assert await outcome(gateway, "sk-test-dev") == "ok"
        await put_record(console.parts.database, "policy", "house", None, editor)
        async with asyncio.timeout(5):
            while gateway.gateway.services.policies is before:  # noqa: ASYNC110 - the gateway tells nobody
                await asyncio.sleep(0.02)


async def test_the_playground_shows_all_sides(new_gateway: NewGateway) -> None:
    async with both(new_gateway) as (_, console):
        editor = await console.person("editor")
        found = (await editor.call("POST", "/playground/analyze", {"texts": [TEXT]})).data["results"][0]
        assert [(TEXT[one["start"] : one["end"]], one["action"]) for one in found] == [(MAIL, "scramble")]
        left = (await editor.call("POST", "/playground/scramble", {"texts": [TEXT]})).data
        assert MAIL not in left["texts"][0]
        chat = (await editor.call("POST", "/playground/chat", {"text": TEXT, "model": "real-model"})).data
        assert MAIL not in chat["sent"] + chat["received"]
        assert "EMAIL_ADDRESS_" in chat["received"]
        assert MAIL in chat["restored"]
        assert chat["entities"] == {"EMAIL_ADDRESS": 1}
        draft = {"yaml": "name: x\nextends: balanced\nentities: {EMAIL_ADDRESS: block}\n", "texts": [TEXT]}
        assert (await editor.call("POST", "/policies/dry-run", draft)).data["results"][0][0]["action"] == "block"
        case = {"text": f"Mail {MAIL} soon.", "expected": "Mail [EMAIL_ADDRESS] soon."}
        kept = await editor.call("PUT", "/policies/balanced/cases", {"items": [case]}, headers={"If-Match": '"0"'})
        assert (kept.status, kept.data["items"], kept.etag) == (200, [case], '"1"')
        ran = (await editor.call("POST", "/policies/balanced/cases/run", {})).data["items"]
        assert [one["passed"] for one in ran] == [True]
        drafted = await editor.call("POST", "/policies/balanced/cases/run", {"yaml": draft["yaml"]})
        assert drafted.data["items"] == [case | {"shown": "Mail [EMAIL_ADDRESS: block] soon.", "passed": False}]
        refused = await editor.call("POST", "/playground/analyze", {"texts": [TEXT], "policy": "none-such"})
        assert refused.status == 403
        assert refused.data["detail"]


async def test_the_playground_tells_nothing_of_tokens_elsewhere(new_gateway: NewGateway) -> None:
    async with both(new_gateway) as (gateway, console):
        kept = await service_key(console.parts.database, console.parts.sealer, "default")
        body, sent = {"texts": [TEXT], "session": "a-jar"}, {"X-Sting-Key": kept}
        async with gateway.http.post(f"{gateway.url}/sting/v1/scramble", json=body, headers=sent) as answer:
            token = (await answer.json())["texts"][0].split()[1]
        assert token.startswith("EMAIL_ADDRESS_")
        # A viewer types the value: what they see is not the token that stands in the jar, in whatever session.
        viewer, editor = await console.person("viewer"), await console.person("editor")
        for more in ({}, {"session": "a-jar"}):
            left = (await viewer.call("POST", "/playground/scramble", {"texts": [TEXT], **more})).data["texts"][0]
            assert "EMAIL_ADDRESS_" in left
            assert token not in left
        # And who types the token gets it back as typed.
        asked = {"text": f"Who is {token}?", "model": "real-model"}
        chat = (await editor.call("POST", "/playground/chat", asked)).data
        assert token in chat["restored"]
        assert MAIL not in str(chat)
        reserved = await editor.call("POST", "/keys", {"name": "mine", "vault": PLAYGROUND_NAME})
        assert reserved.status in (403, 409)


async def test_a_draft_is_tried_on_what_has_left(new_gateway: NewGateway) -> None:
    """Counts of the audit under the draft's rules; what left is looked at again, and nothing of it is told."""
    async with both(new_gateway) as (gateway, console):
        editor, viewer = await console.person("editor"), await console.person("viewer")
        assert gateway.detector is not None
        del gateway.detector.words[NAME]
        body = {"model": "real-model", "messages": [{"role": "user", "content": f"{TEXT} So says {NAME}."}]}
        for _ in range(3):
            _, told, _ = await gateway.call("/v1/chat/completions", body)
            await gateway.audit(told["x-sting-exchange"])
        await gateway.settled()
        gateway.detector.words[NAME] = "PERSON"
        draft = "name: draft\nextends: balanced\nentities:\n  EMAIL_ADDRESS: block\n"
        async with asyncio.timeout(30):  # payloads are written a moment after their rows
            while True:
                tried = await editor.call("POST", "/policies/dry-run/exchanges", {"yaml": draft, "last": 10})
                assert tried.status == 200, tried.data
                if tried.data["what_left"]["looked_at"] == 3:
                    break
                await asyncio.sleep(0.05)
        found = tried.data
        assert (found["exchanges"], found["newly_blocked"], found["changed"]) == (3, 3, 3)
        assert [(one["entity_type"], one["findings"], one["now"], one["draft"]) for one in found["types"]] == [
            ("EMAIL_ADDRESS", 3, ["scramble"], "block")
        ]
        assert found["what_left"] == {"looked_at": 3, "of": 3, "missed": {"PERSON": 3}}
        assert NAME not in str(found)
        same = await editor.call("POST", "/policies/dry-run/exchanges", {"policy": "balanced", "what_left": False})
        assert (same.data["newly_blocked"], same.data["changed"], same.data["what_left"]) == (0, 0, None)
        for wrong in (
            {},
            {"policy": "balanced", "yaml": draft},
            {"yaml": "name: ["},
            {"policy": "balanced", "last": 0},
        ):
            assert (await editor.call("POST", "/policies/dry-run/exchanges", wrong)).status == 422
        assert (await viewer.call("POST", "/policies/dry-run/exchanges", {"policy": "balanced"})).status == 403


async def test_an_approved_correction_is_found_from_then_on_until_it_is_undone(new_gateway: NewGateway) -> None:
    missed = "Zebediah Quill"
    body = {"model": "real-model", "messages": [{"role": "user", "content": f"Write to {missed} today."}]}

    async def left(gateway: Running) -> bool:
        assert (await gateway.call("/v1/chat/completions", body))[0] == 200
        return missed.encode() in gateway.provider.requests[-1].body

    async with both(new_gateway) as (gateway, console):
        editor = await console.person("editor")
        proposal = {"kind": "known", "value": missed, "entity_type": "PERSON"}
        made = (await editor.call("POST", "/corrections", proposal)).data["id"]
        assert await left(gateway)
        approved = await editor.call("POST", f"/corrections/{made}/approve")
        assert (approved.status, approved.data["state"]) == (200, "approved"), approved.data
        async with asyncio.timeout(30):
            while await left(gateway):  # noqa: ASYNC110 - the gateway tells nobody
                await asyncio.sleep(0.05)
        assert (await editor.call("POST", f"/corrections/{made}/undo")).data["state"] == "undone"
        async with asyncio.timeout(30):
            while not await left(gateway):  # noqa: ASYNC110 - the gateway tells nobody
                await asyncio.sleep(0.05)
        common = {"kind": "known", "value": "--", "entity_type": "PERSON"}
        word = (await editor.call("POST", "/corrections", common)).data["id"]
        assert (await editor.call("POST", f"/corrections/{word}/approve")).data["code"] == "bad_correction"
        assert (await editor.call("GET", f"/corrections/{word}")).data["state"] == "proposed"


async def test_nothing_of_anybody_is_kept_in_clear(new_gateway: NewGateway, tmp_path: Path) -> None:
    log = tmp_path / "log"
    handler = logging.FileHandler(log)
    handler.setFormatter(JsonLines())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    seen = Seen()
    try:
        async with both(new_gateway) as (gateway, console):
            admin = await console.person("admin")
            secrets = await _used(console, admin)
            async with gateway.store() as redis:
                await redis.execute_command("SAVE")
            told = [await admin.call("GET", path) for path in _READ]
            assert {answer.status for answer in told} == {200}
            seen.places["answers"] = str([answer.data for answer in told]).encode()
            data = gateway.settings.data_dir
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
    with closing(sqlite3.connect(data / "sting.db")) as database:
        seen.places["dump"] = "\n".join(database.iterdump()).encode()
    seen.places |= {str(path): path.read_bytes() for path in data.rglob("*") if path.is_file()}
    seen.places["log"] = log.read_bytes()
    assert b'"logger"' in seen.places["log"]
    assert "records" in seen.places["dump"].decode()
    assert seen.leaks(secrets) == []


_READ = (
    "/keys", "/providers", "/provider-keys", "/models", "/prices", "/users", "/settings", "/about",
    "/audit/exchanges", "/metrics/summary", "/usage", "/policies", "/policies/balanced",
)  # fmt: skip


async def _used(console: RunningConsole, admin: Any) -> list[str]:
    """Do all that handles a secret or an original; what must be found nowhere afterwards."""
    key = (await admin.call("POST", "/keys", {"name": "app"})).data["secret"]
    await admin.call("POST", "/provider-keys", {"provider": "fake", "key": PROVIDER_KEY, "test": False})
    await admin.call("PUT", "/session/password", {"password": PASSWORD})
    totp = (await admin.call("POST", "/session/totp")).data["secret"]
    await console.stranger().call("POST", "/session", {"email": "admin.default@example.com", "password": PASSWORD})
    await console.stranger().call("POST", "/session", {"email": [PASSWORD], "password": PASSWORD})
    await admin.call("POST", "/playground/chat", {"text": TEXT, "model": "real-model"})
    await admin.call("POST", "/playground/analyze", {"texts": [TEXT], "policy": MAIL})
    cases = {"items": [{"text": f"{NAME} {MAIL}", "expected": ""}]}
    await admin.call("PUT", "/policies/balanced/cases", cases, headers={"If-Match": '"0"'})
    await admin.call("POST", "/policies/balanced/cases/run", cases)
    await admin.call("POST", "/policies/dry-run", {"policy": "balanced", "texts": [f"{NAME} {MAIL}"]})
    cookies = [cookie.value for cookie in admin.http.cookie_jar]
    assert len(cookies) == 1
    return [key, PROVIDER_KEY, PASSWORD, totp, MAIL, NAME, *cookies, admin.csrf]
