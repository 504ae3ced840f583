"""The gateway's own API and the headers of every answer, as docs/contract.md has them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from proxy.errors import VaultUnavailable
from proxy.metrics import METRIC_NAMES
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/v1/chat/completions"
TEXT = "Write to Margaret Okafor (m.okafor@example.com) and Margaret Okafor."


async def post(gateway: Running, path: str, body: object, **more: Any) -> tuple[int, Any]:
    status, headers, answer = await gateway.call(path, body, **more)
    assert headers["cache-control"] == "private, no-store"
    return status, json.loads(answer)


def chat(**more: object) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": TEXT}], **more}


@pytest.mark.parametrize("stream", [False, True])
async def test_every_answer_has_the_headers_of_the_contract(
    gateway: Running,
    stream: bool,  # noqa: FBT001 - parameter
) -> None:
    sent = {"X-Sting-Session": "case-7"} if stream else {}
    status, headers, _ = await gateway.call(CHAT, chat(stream=stream), headers=sent)
    assert status == 200
    assert re.fullmatch(r"ex_[0-9a-f]{24}", headers["x-sting-exchange"])
    assert headers["x-sting-policy"] == "balanced"
    assert headers["x-sting-entities"] == "EMAIL_ADDRESS=1, PERSON=2"
    assert headers["cache-control"] == "private, no-store"
    assert headers["x-request-id"] == "req-fake-1"
    if stream:
        assert headers["x-sting-session"] == "case-7"
        assert "x-sting-restored" not in headers
    else:
        assert re.fullmatch(r"auto-[0-9a-f]{32}", headers["x-sting-session"])
        assert headers["x-sting-restored"] == "3"


async def test_a_conversation_keeps_its_derived_session(gateway: Running) -> None:
    _, first, _ = await gateway.call(CHAT, chat())
    more = [*chat()["messages"], {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "Go on."}]
    _, second, _ = await gateway.call(CHAT, chat(messages=more))
    _, other, _ = await gateway.call(CHAT, chat(messages=[{"role": "user", "content": "Another."}]))
    _, stranger, _ = await gateway.call(CHAT, chat(), key="stranger")
    assert first["x-sting-session"] == second["x-sting-session"]
    assert len({first["x-sting-session"], other["x-sting-session"], stranger["x-sting-session"]}) == 3


async def test_the_policy_of_the_header_is_used_and_named(gateway: Running) -> None:
    _, headers, _ = await gateway.call(CHAT, chat(), headers={"X-Sting-Policy": "strict"})
    assert headers["x-sting-policy"] == "strict"


async def test_analyze_tells_offsets_in_characters_and_stores_nothing(gateway: Running) -> None:
    texts = ["\U0001f600 Margaret Okafor", "nothing", ""]
    status, answer = await post(gateway, "/sting/v1/analyze", {"texts": texts})
    assert status == 200
    (finding,), none, empty = answer["results"]
    assert (none, empty) == ([], [])
    assert texts[0][finding["start"] : finding["end"]] == "Margaret Okafor"
    assert set(finding) == {"start", "end", "entity_type", "score", "action", "detector"}
    assert (finding["entity_type"], finding["action"]) == ("PERSON", "scramble")
    twice = "Margaret Okafor, called MARGARET OKAFOR"  # an exchange replaces both, so both are told
    _, answer = await post(gateway, "/sting/v1/analyze", {"texts": [twice, "MARGARET OKAFOR"]})
    (first, second), alone = answer["results"]
    assert (second["detector"], alone) == ("seen", [])
    assert first["detector"] != "seen"
    assert twice[second["start"] : second["end"]] == "MARGARET OKAFOR"
    blocked = {"texts": ["4111 1111 1111 1111"], "policy": "blocker"}
    _, answer = await post(gateway, "/sting/v1/analyze", blocked)
    assert answer["results"][0][0]["action"] == "block"


async def test_a_draft_takes_the_role_audit_and_is_looked_at_before_it_counts(gateway: Running) -> None:
    draft = {"name": "x", "entities": {"PERSON": "block"}}
    body = {"texts": [TEXT], "draft": draft}
    status, told = await post(gateway, "/sting/v1/analyze", body)
    assert (status, told["results"][0][0]["action"]) == (200, "block")
    assert (await post(gateway, "/sting/v1/analyze", body, key="narrow"))[0] == 403
    draft["detection"] = {"engines": [], "recognisers": {"STAFF_ID": "(a+)+$"}}
    status, told = await post(gateway, "/sting/v1/analyze", body)
    assert (status, told["error"]["param"]) == (400, "draft")
    assert "(a+)" not in told["error"]["message"]


async def test_texts_are_scrambled_and_restored(gateway: Running) -> None:
    status, answer = await post(gateway, "/sting/v1/scramble", {"texts": [TEXT, "nothing"], "session": "own-api"})
    assert status == 200
    assert answer["session"] == "own-api"
    assert answer["texts"][1] == "nothing"
    assert "Okafor" not in str(answer)
    assert [row["entity_type"] for row in answer["findings"][0]] == ["PERSON", "EMAIL_ADDRESS", "PERSON"]
    body = {"texts": [answer["texts"][0], "x"], "session": "own-api"}
    _, restored = await post(gateway, "/sting/v1/restore", body)
    assert restored == {"texts": [TEXT, "x"], "restored": 3, "unknown": 0}
    _, made = await post(gateway, "/sting/v1/scramble", {"texts": [TEXT]})
    _, restored = await post(gateway, "/sting/v1/restore", {"texts": made["texts"], "session": made["session"]})
    assert restored["texts"] == [TEXT]


async def _told_since(gateway: Running, since: int, wanted: list[str]) -> list[dict[str, Any]]:
    """Audit events of our own routes since then, oldest first, once they are all written."""
    async with asyncio.timeout(10):
        while True:
            _, _, page = await gateway.call(f"/sting/v1/exchanges?since={since}&size=1000", method="GET", key="service")
            rows = [row for row in reversed(json.loads(page)["exchanges"]) if row["dialect"] == "sting"]
            if [row["route"] for row in rows] == wanted:
                return rows
            await asyncio.sleep(0.01)


async def test_who_scrambles_restores_shreds_and_names_values_is_in_the_audit(new_gateway: NewGateway) -> None:
    async with new_gateway({}) as gateway:
        since = time.time_ns() // 1_000_000
        _, made = await post(gateway, "/sting/v1/scramble", {"texts": [TEXT], "session": "okafor-7"}, key="service")
        again = {"texts": [made["texts"][0], "PERSON_K7Q2M9XA"], "session": "okafor-7"}
        _, restored = await post(gateway, "/sting/v1/restore", again, key="service")
        assert restored["restored"] == 3
        for path in ("/sting/v1/sessions/okafor-7", "/sting/v1/sessions/okafor-7", "/sting/v1/values/staff"):
            await gateway.call(path, method="DELETE", key="service")
        known = b'{"value": "Ada Byron Lovelace", "entity_type": "PERSON"}'
        assert (await gateway.call("/sting/v1/values/staff", known, method="PUT", key="service"))[0] == 200
        assert (await gateway.call("/sting/v1/values/staff", method="DELETE", key="service"))[0] == 200
        wanted = ["/sting/v1/scramble", "/sting/v1/restore", "DELETE:/sting/v1/sessions"]
        rows = await _told_since(gateway, since, [*wanted, "PUT:/sting/v1/values", "DELETE:/sting/v1/values"])
    assert {(row["key"], row["outcome"], row["tls_client"]) for row in rows} == {
        ("config.service", "ok", "plain/loopback")
    }
    assert (rows[1]["restored"], rows[1]["unknown"], rows[1]["policy"]) == (3, 0, "balanced")
    assert len({row["session"] for row in rows[:3]}) == 1, "a digest, the same for the three"
    assert rows[0]["session"]
    assert all(row["ms_total"] > 0 for row in rows), "each call tells how long it took"
    assert "kafor" not in str(rows)


async def test_nothing_is_restored_that_the_audit_does_not_take(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, made = await post(gateway, "/sting/v1/scramble", {"texts": [TEXT], "session": "untold"})

    async def full(*_: object, **__: object) -> None:
        raise VaultUnavailable("The audit stream cannot be written.")

    monkeypatch.setattr(gateway.gateway.services.vault, "outcomes", full)
    status, answer = await post(gateway, "/sting/v1/restore", {"texts": made["texts"], "session": "untold"})
    assert (status, answer["error"]["code"]) == (503, "sting_vault_unavailable")
    assert "Okafor" not in str(answer)
    assert (await gateway.call("/sting/v1/sessions/untold", method="DELETE"))[0] == 503
    monkeypatch.undo()
    assert (await gateway.call("/sting/v1/sessions/untold", method="DELETE"))[0] == 200


async def test_a_block_stops_scrambling_too(gateway: Running) -> None:
    body = {"texts": ["4111 1111 1111 1111"], "policy": "blocker"}
    status, answer = await post(gateway, "/sting/v1/scramble", body)
    assert (status, answer["error"]["code"]) == (403, "sting_blocked")


@pytest.mark.parametrize(
    "body",
    [
        b"no json m.okafor@example.com",
        b'{"texts": "m.okafor@example.com"}',
        b'{"texts": [1]}',
        b'{"texts": [], "unknown": "m.okafor@example.com"}',
        b'{"texts": [], "session": ""}',
        b'{"texts": ["\xff"]}',
        b"[]",
    ],
)
@pytest.mark.parametrize("path", ["/sting/v1/analyze", "/sting/v1/scramble", "/sting/v1/restore"])
async def test_a_wrong_body_is_refused_without_a_word_of_it(gateway: Running, path: str, body: bytes) -> None:
    status, answer = await post(gateway, path, body)
    assert (status, answer["error"]["code"]) == (400, "sting_bad_request")
    assert "okafor" not in str(answer)


async def test_the_audit_is_filtered_and_paged(gateway: Running) -> None:
    ids = []
    for _ in range(3):
        _, headers, _ = await gateway.call(CHAT, chat())
        ids.append(headers["x-sting-exchange"])
    for exchange in ids:
        event = await gateway.audit(exchange)
        assert event["entities"] == {"EMAIL_ADDRESS": 1, "PERSON": 2}
        assert (event["key"], event["policy"], event["model"], event["provider"]) == (
            "config.dev",
            "balanced",
            "gpt-4o",
            "fake",
        )
    _, _, page = await gateway.call("/sting/v1/exchanges?size=2&outcome=ok&entity_type=PERSON", method="GET")
    first = json.loads(page)
    assert len(first["exchanges"]) == 2
    before = first["next_before"]
    _, _, page = await gateway.call(f"/sting/v1/exchanges?size=2&before={before}", method="GET")
    assert not {row["exchange"] for row in first["exchanges"]} & {
        row["exchange"] for row in json.loads(page)["exchanges"]
    }
    _, _, page = await gateway.call("/sting/v1/exchanges?model=never-asked", method="GET")
    assert json.loads(page)["exchanges"] == []
    for wrong, why in (
        ("size=0", "1 to 1000"),
        ("size=99999", "1 to 1000"),
        ("since=yesterday", "whole numbers"),
        (f"before={10**20}", "whole numbers"),
        ("modle=gpt-4o", "did you mean 'model'"),
        ("limit=5", "since, until, model, entity_type, outcome, before, size"),
        ("model=gpt-4o&model=gpt-5", "`model` stands twice"),
        ("outcome=bloked", "ok, originals, blocked"),
    ):
        status, _, body = await gateway.call(f"/sting/v1/exchanges?{wrong}", method="GET")
        assert (status, why in json.loads(body)["error"]["message"]) == (400, True), (wrong, body)
    status, _, _ = await gateway.call("/sting/v1/exchanges/ex_none", method="GET")
    assert status == 404


async def test_policies_are_told_as_they_count_page_by_page_without_their_words(
    new_gateway: NewGateway, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "house.yaml").write_text(
        "name: house\nextends: balanced\ndetection:\n  deny: {PROJECT: [Bluebird]}\n"
        "  recognisers: {STAFF_ID: 'EMP-[0-9]{6}'}\n"
    )
    keys = [{"name": "reader", "secret": "sk-test-reader", "tenant": "acme", "roles": ["audit"]}]
    section = {"policies.directory": str(tmp_path / "own"), "policies.floors": {"acme": "pci"}}
    async with new_gateway({"keys": keys, **section}) as gateway:
        shown: list[Any] = []
        after: str | None = ""
        while after is not None:
            _, page = await post(gateway, f"/sting/v1/policies?size=4&after={after}", None, key="reader", method="GET")
            assert (page["floors"], page["default"], len(page["policies"]) <= 4) == (["pci"], "balanced", True)
            shown, after = [*shown, *page["policies"]], page["next_after"]
        named = {one["name"]: one for one in shown}
        assert len(named) == len(shown) == len(gateway.gateway.services.policies)
        assert named["fast"]["entities"]["CREDIT_CARD"]["action"] == "redact", "the floor's"
        assert (named["house"]["detection"]["deny"], named["house"]["detection"]["recognisers"]) == (
            {"PROJECT": 1}, {"STAFF_ID": 1},
        )  # fmt: skip
        assert "Bluebird" not in str(shown)
        assert "EMP-" not in str(shown)


async def test_health_readiness_and_metrics_need_no_key(gateway: Running) -> None:
    status, _, body = await gateway.call("/healthz", method="GET", key=None)
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    status, _, body = await gateway.call("/readyz", method="GET", key=None)
    assert (status, json.loads(body)) == (200, {"status": "ready", "problems": {}})
    await gateway.call(CHAT, chat())
    await gateway.settled()
    status, headers, body = await gateway.call("/metrics", method="GET", key=None)
    assert headers["content-type"].startswith("text/plain")
    for name in METRIC_NAMES:
        assert f"# TYPE {name.removesuffix('_total')}" in body.decode(), name
    assert await gateway.metric("sting_findings_total", entity_type="PERSON") >= 2
    assert await gateway.metric("sting_answer_tokens_total", result="restored") >= 3


async def test_the_real_detection_is_ready_and_finds_its_examples(real_gateway: Running) -> None:
    assert len(real_gateway.gateway.pool.pids) == 1
    status, _, body = await real_gateway.call("/readyz", method="GET", key=None)
    assert (status, json.loads(body)["problems"]) == (200, {})
    status, headers, answer = await real_gateway.call(CHAT, chat())
    assert status == 200
    assert json.loads(answer)["choices"][0]["message"]["content"] == TEXT
    assert headers["x-sting-entities"] == "EMAIL_ADDRESS=1, PERSON=2"
    assert b"kafor" not in real_gateway.provider.bytes_seen


async def test_a_provider_that_is_down_does_not_make_the_gateway_unready(gateway: Running) -> None:
    status, _, _ = await gateway.call(CHAT, chat() | {"model": "refused/m"})
    assert status == 502
    gateway.gateway.readiness._known = None
    status, _, _ = await gateway.call("/readyz", method="GET", key=None)
    assert status == 200


async def test_the_name_of_an_unknown_field_is_not_repeated(gateway: Running) -> None:
    status, _, body = await gateway.call("/sting/v1/analyze", {"texts": [], "m.okafor@example.com": "x"})
    assert status == 400
    assert b"okafor" not in body
    assert b"unknown field" in body
