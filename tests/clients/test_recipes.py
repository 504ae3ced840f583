"""Each recipe of docs/clients runs as it stands there, with the client in a place of its own, and leaks nothing."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long, pytest.mark.timeout(900)]
"""Installing takes as long as an index and a busy machine take; each step has a bound of its own."""

FOLDER = Path(__file__).parents[2] / "docs" / "clients"
NAME = "Karen Whitfield"
_RECIPE = re.compile(r"<!-- run: (\w+); install: ([^;]+?)(?:; model: (\S+))? -->\n```\w+\n(.*?)```", re.DOTALL)
_MORE = re.compile(r"<!-- also; says: (\d+) -->\n```\w+\n(.*?)```", re.DOTALL)
_OLDER = "openai>=2,<3"
"""One major before the newest; frameworks still bring it along."""
_NO_INDEX = ("Failed to fetch", "dns error", "Could not connect", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")
_PIPE = asyncio.subprocess.PIPE
_UV = Path(sys.executable).parent / "uv"


@dataclass(frozen=True)
class Recipe:
    """One page: how its programs are run, what they need, which model they ask for.

    `more`: the program of every kind of call, and how often it says the name.
    """

    kind: str
    packages: list[str]
    model: str
    program: str
    more: tuple[int, str] | None


def recipes() -> dict[str, Recipe]:
    """The recipes by page; those of kind `npm`, command lines, are run by `test_command_lines.py`."""
    found = {}
    for path in sorted(FOLDER.glob("*.md")):
        page = path.read_text("utf-8")
        if (match := _RECIPE.search(page)) and match[1] != "npm":
            further = _MORE.search(page)
            more = (int(further[1]), further[2]) if further else None
            found[path.stem] = Recipe(match[1], match[2].split(), match[3] or "gpt-4o", match[4], more)
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


async def fetched(*command: str | Path, folder: Path) -> None:
    """Install from an index; skips the test where none is reached."""
    try:
        await run(*command, folder=folder, seconds=300)
    except (AssertionError, TimeoutError) as error:
        if isinstance(error, TimeoutError) or any(sign in str(error) for sign in _NO_INDEX):
            pytest.skip("no package index is reached from here")
        raise


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
        if recipe.more is not None:
            (folder / "more.mjs").write_text(recipe.more[1])
        await fetched("npm", "install", "--silent", "--no-audit", "--no-fund", *recipe.packages, folder=folder)
        return ["node", "recipe.mjs"]
    if not _UV.exists():
        pytest.skip("no uv beside this Python")
    (folder / "recipe.py").write_text(recipe.program)
    if recipe.more is not None:
        (folder / "more.py").write_text(recipe.more[1])
    await run(_UV, "venv", "--quiet", "--python", sys.executable, ".venv", folder=folder, seconds=60)
    python = folder / ".venv" / "bin" / "python"
    await fetched(_UV, "pip", "install", "--quiet", "--python", python, *recipe.packages, folder=folder)
    return [str(python), "recipe.py"]


async def check(gateway: Running, folder: Path, recipe: Recipe) -> None:
    """Run a page's programs: they say the name, and the provider never sees it."""
    assert gateway.detector
    gateway.detector.words[NAME] = "PERSON"
    command = await installed(recipe, folder)
    environment = {
        "STING_URL": gateway.url,
        "STING_KEY": "sk-test-dev",
        "STING_MODEL": recipe.model,
        "PATH": f"{Path(shutil.which('node') or '/usr/bin/node').parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
    }
    output = await run(*command, folder=folder, seconds=240, environment=environment)
    assert NAME in output
    if recipe.more is not None:
        gateway.provider.behaviour = Behaviour(adapts=True)
        command[-1] = command[-1].replace("recipe", "more")
        output = await run(*command, folder=folder, seconds=240, environment=environment)
        assert output.count(NAME) == recipe.more[0], output
        assert "PERSON_" not in output
    leaked_nothing(gateway)


def leaked_nothing(gateway: Running) -> None:
    """Fails when nobody was asked, or the name or the virtual key left."""
    assert gateway.provider.requests
    assert NAME.encode() not in gateway.provider.bytes_seen
    assert b"sk-test-dev" not in gateway.provider.bytes_seen


@pytest.mark.parametrize("page", recipes())
async def test_a_recipe_works_and_leaks_nothing(gateway: Running, tmp_path: Path, page: str) -> None:
    await check(gateway, tmp_path, recipes()[page])


async def test_openais_sdk_one_major_older(gateway: Running, tmp_path: Path) -> None:
    await check(gateway, tmp_path, replace(recipes()["openai-python"], packages=[_OLDER]))
