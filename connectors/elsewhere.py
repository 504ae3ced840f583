"""Parts of a whole scan as tasks of a Dask cluster, for what one machine's gateway does not get through (extra `dask`).

async for looked in on_dask("tls://scheduler:8786", Task(config, data_dir, tenant), parts): ...

Each worker opens the installation's own database, store, master key and gateway by the same configuration file, as
`sting worker` does; what passes through the scheduler are names and counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.gateway_client import gateway_client
from connectors.jars import DEFAULT_TENANT, JarProblem
from connectors.local import Place, local_jars
from connectors.whole_scan import Looked, Part, looked_at
from policies.cli_options import read_settings
from policies.service_keys import gateway_access

RETRIES = 2
"""Of a part whose worker failed; one whose worker died is given to another anyway."""
CONNECT_S = 15


@dataclass(frozen=True, slots=True)
class Task:
    """Where the installation is, as every worker sees it: configuration file, data folder, whose jars."""

    config: Path | None
    data_dir: Path | None
    tenant: str = DEFAULT_TENANT


def look(task: Task, part: Part) -> Looked:
    """Look at a part, from a process of its own. Blocking."""
    return asyncio.run(_look(task, part))


async def _look(task: Task, part: Part) -> Looked:
    settings = read_settings(task.config, task.data_dir)
    async with local_jars(Place(settings, task.config, task.data_dir, task.tenant)) as jars:
        row = await jars.row(part.jar)
        access = await gateway_access(settings, jars.database, jars.sealer, jars.tenant)
        async with gateway_client(access) as gateway:
            return await looked_at(jars, row, gateway, part)


async def on_dask(address: str, task: Task, parts: Sequence[Part]) -> AsyncIterator[Looked]:
    """Look at the parts on the workers of a scheduler. Raises JarProblem, and what a part raised on its last try."""
    distributed = await asyncio.to_thread(_library)
    try:
        client = await distributed.Client(address, asynchronous=True, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise JarProblem(
            f"The Dask scheduler cannot be reached ({type(error).__name__}): check its address, and TLS in Dask's own "
            "configuration."
        ) from None
    async with client:
        futures = [client.submit(look, task, part, pure=False, retries=RETRIES) for part in parts]
        async for _, looked in distributed.as_completed(futures, loop=client.loop, with_results=True):
            yield looked


def _library() -> Any:  # noqa: ANN401 - an optional package
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        raise JarProblem(
            "Scanning on a Dask cluster needs a package that is not installed: pip install 'sting-ce[dask]'"
        ) from None
    return distributed
