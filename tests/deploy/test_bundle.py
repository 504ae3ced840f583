"""The bundle for machines without a network: it installs with every way out closed, and refuses a changed file."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_WAY_OUT = {
    "PATH": "/usr/bin:/bin",
    "PIP_CONFIG_FILE": "/dev/null",
    "http_proxy": "http://127.0.0.1:1",
    "https_proxy": "http://127.0.0.1:1",
    "PYTHON": sys.executable,
}

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def install(bundle: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(bundle / "install.sh"), str(folder / "sting")],
        cwd=folder, env={**NO_WAY_OUT, "HOME": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_bundle_installs_without_a_network_and_finds_values(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "scripts/bundle.py", tmp_path / "out"], capture_output=True, text=True, check=False
    )
    if made.returncode and "pip" in made.stderr and "download" in made.stderr:
        pytest.skip("the package registry cannot be reached, and a bundle is made from it")
    assert made.returncode == 0, made.stderr
    with tarfile.open(made.stdout.split()[-1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (bundle,) = tmp_path.glob("sting_ce-*-bundle-*")
    names = [path.name for path in (bundle / "wheels").iterdir()]
    assert all(name.endswith(".whl") for name in names)
    assert any(name.startswith("en_core_web_sm") for name in names), "the model is one of them"
    listed = {line.split("  ")[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}

    done = install(bundle, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "letter.txt").write_text("Write to Margaret Okafor, a.b@example.com.")
    found = subprocess.run(
        [tmp_path / "sting/bin/sting", "scan", "letter.txt", "--format", "json", "--data-dir", tmp_path / "data"],
        cwd=tmp_path, env={**NO_WAY_OUT, "HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "EMAIL_ADDRESS" in found.stdout, found.stderr
    assert "PERSON" in found.stdout

    first = bundle / "wheels" / min(names)
    first.write_bytes(first.read_bytes() + b"x")
    (tmp_path / "again").mkdir()
    refused = install(bundle, tmp_path / "again")
    assert (refused.returncode, "nothing was installed" in refused.stdout) == (1, True)
    assert not (tmp_path / "again/sting").exists()
