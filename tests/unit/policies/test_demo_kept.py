"""What a public demo keeps through its resets, and that it keeps nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from policies import demo_kept
from policies.cli import main
from policies.demo_kept import KEPT_FILE, DemoFull, Pilot, demo_stats, keep_feedback, keep_pilot
from policies.demo_reset import claimed, reset


def test_a_reset_leaves_what_visitors_asked_to_keep_and_nothing_else(tmp_path: Path) -> None:
    with claimed(tmp_path, 24, 1000.0):
        (tmp_path / "sting.db").write_text("somebody's")
        keep_feedback(tmp_path, 1, "reports", liked=True)
        keep_feedback(tmp_path, 2, "reports", liked=False)
        keep_pilot(tmp_path, Pilot(3, "ada@example.com", "Analytical Engines", "letters"))
        reset(tmp_path, 24, 2000.0)
        told = demo_stats(tmp_path)
    assert not (tmp_path / "sting.db").exists()
    assert (dict(told.liked), dict(told.disliked)) == ({"reports": 1}, {"reports": 1})
    assert told.pilots == [Pilot(3, "ada@example.com", "Analytical Engines", "letters")]
    assert "ada@example.com" not in repr(told)
    assert (tmp_path / KEPT_FILE).stat().st_mode & 0o777 == 0o600


def test_lines_that_were_cut_are_left_out_and_a_flood_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / KEPT_FILE).write_text(
        '{"kind": "feedback", "liked": true, "place": "audit", "at": 1}\n[]\n{"kind": "pi'
    )
    assert dict(demo_stats(tmp_path).liked) == {"audit": 1}
    assert demo_stats(tmp_path / "nowhere").pilots == []
    monkeypatch.setattr(demo_kept, "MOST_BYTES", 10)
    with pytest.raises(DemoFull):
        keep_feedback(tmp_path, 1, "audit", liked=True)


def test_the_command_tells_it_for_people_and_for_programs(tmp_path: Path) -> None:
    keep_feedback(tmp_path, 1, "playground", liked=True)
    keep_pilot(tmp_path, Pilot(1_700_000_000_000, "ada@example.com", "", "letters"))
    shown = CliRunner().invoke(main, ["demo", "stats", "--data-dir", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert "liked: 1, not: 0" in shown.output
    assert "2023-11-14 ada@example.com (no organisation): letters" in shown.output
    told = json.loads(CliRunner().invoke(main, ["demo", "stats", "--json", "--data-dir", str(tmp_path)]).output)
    assert told["pilots"][0]["email"] == "ada@example.com"
