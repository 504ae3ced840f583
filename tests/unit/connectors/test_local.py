"""Commands on a machine where a gateway runs, starts, or does neither."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from connectors.local import _runs_here
from policies.running import Running, begun, run_file


async def test_a_gateway_that_starts_is_waited_for(tmp_path: Path) -> None:
    assert not await _runs_here(tmp_path)
    with begun(tmp_path):
        waiting = asyncio.create_task(_runs_here(tmp_path))
        done, _ = await asyncio.wait({waiting}, timeout=0)
        assert not done
        with run_file(tmp_path, Running(os.getpid(), "http://127.0.0.1:1", "x", "unix:///nowhere")):
            assert await asyncio.wait_for(waiting, 30)
            assert await _runs_here(tmp_path)


async def test_one_that_fails_to_start_is_not(tmp_path: Path) -> None:
    with begun(tmp_path):
        waiting = asyncio.create_task(_runs_here(tmp_path))
        await asyncio.wait({waiting}, timeout=0)
    assert not await asyncio.wait_for(waiting, 30)
