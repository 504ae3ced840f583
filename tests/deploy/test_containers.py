"""Dockerfile and compose.yaml, read as their engines would; none runs here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = {"migrate", "gateway", "console", "worker"}
COMPOSE_FILES = ROOT / "deploy/compose"
ENVIRON = {
    "STING_MASTER_KEY": "A" * 43 + "=",
    "STING_REDIS_URL": "redis://valkey:6379/0",
    "STING_DATABASE_URL": "postgresql+asyncpg://sting:pw@postgres/sting",
}


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#")))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in joined.splitlines() if line.strip()]


def test_the_image_runs_as_nobody_and_carries_no_compiler() -> None:
    steps = instructions()
    last_stage = steps[max(index for index, (name, _) in enumerate(steps) if name == "FROM") :]
    assert ("USER", "10001:10001") in last_stage
    text = "\n".join(f"{name} {rest}" for name, rest in last_stage)
    assert not re.search(r"build-essential|\bgcc\b|pip install|git\b", text)
    names = [name for name, _ in last_stage]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in {"RUN", "COPY"})
    assert {"HEALTHCHECK", "ENTRYPOINT", "CMD"} <= set(names)


def test_the_dockerfile_keeps_the_usual_rules() -> None:
    for name, rest in instructions():
        assert name != "ADD"
        if name == "FROM":
            assert re.search(r":\d", rest.split(" AS ")[0]), "a base image needs a version"
        if "apt-get install" in rest:
            assert rest.startswith("apt-get update")
            assert "--no-install-recommends" in rest
            assert "rm -rf /var/lib/apt/lists/*" in rest
        if "pip install" in rest:
            assert "--no-cache-dir" in rest
            assert "--constraint constraints.txt" in rest
        if name in {"CMD", "ENTRYPOINT"}:
            assert rest.startswith("["), "a shell would swallow SIGTERM"


def test_the_label_names_a_list_of_parts_that_the_build_writes() -> None:
    (place,) = re.findall(r'\.sbom="([^"]+)"', DOCKERFILE)
    (step,) = [rest for name, rest in instructions() if name == "RUN" and place in rest]
    (script,) = re.findall(r"python (scripts/\w+\.py) >", step)
    done = subprocess.run([sys.executable, ROOT / script], capture_output=True, text=True, check=True)
    parts = {part["name"] for part in json.loads(done.stdout)["components"]}
    assert {"aiohttp", "presidio-analyzer"} <= parts
    assert f"!{script}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_what_the_build_needs_is_let_in_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert not let_in & {".git", ".sting", ".env", "tests"}
    assert all((ROOT / name).exists() for name in let_in)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {project["readme"], *project["license-files"]} <= let_in, "a wheel without them is built in silence"
    packages = re.search(r"^packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert packages is not None
    assert set(re.findall(r'"(\w+)"', packages.group(1))) <= let_in


def test_our_containers_are_confined() -> None:
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert "ports" not in service, "nginx is the way in"


def test_only_the_gateway_reaches_the_outside() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    outside = {name for name, service in COMPOSE["services"].items() if "outside" in service["networks"]}
    assert outside == {"gateway"}
    with_keys = {name for name in OURS if "OPENAI_API_KEY" in COMPOSE["services"][name]["environment"]}
    assert with_keys == {"gateway"}


def test_files_that_are_mounted_exist() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source == "./deploy/compose/tls":
                continue  # the operator's certificate
            assert (ROOT / source).exists() if source.startswith("./") else source in COMPOSE["volumes"], volume


def test_images_have_versions_and_commands_exist() -> None:
    import click

    from policies.cli import main

    for name, service in COMPOSE["services"].items():
        assert re.search(r":v?\d", service["image"]), name
        if name in OURS:
            found: click.Command | None = main
            for word in service["command"][: service["command"].index("--config")]:
                assert isinstance(found, click.Group)
                found = found.get_command(click.Context(found), word)
            assert found is not None, service["command"]


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for name in ("STING_MASTER_KEY", "POSTGRES_PASSWORD", "GRAFANA_PASSWORD"):
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text


def test_the_configuration_is_one_that_the_product_reads() -> None:
    from policies.settings import load_settings

    settings = load_settings(COMPOSE_FILES / "config.yaml", environ=ENVIRON)
    grace = int(COMPOSE["services"]["gateway"]["stop_grace_period"].rstrip("s"))
    assert grace > settings.gateway.drain_s


def test_prometheus_reads_its_configuration(tmp_path: Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    shutil.copy(COMPOSE_FILES / "prometheus.yml", tmp_path)
    shutil.copy(ROOT / "charts/sting/files/rules.yaml", tmp_path)
    done = subprocess.run(
        [program, "check", "config", "prometheus.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy/systemd").glob("*.service")), ids=lambda unit: str(unit.name))
def test_units_are_confined_and_run_commands_that_exist(unit: Path) -> None:
    import click

    from policies.cli import main
    from policies.settings import load_settings

    lines = unit.read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert (given["User"], given["NoNewPrivileges"], given["ProtectSystem"]) == ("sting", "true", "strict")
    assert given["LimitCORE"] == "0", "a core dump holds originals"
    words = given["ExecStart"].split()
    command = main.get_command(click.Context(main), words[1])
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options
    if "gateway" in unit.name:
        drain = load_settings(COMPOSE_FILES / "config.yaml", environ=ENVIRON).gateway.drain_s
        assert int(given["TimeoutStopSec"]) > drain


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    units = []
    for unit in (ROOT / "deploy/systemd").glob("*.service"):
        units.append(tmp_path / unit.name.replace("@", "@8080"))
        text = unit.read_text(encoding="utf-8")
        assert "/opt/sting/bin/sting " in text
        units[-1].write_text(
            text.replace("/opt/sting/bin/sting ", "/bin/true ")
        )  # it looks whether the program is there
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if str(tmp_path) in line]) == (0, [])
