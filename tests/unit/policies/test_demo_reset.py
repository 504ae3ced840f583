"""The reset of a public demo: due at its time, whole also after an interruption, of a demo's own folder only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from policies import demo_reset
from policies.cli import main
from policies.demo_claim import part_of_demo
from policies.demo_reset import NoDemoFolder, claimed, is_due, leave, next_reset
from policies.settings import load_settings

HOUR = 3600.0


def begun(folder: Path) -> Path:
    """A demo's folder in which a visitor has left things; the next reset is at 24 hours."""
    with claimed(folder, 24, 0.0):
        pass
    (folder / "jars" / "deep").mkdir(parents=True)
    (folder / "jars" / "deep" / "rows").write_text("Zorblax")
    (folder / "sting.db").write_text("Zorblax")
    return folder


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and "Zorblax" in path.read_text())


def test_everything_goes_when_it_is_due_and_not_before(tmp_path: Path) -> None:
    folder = begun(tmp_path / "data")
    assert next_reset(folder) == 24 * HOUR
    with claimed(folder, 24, 24 * HOUR - 1):
        assert left(folder) == ["rows", "sting.db"], "a restart moves nothing"
    assert not is_due(folder, 24 * HOUR - 1)
    assert is_due(folder, 24 * HOUR)
    with claimed(folder, 24, 30 * HOUR):
        assert left(folder) == []
        assert {path.name for path in folder.iterdir()} == {demo_reset.STATE_FILE, demo_reset.LOCK_FILE}
    assert next_reset(folder) == 54 * HOUR


def test_an_interrupted_reset_is_finished_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = begun(tmp_path / "data")

    def interrupted(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            demo_reset.reset(folder, 24, 24 * HOUR)
    assert "rows" in left(folder)
    assert is_due(folder, 0.0), "whatever the clock says"
    with claimed(folder, 24, 25 * HOUR):
        assert left(folder) == []


def test_what_lies_outside_the_folder_stays_behind_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("Zorblax")
    folder = begun(tmp_path / "data")
    (folder / "link").symlink_to(outside)
    demo_reset.reset(folder, 24, 24 * HOUR)
    assert left(folder) == []
    assert left(outside) == ["kept"]


def test_a_folder_with_other_data_is_refused_untouched(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "sting.db").write_text("Zorblax")
    with pytest.raises(NoDemoFolder, match="holds data that no demo has made"), claimed(folder, 24, 0.0):
        pass
    assert [path.name for path in folder.iterdir()] == ["sting.db"]
    told = CliRunner().invoke(main, ["up", "--data-dir", str(folder)], env={"DEMO_MODE": "true"})
    assert told.exit_code == 1
    assert "--data-dir" in told.output
    assert [path.name for path in folder.iterdir()] == ["sting.db"]


def test_stores_elsewhere_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("storage: {url: s3://bucket/rows}\n")
    words = ["up", "--config", str(config), "--data-dir", str(tmp_path / "data")]
    told = CliRunner().invoke(main, words, env={"DEMO_MODE": "true"})
    assert told.exit_code == 1
    assert "demo.reset_hours: 0" in told.output


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = begun(tmp_path / "data")
    with (
        claimed(folder, 24, 0.0),
        pytest.raises(NoDemoFolder, match="another demo runs"),
        claimed(folder, 24, 99 * HOUR),
    ):
        pass
    assert left(folder) == ["rows", "sting.db"]


def test_a_folder_that_is_no_demos_any_more_is_never_emptied(tmp_path: Path) -> None:
    folder = begun(tmp_path / "data")
    leave(folder)
    assert left(folder) == ["rows", "sting.db"]
    assert next_reset(folder) is None
    with pytest.raises(NoDemoFolder), claimed(folder, 24, 99 * HOUR):
        pass


def test_a_part_starts_over_a_database_file_elsewhere(tmp_path: Path) -> None:
    """The mark of a demo on stores elsewhere is PostgreSQL's; a file of SQLite has none to take away."""
    url = f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"
    overrides = {"data_dir": tmp_path, "database.url": url, "master_key": "11" * 32}
    with part_of_demo(load_settings(None, environ={}, overrides=overrides)):
        pass
