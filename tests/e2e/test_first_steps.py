"""The README and the quick start, block by block as a reader copies them, against one `sting up --demo`."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.blocks import ROOT, Block, all_blocks
from tests.e2e.sting_process import program, sting

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


async def done(folder: Path, block: Block, places: dict[str, str]) -> str:
    """Output of a block in the reader's folder; `places` are words of the page that are others on this machine."""
    text = block.text
    for written, here in places.items():
        text = text.replace(written, here)
    if block.needs:
        shutil.copy(ROOT / block.needs, folder)
    command = (".venv/bin/python", "-c", text) if block.kind == "python" else ("sh", "-e", "-c", text)
    status, output, errors = await program(folder, *command)
    assert status == 0, f"{block.page}: {block.text}\n{output[-2000:]}{errors[-2000:]}"
    return output


async def demo_sets_are_there(folder: Path) -> None:
    """`up` brings the demo's jars in once it serves; the reader comes to them later."""
    async with asyncio.timeout(600):
        while "techcorp" not in (await program(folder, ".venv/bin/sting", "jars", "list"))[1]:  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(3)  # each look is a process of its own, which the loading shares its cores with


async def test_every_block_does_what_the_page_says(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    # The folder that the page means by default: .sting in the reader's folder.
    async with sting(tmp_path, "up", "--demo", "--gateway-port", "0", "--console-port", "0") as up:
        gateway = (await up.line("STING-CE is running.")).split("Gateway: ")[1].split()[0]
        await up.line("Key:")
        places = {
            "http://127.0.0.1:8080": gateway,
            "<the key that make run prints>": (tmp_path / ".sting/demo.key").read_text(),
        }
        await demo_sets_are_there(tmp_path)
        runs = {block.text: block for block in all_blocks() if block.kind in {"sh", "python"}}  # the same text once
        for block in runs.values():
            assert block.shows in await done(tmp_path, block, places), block.text
        scrambled = (tmp_path / "scrambled.txt").read_text()
        assert "Priya" not in scrambled
        assert "PERSON_" in scrambled
        assert "techcorp" in (tmp_path / "insights.html").read_text(encoding="utf-8").casefold()
        up.interrupt()
        assert await up.ended() == 0


def test_the_readme_shows_what_happens_to_its_texts() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "scripts/readme_example.py"), "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, f"run scripts/readme_example.py\n{ran.stderr[-2000:]}"
