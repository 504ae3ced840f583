import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from policies.cli import main
from policies.master_key import FILE_NAME, open_sealer
from policies.sealing import Sealer
from policies.settings import SettingsError, load_settings


def test_a_generated_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path / "new"})
    sealed = open_sealer(settings).seal(b"x", "c")
    assert open_sealer(settings).open(sealed, "c") == b"x"
    assert (tmp_path / "new" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE_NAME]


def test_processes_that_start_together_use_one_key(tmp_path: Path) -> None:
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path})
    with ThreadPoolExecutor(8) as pool:
        sealers = list(pool.map(lambda _: open_sealer(settings), range(16)))
    sealed = sealers[0].seal(b"x", "c")
    assert {sealer.open(sealed, "c") for sealer in sealers} == {b"x"}


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path})
    open_sealer(settings)
    (tmp_path / FILE_NAME).chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        open_sealer(settings)


def test_a_damaged_key_file_is_refused_and_not_replaced(tmp_path: Path) -> None:
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path})
    path = tmp_path / FILE_NAME
    path.write_text("damaged")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="no master key"):
        open_sealer(settings)
    assert path.read_text() == "damaged"


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path / "file" / "data"})
    with pytest.raises(SettingsError, match=r"must be writable for this user \(uid \d+\), or name another one"):
        open_sealer(settings)


def test_a_configured_key_leaves_no_file(tmp_path: Path) -> None:
    overrides = {"data_dir": tmp_path, "master_key": "22" * 32}
    open_sealer(load_settings(None, environ={}, overrides=overrides))
    assert list(tmp_path.iterdir()) == []


def test_a_key_service_takes_over_a_key_that_is_in_use(tmp_path: Path) -> None:
    clear, kms = base64.b64encode(b"\x05" * 32).decode(), {"kind": "environment", "key": "06" * 32}
    sealed = Sealer([b"\x05" * 32]).seal(b"x", "c")
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "kms": kms, "master_key": clear}))

    def run(*args: str, expect: int = 0, text: str = "") -> str:
        result = CliRunner().invoke(main, [*args, "--config", str(config)], input=text)
        assert result.exit_code == expect, result.output
        assert clear not in result.output
        return result.output.strip()

    assert "run `sting master-key wrap`" in run("check-config", expect=1)
    wrapped = run("master-key", "wrap", text=clear)
    assert run("master-key", "new").startswith("wrapped:")
    assert "holds no master key" in run("master-key", "wrap", text="nothing", expect=1)
    config.write_text(yaml.safe_dump({"data_dir": str(tmp_path / "data"), "kms": kms, "master_key": wrapped}))
    run("check-config")
    settings = load_settings(config, environ={})
    assert open_sealer(settings).open(sealed, "c") == b"x"
    config.write_text(yaml.safe_dump({"master_key": wrapped}))
    assert "name the key service" in run("check-config", expect=1)
