"""`sting support-bundle` over an installation full of secrets and names: none of them is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from policies.cli import main

SECRET = "planted-secret"
CONFIG = {
    "gateway": {"port": 9000, "url": f"http://{SECRET}-host:8080"},
    "redis": {"url": f"redis://user:{SECRET}@redis.example.com/0"},
    "database": {"url": f"postgresql+asyncpg://sting:{SECRET}@127.0.0.1:1/db"},
    "master_key": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
    "providers": {
        f"{SECRET}-name": {"kind": "openai", "base_url": f"https://{SECRET}.example.com/v1", "api_key": SECRET}
    },
    "default_provider": f"{SECRET}-name",
    "models": {f"{SECRET}-model": {"target": f"{SECRET}-name/x"}},
    "keys": [{"name": f"{SECRET}-key", "secret": SECRET, "tenant": f"{SECRET}-tenant"}],
    "prices": {f"{SECRET}-model": {"input": 2.5, "output": 10}},
}


@pytest.fixture
def printed(tmp_path: Path) -> str:
    config = tmp_path / "config.yaml"
    data = tmp_path / "data"
    (data / "jars").mkdir(parents=True)
    (data / "jars" / f"{SECRET}.txt").write_text(f"{SECRET} jane.doe@example.com")
    config.write_text(yaml.safe_dump({**CONFIG, "data_dir": str(data)}))
    done = CliRunner().invoke(main, ["support-bundle", "--config", str(config)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_no_secret_name_or_address_is_in_it(printed: str) -> None:
    for word in (SECRET, "jane.doe", "example.com", "127.0.0.1", "QUFB", "sting:", "Bearer"):
        assert word not in printed


def test_it_helps_all_the_same(printed: str) -> None:
    told = json.loads(printed)
    assert told["settings"]["gateway"]["port"] == 9000
    assert told["settings"]["providers"]["#1"]["kind"] == "openai"
    assert told["settings"]["providers"]["#1"]["api_key"] == "set"
    assert told["settings"]["providers"]["entries"] == 1
    assert told["database"] == {"kind": "external", "state": "cannot be reached"}
    assert told["data_dir"] == {"files": 1, "bytes": len(f"{SECRET} jane.doe@example.com")}
    assert told["packages"]["aiohttp"][0].isdigit()
