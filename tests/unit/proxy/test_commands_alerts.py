"""`sting alerts`: what is listed, and what a test of a channel says."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from click.testing import CliRunner, Result

from policies.alerts import Alert, raise_alert
from policies.cli import main
from policies.db import open_database
from policies.settings import load_settings
from tests.sinks import WebSink, web_sink

ALERT = Alert("budget", "default", "The key dev has used 80 % of its budget.", 1_764_000_000_000, "1", {"percent": 80})


async def sting(folder: Path, *words: str) -> Result:
    config = str(folder / "config.yaml")
    return await asyncio.to_thread(CliRunner().invoke, main, ["alerts", *words, "--config", config])


def configure(folder: Path, web: WebSink) -> None:
    channel = {"kind": "webhook", "url": f"{web.url}/hook", "secret": "the-shared-secret"}
    alerts = {"channels": {"ops": channel}, "private_networks": ["127.0.0.0/8"]}
    (folder / "config.yaml").write_text(json.dumps({"data_dir": str(folder / "data"), "alerts": alerts}))


async def test_a_channel_is_tried_and_what_was_told_is_listed(tmp_path: Path) -> None:
    async with web_sink() as web:
        configure(tmp_path, web)
        tried = await sting(tmp_path, "test", "ops")
        assert (tried.exit_code, "ops took a test alert" in tried.stdout) == (0, True)
        (post,) = web.posts
        assert json.loads(post[2])["event"] == "test"
        settings = load_settings(tmp_path / "config.yaml", environ={})
        database = await open_database(settings)
        await raise_alert(database, settings.alerts, ALERT)
        await database.close()
        (row,) = json.loads((await sting(tmp_path, "list", "--json")).stdout)
        assert (row["text"], row["deliveries"]["ops"][0]) == (ALERT.text, "pending")
        assert "80 % of its budget" in (await sting(tmp_path, "list")).stdout


async def test_a_channel_that_is_not_there_or_refuses_is_told(tmp_path: Path) -> None:
    async with web_sink() as web:
        configure(tmp_path, web)
        missing = await sting(tmp_path, "test", "op")
        assert (missing.exit_code, "no channel 'op'" in missing.stderr, "ops" in missing.stderr) == (1, True, True)
        web.statuses = [400]
        refused = await sting(tmp_path, "test", "ops")
        assert (refused.exit_code, "it did not arrive" in refused.stderr) == (1, True)
        assert "the-shared-secret" not in refused.output
