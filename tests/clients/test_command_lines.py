"""Claude Code and Codex, installed and run as their pages say: the answer holds the name, and nobody else learns it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.clients.test_recipes import FOLDER, NAME, fetched, leaked_nothing, run
from tests.gateway_fixture import NewGateway, Running

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long, pytest.mark.timeout(900)]
"""Installing takes as long as an index and a busy machine take; each step has a bound of its own."""

_BLOCK = re.compile(r"<!-- run: npm; install: (\S+) -->\n```(\w+)\n(.*?)```", re.DOTALL)
_ADDRESS, _KEY = "http://127.0.0.1:8080", "sk-sting-..."
_QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
"""Nothing but the gateway is to be asked."""


def block(page: str, gateway: Running) -> tuple[str, str, str]:
    """Package, language and text of the page's block, with this gateway's address and key in it."""
    found = _BLOCK.search((FOLDER / f"{page}.md").read_text("utf-8"))
    assert found is not None
    return found[1], found[2], found[3].replace(_ADDRESS, gateway.url).replace(_KEY, "sk-test-dev")


async def installed(folder: Path, package: str, binary: str) -> Path:
    """The command, in a folder of its own; skips the test where it cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no node on this machine")
    (folder / "package.json").write_text("{}")
    await fetched("npm", "install", "--silent", "--no-audit", "--no-fund", package, folder=folder)
    command = folder / "node_modules" / ".bin" / binary
    try:
        await run(command, "--version", folder=folder, seconds=60, environment=surroundings(folder))
    except (AssertionError, OSError):
        pytest.skip(f"{package} came without a program for this machine")
    return command


def _path() -> str:
    return f"{Path(shutil.which('node') or '/usr/bin/node').parent}:/usr/local/bin:/usr/bin:/bin"


def surroundings(folder: Path, **more: str) -> dict[str, str]:
    """Variables of a program that knows nothing of this machine."""
    return {"HOME": str(folder), "PATH": _path(), **_QUIET, **more}


async def said(gateway: Running, folder: Path, *command: str | Path, **more: str) -> str:
    """What the program writes, having asked the gateway for a letter."""
    assert gateway.detector
    gateway.detector.words[NAME] = "PERSON"
    return await run(*command, folder=folder, seconds=240, environment=surroundings(folder, **more))


async def test_claude_code(new_gateway: NewGateway, tmp_path: Path) -> None:
    async with new_gateway({"gateway.max_body_mb": 8, "default_provider": "claude"}) as gateway:
        package, _, program = block("claude-code", gateway)
        folder = tmp_path / "client"
        folder.mkdir()
        command = await installed(folder, package, "claude")
        (folder / "recipe.sh").write_text(program)
        path = f"{command.parent}:{_path()}"
        output = await said(gateway, folder, "sh", "recipe.sh", PATH=path)
        assert NAME in output
        assert {request.target for request in gateway.provider.requests} == {"/v1/messages?beta=true"}
        leaked_nothing(gateway)
    shutil.rmtree(folder / "node_modules")  # hundreds of megabytes, which pytest would keep


async def test_codex(new_gateway: NewGateway, tmp_path: Path) -> None:
    async with new_gateway({"gateway.max_body_mb": 8}) as gateway:
        package, _, settings = block("codex", gateway)
        folder = tmp_path / "client"
        (folder / ".codex").mkdir(parents=True)
        (folder / ".codex" / "config.toml").write_text(settings)
        command = await installed(folder, package, "codex")
        asked = ("exec", "--skip-git-repo-check", f"Write to {NAME}.")
        output = await said(gateway, folder, command, *asked, STING_KEY="sk-test-dev")
        assert output.count(NAME) >= 2, "what was asked is printed, and the answer"
        assert {request.target for request in gateway.provider.requests} == {"/v1/responses"}
        leaked_nothing(gateway)
    shutil.rmtree(folder / "node_modules")  # hundreds of megabytes, which pytest would keep
