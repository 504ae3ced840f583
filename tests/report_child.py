"""A worker as a process that kills itself (SIGKILL) at a step: FOLDER REDIS GATEWAY CONFIG STEP before|after.

STEP is the name of a step, or `document`. With STEP `none` it works until it is killed from outside.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from policies.service_keys import GatewayAccess
from policies.settings import load_settings
from reports.store import RunStore
from reports.working import ReportWorker
from tests.report_fixture import bench, small_reader


def die_at(step: str, when: str) -> None:
    """Make the store kill this process around the storing of one result."""
    keep_step, keep_document = RunStore.keep_step, RunStore.keep_document

    async def keeping_step(self: RunStore, lease: Any, name: str, *args: Any, **more: Any) -> None:
        if name == step and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await keep_step(self, lease, name, *args, **more)
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    async def keeping_document(self: RunStore, *args: Any, **more: Any) -> int:
        if step == "document" and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        version = await keep_document(self, *args, **more)
        if step == "document":
            os.kill(os.getpid(), signal.SIGKILL)
        return version

    RunStore.keep_step = keeping_step  # type: ignore[method-assign]
    RunStore.keep_document = keeping_document  # type: ignore[method-assign]


async def main(folder: str, redis: str, gateway: str, config: str, step: str, when: str) -> None:
    """Work until killed."""
    die_at(step, when)
    settings = load_settings(Path(config), environ={})
    access = GatewayAccess(gateway, "sk-test-dev")
    async with bench(Path(folder), settings, redis, access, small_reader()) as made:
        print("ready", flush=True)  # noqa: T201 - what the test waits for
        async with ReportWorker(made.parts).running(concurrency=1):
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
