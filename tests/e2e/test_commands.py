"""The commands as real processes: `sting up --demo`, what it leaves behind, and the commands on texts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.sting_process import program, run, sting
from tests.gateway_fixture import until

pytestmark = pytest.mark.timeout(240)

LETTER = "Dear Margaret Okafor, we wrote to m.okafor@example.com and you paid with 4111 1111 1111 1111."
VALUES = ("Margaret Okafor", "m.okafor@example.com", "4111 1111 1111 1111")


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration with one detection worker and the demo model."""
    path = tmp_path / "config.yaml"
    settings = {
        "gateway": {"port": 0},
        "data_dir": str(tmp_path / "data"),
        "providers": {"demo": {"kind": "demo", "local": True}},
        "default_provider": "demo",
        "detection": {"workers": 1, "deadline_s": 60},
    }
    path.write_text(yaml.safe_dump(settings))
    return str(path)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_up_prints_a_curl_line_that_works_and_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    ports = ("--gateway-port", "0", "--console-port", "0")
    async with sting(tmp_path, "up", "--demo", *ports, "--data-dir", str(data)) as up:
        line = await up.line("curl ")
        run_file = json.loads((data / "run.json").read_text())
        assert run_file["pid"] in up.left_behind()
        assert (data / "run.json").stat().st_mode & 0o777 == 0o600
        assert (data / "demo.key").stat().st_mode & 0o777 == 0o600
        status, answer, _ = await program(tmp_path, "sh", "-c", line)
        assert status == 0
        head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
        assert head.startswith("HTTP/1.1 200")
        assert "EMAIL_ADDRESS=1" in head
        text = json.loads(body)["choices"][0]["message"]["content"]
        assert "Margaret Okafor" in text
        assert json.loads(body)["model"] == "sting-demo"
        assert len(up.left_behind()) >= 2, "a store and a detection worker run beside it"
        up.interrupt()
        assert await up.ended() == 0
        assert up.left_behind() == {}
        assert not (data / "run.json").exists()
        assert "Traceback" not in up.log.read_text()


@pytest.mark.parametrize("number", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGKILL])
async def test_a_gateway_that_is_ended_or_killed_leaves_no_process(
    tmp_path: Path, config: str, number: signal.Signals
) -> None:
    async with sting(tmp_path, "gateway", "--config", config) as gateway:
        await gateway.line("gateway: http://127.0.0.1:")
        assert any("valkey" in command for command in gateway.left_behind().values())
        os.kill(gateway.process.pid, number)
        assert await gateway.ended() == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        await until(lambda: gateway.left_behind() == {}, 20)


@pytest.mark.long
async def test_ctrl_c_while_it_starts_leaves_no_process(tmp_path: Path, config: str) -> None:
    async with sting(tmp_path, "gateway", "--config", config) as gateway:
        await until(lambda: any("valkey-server" in command for command in gateway.left_behind().values()), 60)
        gateway.interrupt()
        await gateway.ended()
        await until(lambda: gateway.left_behind() == {}, 20)


async def scan_the_letter(folder: Path, config: str) -> None:
    (folder / "letter.txt").write_text(LETTER)
    status, output, errors = await run(folder, "scan", "letter.txt", "--json", "--config", config)
    assert status == 0, errors
    found = {LETTER[row["start"] : row["end"]] for row in json.loads(output)["findings"]}
    assert found.issuperset(VALUES)


async def scramble_and_restore_the_letter(folder: Path, config: str) -> None:
    arguments = ("--session", "letter-7", "--config", config)
    status, scrambled, errors = await run(folder, "scramble", *arguments, given=LETTER)
    assert status == 0, errors
    assert not [value for value in VALUES if value in scrambled]
    status, restored, _ = await run(folder, "restore", *arguments, given=f"{scrambled}\n{scrambled.lower()}")
    assert status == 0
    assert restored.startswith(f"{LETTER}\n")
    assert all(restored.count(value) == 2 for value in VALUES)


