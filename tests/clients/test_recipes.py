"""Each recipe of docs/clients runs as it stands there, with the client in a place of its own, and leaks nothing."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gateway_fixture import Running

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]

FOLDER = Path(__file__).parents[2] / "docs" / "clients"
NAME = "Karen Whitfield"
_RECIPE = re.compile(r"<!-- run: (\w+); install: ([^;]+?)(?:; model: (\S+))? -->\n```\w+\n(.*?)```", re.DOTALL)
_PIPE = asyncio.subprocess.PIPE
_UV = Path(sys.executable).parent / "uv"


@dataclass(frozen=True)
class Recipe:
    """One program: how it is run, what it needs, which model it asks for."""

    kind: str
    packages: list[str]
    model: str
    program: str


def recipes() -> dict[str, Recipe]:
    """The recipes by page."""
    found = {}
    for path in sorted(FOLDER.glob("*.md")):
        if match := _RECIPE.search(path.read_text("utf-8")):
            found[path.stem] = Recipe(match[1], match[2].split(), match[3] or "gpt-4o", match[4])
    return found


async def run(*command: str | Path, folder: Path, seconds: float, environment: Mapping[str, str] | None = None) -> str:
    """Output of a command; fails with what it said."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, output.decode()[-3000:]
    return output.decode()


async def installed(recipe: Recipe, folder: Path) -> list[str]:
    """The command that runs the recipe's program, its packages installed."""
    if recipe.kind == "sh":
        if shutil.which("curl") is None:
            pytest.skip("no curl on this machine")
        (folder / "recipe.sh").write_text(recipe.program)
        return ["sh", "recipe.sh"]
    if recipe.kind == "node":
        if shutil.which("node") is None or shutil.which("npm") is None:
            pytest.skip("no node on this machine")
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "recipe.mjs").write_text(recipe.program)
        await run("npm", "install", "--silent", "--no-audit", "--no-fund", *recipe.packages, folder=folder, seconds=240)
        return ["node", "recipe.mjs"]
    if not _UV.exists():
        pytest.skip("no uv beside this Python")
    (folder / "recipe.py").write_text(recipe.program)
    await run(_UV, "venv", "--quiet", "--python", sys.executable, ".venv", folder=folder, seconds=60)
    python = folder / ".venv" / "bin" / "python"
    await run(_UV, "pip", "install", "--quiet", "--python", python, *recipe.packages, folder=folder, seconds=240)
    return [str(python), "recipe.py"]


@pytest.mark.parametrize("page", recipes())
async def test_a_recipe_works_and_leaks_nothing(gateway: Running, tmp_path: Path, page: str) -> None:
    recipe = recipes()[page]
    assert gateway.detector
    gateway.detector.words[NAME] = "PERSON"
    command = await installed(recipe, tmp_path)
    environment = {
        "STING_URL": gateway.url,
        "STING_KEY": "sk-test-dev",
        "STING_MODEL": recipe.model,
        "PATH": f"{Path(shutil.which('node') or '/usr/bin/node').parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    output = await run(*command, folder=tmp_path, seconds=120, environment=environment)
    assert NAME in output
    assert gateway.provider.requests
    assert NAME.encode() not in gateway.provider.bytes_seen
    assert b"sk-test-dev" not in gateway.provider.bytes_seen
