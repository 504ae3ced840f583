"""Alerts by the API: which channels there are, a test of one, and how far alerts came."""

from __future__ import annotations

from pathlib import Path

from policies.alerts import Alert, claim_due, note_result, raise_alert
from tests.console_fixture import console_settings, running_console

ADDRESS = "https://hooks.example.com/services/T0/secret-path"
CHANNELS = {
    "ops": {"kind": "slack", "url": ADDRESS},
    "theirs": {"kind": "webhook", "url": ADDRESS, "secret": "s3cret-of-theirs", "tenant": "acme"},
}


async def test_alerts_channels_and_a_test_of_one(tmp_path: Path) -> None:
    settings = console_settings(tmp_path / "data", **{"alerts.channels": CHANNELS})
    async with running_console(settings, mounts=()) as console:
        admin, auditor = await console.person("admin"), await console.person("auditor")
        database, now = console.parts.database, console.parts.now()
        await raise_alert(database, settings.alerts, Alert("provider_down", "", "openai is down.", now, "a"))
        await raise_alert(database, settings.alerts, Alert("report_ready", "acme", "Theirs is ready.", now, "b"))
        told = await auditor.call("GET", "/alerts")
        assert [(one["name"], one["kind"]) for one in told.data["channels"]] == [("ops", "slack")]
        assert [one["text"] for one in told.data["items"]] == ["openai is down."]
        assert "hooks.example.com" not in str(told.data)
        tried = await admin.call("POST", "/alerts/channels/ops/test")
        assert tried.status == 202
        for due in await claim_due(database, now + 60_000):
            await note_result(database, due, now, "status 500" if due.alert.kind == "test" else None)
        shown = {one["id"]: one for one in (await auditor.call("GET", "/alerts")).data["items"]}
        (delivery,) = shown[tried.data["id"]]["deliveries"]
        assert (delivery["channel"], delivery["state"], delivery["fault"]) == ("ops", "pending", "status 500")
        assert (await admin.call("POST", "/alerts/channels/theirs/test")).status == 404, "another tenant's"
        assert (await auditor.call("POST", "/alerts/channels/ops/test")).status == 403
        assert (await (await console.person("viewer")).call("GET", "/alerts")).status == 403
