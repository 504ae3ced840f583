"""The audit and the figures made of it, by the API."""

from __future__ import annotations

from policies.audit import AuditChain, AuditEvent, load_signing_key
from tests.console_fixture import RunningConsole


async def filled(console: RunningConsole) -> None:
    """Forty exchanges of this hour in two tenants, and ten of the hour before."""
    parts = console.parts
    now = parts.now()
    chain = AuditChain(parts.database, await load_signing_key(parts.database, parts.sealer))
    events = [
        AuditEvent(
            f"ex_{number}",
            now - (3_600_000 if number >= 40 else 0) - number,
            tenant="acme" if number % 4 == 3 else "default",
            key="config.dev",
            model="m" if number % 2 else "n",
            provider="demo",
            dialect="openai-chat",
            policy="balanced",
            entities={"PERSON": 2, "EMAIL_ADDRESS": 1},
            outcome="blocked" if number == 0 else "ok",
            restored=3,
            unknown=1,
            ms_total=float(number),
            ms_upstream=number / 2,
            tokens_in=100,
            tokens_out=10,
        )
        for number in range(50)
    ]
    await chain.append(events)
    await chain.checkpoint(now)


async def test_the_trail_is_paged_filtered_and_of_the_own_tenant(console: RunningConsole) -> None:
    await filled(console)
    auditor = await console.person("auditor")
    first = (await auditor.call("GET", "/audit/exchanges", kind="exchange", limit=20)).data
    second = (await auditor.call("GET", "/audit/exchanges", kind="exchange", limit=20, cursor=first["next"])).data
    assert (len(first["items"]), len(second["items"]), second["next"]) == (20, 18, None)
    assert {one["tenant"] for one in first["items"] + second["items"]} == {"default"}
    blocked = (await auditor.call("GET", "/audit/exchanges", outcome="blocked", entity_type="PERSON")).data["items"]
    assert [one["exchange"] for one in blocked] == ["ex_0"]
    acts = (await auditor.call("GET", "/audit/exchanges", kind="act")).data["items"]
    assert [(one["who"], one["route"]) for one in acts] == [("auditor.default", "POST /api/v1/session/link")]
    assert (await auditor.call("GET", "/audit/exchanges/ex_1")).data["entities"] == {"EMAIL_ADDRESS": 1, "PERSON": 2}
    assert (await auditor.call("GET", "/audit/exchanges/ex_3")).status == 404, "another tenant's"
    assert (await (await console.person("viewer")).call("GET", "/audit/exchanges")).status == 403


async def test_the_chain_is_verified_and_exported(console: RunningConsole) -> None:
    await filled(console)
    auditor = await console.person("auditor")
    verdict = (await auditor.call("POST", "/audit/verify")).data
    assert (verdict["intact"], verdict["rows"]) == (True, 51)
    for form, start, lines in (("jsonl", '{"seq": 1', 39), ("csv", "seq,exchange", 40), ("cef", "CEF:0|STING-CE|", 39)):
        async with auditor.http.get(f"{console.url}/api/v1/audit/export?format={form}") as answer:
            text = await answer.text()
        assert text.startswith(start)
        assert "attachment" in answer.headers["Content-Disposition"]
        assert len(text.splitlines()) >= lines
        assert "acme" not in text
    assert (await auditor.call("GET", "/audit/exchanges", kind="act")).data["items"][0][
        "route"
    ] == "GET /api/v1/audit/export"


async def test_the_summary_adds_up(console: RunningConsole) -> None:
    await filled(console)
    viewer, admin = await console.person("viewer"), await console.person("admin")
    await admin.call("PUT", "/prices/m", {"input": 2, "output": 10})
    told = (await viewer.call("GET", "/metrics/summary", range="24h")).data
    now = told["now"]
    assert (now["requests"], now["blocked"], now["failed"]) == (38, 1, 1)
    assert (now["findings"], told["findings"]) == (114, {"PERSON": 76, "EMAIL_ADDRESS": 38})
    assert (now["restored"], now["unknown"], now["tokens_in"], now["tokens_out"]) == (114, 38, 3800, 380)
    assert now["cost"] is None, "the model n has no price"
    values = sorted(float(n) for n in range(50) if n % 4 != 3)
    assert now["ms_total_p50"] == values[18]
    assert now["ms_total_p95"] == values[35]
    assert abs(now["ms_total"] - sum(values) / 38) < 0.01
    assert sum(step["requests"] for step in told["series"]) == 38
    assert sum(step["findings"] for step in told["series"]) == 114
    assert len(told["series"]) == 24
    assert {row["name"]: row["requests"] for row in told["models"]} == {"n": 25, "m": 13}
    assert {row["name"]: row["cost"] for row in told["models"]}["m"] == round(13 * (100 * 2 + 10 * 10) / 1e6, 6)
    assert sum(row["requests"] for row in told["teams"]) == 38
    assert told["before"]["requests"] == 0
    assert told["outcomes"] == {"ok": 37, "blocked": 1}


async def test_usage_can_be_downloaded_for_charge_back(console: RunningConsole) -> None:
    await filled(console)
    viewer = await console.person("viewer")
    rows = (await viewer.call("GET", "/usage", group="policy", range="7d")).data["items"]
    assert [(row["name"], row["requests"], row["tokens_in"]) for row in rows] == [("balanced", 38, 3800)]
    async with viewer.http.get(f"{console.url}/api/v1/usage?group=key&format=csv") as answer:
        lines = (await answer.text()).splitlines()
    assert lines[0].startswith("id,name,requests")
    assert lines[1].startswith("config.dev,config.dev,38,1,")


async def test_the_use_of_one_key_is_told_step_by_step(console: RunningConsole) -> None:
    await filled(console)
    viewer, stranger = await console.person("viewer"), await console.person("viewer", tenant="acme")
    made = (await (await console.person("editor")).call("POST", "/keys", {"name": "idle"})).data["key"]
    idle = (await viewer.call("GET", f"/keys/{made['id']}/usage", range="1h")).data
    assert (idle["requests"], idle["cost"], {one["requests"] for one in idle["series"]}) == (0, 0.0, {0})
    assert (await stranger.call("GET", f"/keys/{made['id']}/usage")).status == 404
    parts = console.parts
    chain = AuditChain(parts.database, await load_signing_key(parts.database, parts.sealer))
    await chain.append(
        [
            AuditEvent(f"ex_{n}", parts.now(), tenant="default", key=made["id"], outcome=n, tokens_in=9)
            for n in ("ok", "blocked")
        ]
    )
    used = (await viewer.call("GET", f"/keys/{made['id']}/usage", range="1h")).data
    assert (used["requests"], used["failed"], used["tokens_in"]) == (2, 1, 18), "of 52 exchanges in this hour"
    assert sum(one["requests"] for one in used["series"]) == 2
