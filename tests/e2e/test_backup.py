"""Backup, wipe, restore: policies, keys, jars, reports, sessions and the audit chain are back and verify.

And the master key is rotated on what came back: afterwards nothing needs the old one.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from policies.db import open_database
from policies.records import Editor, current_records, put_record
from policies.settings import load_settings
from tests.e2e.sting_process import program, run, sting

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "backup.md"
EDITOR = Editor(at=1_700_000_000_000, who="test", who_name="Test", note="")
OLD, NEW = "22" * 32, "33" * 32
SECRET = "t.lindqvist@example.com"


def commands(start: str) -> str:
    """The lines of the page's shell block below a comment."""
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block
    return block[1].partition(f"# {start}")[2].partition("\n")[2].partition("#")[0]


def configured(folder: Path) -> Path:
    path = folder / "config.yaml"
    config = {
        "gateway": {"port": 0, "workers": 1},
        "data_dir": str(folder / "data"),
        "detection": {"workers": 1},
        "providers": {"offline": {"kind": "demo", "local": True}},
        "default_provider": "offline",
        "policies": {"default": "fast"},
        "master_key": OLD,
    }
    path.write_text(yaml.safe_dump(config))
    return path


async def shell(folder: Path, lines: str) -> None:
    """Run lines of the page."""
    places = {"DATA_DIR": folder / "data", "BACKUP": folder / "backup.tar", "CONFIG": folder / "config.yaml"}
    assignments = "".join(f"{name}='{path}'\n" for name, path in places.items())
    status, _, errors = await program(folder, "sh", "-ec", assignments + lines)
    assert status == 0, errors


async def told(folder: Path, *words: str) -> Any:
    """What a command prints as JSON."""
    status, output, errors = await run(folder, *words, "--json", "--config", str(folder / "config.yaml"))
    assert status == 0, errors
    return json.loads(output)


@asynccontextmanager
async def gateway(folder: Path) -> AsyncIterator[str]:
    """A gateway over `folder`, ended in order."""
    words = ("gateway", "--config", str(folder / "config.yaml"), "--log-level", "error")
    async with sting(folder, *words) as running:
        yield (await running.line("gateway: ")).removeprefix("gateway: ")
        running.process.send_signal(signal.SIGTERM)
        assert await running.ended() == 0


async def asked(url: str, key: str, path: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url + path, json=body) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def kept_policy(folder: Path, *, make: bool = False) -> object:
    """The policy `house` as the database has it; with `make` it is put there first."""
    settings = load_settings(folder / "config.yaml", environ={})
    database = await open_database(settings)
    try:
        if make:
            await put_record(database, "policy", "house", "name: house\nextends: strict\n", EDITOR)
        return (await current_records(database, "policy"))["house"].data
    finally:
        await database.close()


async def state(folder: Path) -> dict[str, Any]:
    """All that must be the same afterwards."""
    return {
        "keys": await told(folder, "keys", "list"),
        "policy": await kept_policy(folder),
        "jar": await told(folder, "jars", "show", "letters"),
        "reports": await told(folder, "report", "list"),
    }


def under(folder: Path, master_key: str) -> None:
    """Set the configuration's master key."""
    path = folder / "config.yaml"
    config = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**config, "master_key": master_key}))


async def exported(folder: Path, report: str) -> str:
    """The report as Markdown, with originals."""
    out = folder / f"{report}.md"
    words = ("report", "export", report, "--out", str(out), "--config", str(folder / "config.yaml"))
    status, output, errors = await run(folder, *words)
    assert status == 0, output + errors
    return out.read_text()


async def test_what_was_backed_up_is_back_after_a_wipe(tmp_path: Path) -> None:
    configured(tmp_path)
    table = tmp_path / "letters.csv"
    rows = (f"{n},Customer {n % 40},2026-0{n % 6 + 1}-11,{n}.50,Letter {n} to {SECRET}\n" for n in range(400))
    table.write_text("order_id,customer,order_date,amount,note\n" + "".join(rows))
    async with gateway(tmp_path) as url:
        key = (await told(tmp_path, "keys", "create", "app"))["secret"]
        session: dict[str, Any] = {"session": "backup"}
        tokens = (await asked(url, key, "/sting/v1/scramble", {**session, "texts": [f"Mail {SECRET}"]}))["texts"]
        assert SECRET not in tokens[0]
        await kept_policy(tmp_path, make=True)
        where = ("--config", str(tmp_path / "config.yaml"))
        for words in (
            ("jars", "create", "letters", "--policy", "fast"),
            ("jars", "add", "letters", str(table)),
            ("report", "create", "--template", "customer-insights", "--jar", "letters", "--model", "none"),
        ):
            status, output, errors = await run(tmp_path, *words, *where)
            assert status == 0, (words, output, errors)
        await asked(url, key, "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": SECRET}]})
        before = await state(tmp_path)
        (report,) = (one["id"] for one in before["reports"])
        written = await exported(tmp_path, report)

    await shell(tmp_path, commands("back up"))
    shutil.rmtree(tmp_path / "data")
    assert SECRET.encode() not in (tmp_path / "backup.tar").read_bytes()
    await shell(tmp_path, commands("restore"))

    assert await state(tmp_path) == before
    verified = await told(tmp_path, "audit", "verify")
    assert verified["intact"]
    assert verified["rows"] >= 1
    await everything_opens(tmp_path, key, tokens, {report: written})

    under(tmp_path, f"{NEW},{OLD}")
    renewed = await told(tmp_path, "db", "reseal")
    assert (renewed["renewed"] > 10, renewed["lost"]) == (True, 0)
    under(tmp_path, NEW)
    await everything_opens(tmp_path, key, tokens, {report: written})


async def everything_opens(folder: Path, key: str, tokens: list[str], reports: dict[str, str]) -> None:
    """What was sealed before can be read: a session, a jar's rows, reports."""
    async with gateway(folder) as url:
        restored = await asked(url, key, "/sting/v1/restore", {"session": "backup", "texts": tokens})
        assert restored["texts"] == [f"Mail {SECRET}"]
        shown = await told(folder, "jars", "preview", "letters", "letters", "--limit", "3", "--original")
        assert SECRET in json.dumps(shown)
        assert {report: await exported(folder, report) for report in reports} == reports