@pytest.mark.long
async def test_texts_can_be_scrambled_and_restored_without_a_running_gateway(tmp_path: Path, config: str) -> None:
    await scramble_and_restore_the_letter(tmp_path, config)


async def test_texts_go_to_the_gateway_that_runs_on_the_same_data_dir(tmp_path: Path, config: str) -> None:
    async with sting(tmp_path, "gateway", "--config", config) as gateway:
        await gateway.line("gateway: ")
        await scan_the_letter(tmp_path, config)
        await scramble_and_restore_the_letter(tmp_path, config)
        arguments = ("--session", "letter-7", "--config", config, "--json")
        status, output, _ = await run(tmp_path, "restore", *arguments, given="PERSON_K7Q2M9XA?")
        answer: dict[str, Any] = json.loads(output)
        assert (status, answer["texts"], answer["restored"]) == (0, ["PERSON_K7Q2M9XA?"], 0)
        status, output, errors = await run(tmp_path, "scan", "letter.txt", "--config", config, "--policy", "none-such")
        assert (status, output) == (1, "")
        assert errors.startswith("Error: ")
        gateway.interrupt()
        assert await gateway.ended() == 0


async def test_verify_shows_what_left_and_exits_with_0(tmp_path: Path, config: str) -> None:
    status, output, errors = await run(tmp_path, "verify", "--json", "--config", config)
    proofs = json.loads(output)
    assert [proof["entity_type"] for proof in proofs if not proof["good"]] == []
    assert status == 0, errors
    assert {"PERSON", "EMAIL_ADDRESS", "CREDIT_CARD"} <= {proof["entity_type"] for proof in proofs}
    assert all(proof["sent"] != "(nothing)" for proof in proofs)


@pytest.mark.long
async def test_verify_exits_with_1_when_something_is_not_held_back(tmp_path: Path, config: str) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    weak = {"name": "weak", "default": "scramble", "detection": {"engines": ["patterns"]}}
    (policies / "weak.yaml").write_text(yaml.safe_dump(weak))
    with open(config, "a") as file:  # noqa: ASYNC230, PTH123 - a test may wait for its disk
        file.write(yaml.safe_dump({"policies": {"directory": str(policies)}}))
    status, output, _ = await run(tmp_path, "verify", "--json", "--config", config, "--policy", "weak")
    assert status == 1
    bad = {proof["entity_type"] for proof in json.loads(output) if not proof["good"]}
    assert "ORGANIZATION" in bad
    assert "CREDIT_CARD" not in bad


@pytest.mark.parametrize(
    "arguments",
    [
        ("gateway", "--config", "nowhere.yaml"),
        ("scan", "letter.txt", "--config", "nowhere.yaml"),
        ("verify", "--policy", "no-such-policy"),
    ],
)
async def test_a_failure_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "letter.txt").write_text(LETTER)
    where = () if "--config" in arguments else ("--data-dir", str(tmp_path / "data"))
    status, output, errors = await run(tmp_path, *arguments, *where)
    assert status == 1
    assert "Traceback" not in errors
    assert errors.startswith("Error: ")
    assert len(errors.splitlines()) <= 2
    assert output == ""


async def test_help_loads_neither_server_nor_models(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom policies.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'aiohttp', 'presidio_analyzer', 'spacy', 'sqlalchemy', 'redis', 'openai', 'uvloop', 'numpy'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    status, output, errors = await program(tmp_path, sys.executable, "-c", code)
    assert status == 0, errors
    assert output.splitlines()[-1] == "LOADED []"
    assert "scramble" in output


@pytest.mark.parametrize("command", ["up", "gateway", "scan", "scramble", "restore", "verify", "check-config"])
async def test_every_command_explains_itself_with_an_example(tmp_path: Path, command: str) -> None:
    status, output, _ = await run(tmp_path, command, "--help")
    assert status == 0
    assert f"sting {command}" in output
    assert "Example:" in output
