"""Feedback and requests for pilots in a public demo: kept, bounded, refused where there is no demo."""

from __future__ import annotations

import json
from pathlib import Path

from policies.demo_kept import demo_stats
from policies.demo_reset import is_due, next_reset
from tests.console_fixture import RunningConsole, console_settings, running_console

PILOT = {"email": "ada@example.com", "organisation": " Engines ", "wish": "letters", "agreed": True}


async def test_a_visitor_clicks_and_asks_for_a_pilot(tmp_path: Path) -> None:
    async with running_console(console_settings(tmp_path / "data", demo_mode=True)) as console:
        visitor = await console.person("viewer")
        for body in ({"liked": True, "place": "reports"}, {"liked": False}):
            assert (await visitor.call("POST", "/demo/feedback", body)).status == 204
        assert (await visitor.call("POST", "/demo/pilot", PILOT)).status == 204
        for wrong in ({**PILOT, "agreed": False}, {**PILOT, "email": "nobody"}, {"email": "ada@example.com"}):
            assert (await visitor.call("POST", "/demo/pilot", wrong)).status == 422
        assert (await visitor.call("POST", "/demo/feedback", {"liked": True, "place": "<script>"})).status == 422
        assert (await console.stranger().call("POST", "/demo/pilot", PILOT)).status == 401
        again = [(await visitor.call("POST", "/demo/pilot", PILOT)).status for _ in range(6)]
        assert again[-1] == 429
        told = demo_stats(console.settings.data_dir)
    assert (dict(told.liked), dict(told.disliked)) == ({"reports": 1}, {"other": 1})
    assert told.pilots[0].organisation == "Engines"
    assert len(told.pilots) <= 3
    others = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and path.name != "demo-kept.jsonl"]
    assert [path.name for path in others if b"ada@example.com" in path.read_bytes()] == []


async def test_elsewhere_there_is_nothing_of_it(console: RunningConsole) -> None:
    person = await console.person("admin")
    assert (await person.call("POST", "/demo/pilot", PILOT)).status == 404
    assert (await person.call("POST", "/demo/feedback", {"liked": True})).status == 404
    assert not (console.settings.data_dir / "demo-kept.jsonl").exists()
    assert (await person.call("POST", "/demo/reset", {})).status == 404


async def test_an_administrator_resets_a_demo_before_its_time(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with running_console(console_settings(folder, demo_mode=True)) as console:
        admin, editor = await console.person("admin"), await console.person("editor")
        assert (await admin.call("POST", "/demo/reset", {})).status == 404, (
            "nothing resets it: no `sting up` has begun it"
        )
        due = console.parts.now() / 1000 + 3600
        (folder / "demo.json").write_text(json.dumps({"next_reset": due, "resetting": False}))
        assert (await editor.call("POST", "/demo/reset", {})).status == 403
        assert next_reset(folder) == due
        assert (await admin.call("POST", "/demo/reset", {})).status == 204
        assert is_due(folder, console.parts.now() / 1000)
