"""What is released: wheel and sdist hold the pages, build to the same bytes twice, and install into a clean venv."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def _pages_are_built() -> bool:
    spec = importlib.util.spec_from_file_location("build_ui", ROOT / "scripts" / "build_ui.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return bool(module.is_current())


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed files and the built pages, apart from this checkout."""
    if not _pages_are_built():
        pytest.skip("the console's pages are not built: make ui")
    folder = tmp_path_factory.mktemp("release") / "tree"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "admin_ui" / "static", folder / "admin_ui" / "static")
    return folder


@pytest.fixture(scope="module")
def built(tree: Path) -> Path:
    """The folder with wheel and sdist."""
    out = tree.parent / "dist"
    _run(BIN / "uv", "build", "--quiet", "--wheel", "--sdist", "--out-dir", out, ".", cwd=tree)
    return out


def test_wheel_and_sdist_hold_the_pages_and_the_licence(built: Path) -> None:
    wheel, sdist = next(built.glob("*.whl")), next(built.glob("*.tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        inside = archive.namelist()
    assert "admin_ui/static/index.html" in inside
    assert any(name.startswith("admin_ui/static/assets/") and name.endswith(".js") for name in inside)
    assert {Path(name).name for name in inside if ".dist-info/licenses/" in name} == {"LICENSE", "NOTICE"}
    assert not [name for name in inside if name.startswith(("tests/", "admin_ui/web", "benchmarks/"))]
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"admin_ui/static/index.html", "LICENSE", "NOTICE", "pyproject.toml"} <= names


def test_the_wheel_is_reproducible(tree: Path, built: Path) -> None:
    again = tree.parent / "again"
    for path in tree.rglob("*.py"):
        path.touch()  # another time of day, the same contents
    _run(BIN / "uv", "build", "--quiet", "--wheel", "--out-dir", again, ".", cwd=tree)
    digests = [hashlib.sha256(next(folder.glob("*.whl")).read_bytes()).hexdigest() for folder in (built, again)]
    assert digests[0] == digests[1]


async def test_pipx_installs_the_wheel_and_it_runs(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By pipx itself: a venv of its own, the wheel, nothing of this checkout."""
    wheel = next(built.glob("*.whl"))  # noqa: ASYNC240 - a listing of two files
    for name, folder in (("HOME", "pipx"), ("BIN_DIR", "bin"), ("MAN_DIR", "man")):
        monkeypatch.setenv(f"PIPX_{name}", str(tmp_path / folder))
    pinned = ("--pip-args", f"--constraint {ROOT / 'constraints.txt'}")
    install = ("install", "--quiet", "--python", sys.executable, *pinned, wheel)
    _run(BIN / "uv", "tool", "run", "--quiet", "pipx", *install, cwd=tmp_path)
    sting = tmp_path / "bin" / "sting"
    assert wheel.name.split("-")[1] in _run(sting, "--version", cwd=tmp_path)
    _run(sting, "check-config", "--config", ROOT / "config.example.yaml", "--data-dir", tmp_path / "data", cwd=tmp_path)
    (tmp_path / "letter.txt").write_text("Write to a.b@example.com.")
    found = _run(sting, "scan", "letter.txt", "--format", "json", "--data-dir", tmp_path / "data", cwd=tmp_path)
    assert "EMAIL_ADDRESS" in found
    console = await asyncio.create_subprocess_exec(
        sting, "console", "--port", "0", "--data-dir", tmp_path / "data", cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert console.stdout is not None
        async with asyncio.timeout(120):
            line = ""
            while not line.startswith("console: "):
                line = (await console.stdout.readline()).decode()
        async with aiohttp.ClientSession() as session, session.get(line.split()[1]) as answer:
            assert answer.status == 200
            assert '<script type="module"' in await answer.text()
    finally:
        with suppress(ProcessLookupError):
            console.terminate()
        await console.wait()
