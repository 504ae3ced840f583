"""The three demo jars: a shop, a clinic and a bank full of invented people, each under the policy that fits it.

await ensure_demo_jars(settings, database, sealer)          # at start; does nothing when they are there
"""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass

from connectors.demo_frames import demo_frames, demo_tables
from connectors.gateway_client import GatewayClient, GatewayFailed, gateway_client
from connectors.jar_filling import Filled, Progress, fill
from connectors.jar_members import add_member
from connectors.jar_tables import JarRow
from connectors.jar_values import register_values
from connectors.jars import DEFAULT_TENANT, JarProblem, Jars, JarSpec
from connectors.objects import open_store
from policies.db import Database
from policies.sealing import Sealer
from policies.service_keys import gateway_access
from policies.settings import Settings

OWNER = "demo"
DEMO_JARS = (
    JarSpec("techcorp", "public", "A shop for home electronics: customers, sales, support", ("demo",), "balanced"),
    JarSpec("healthcare", "public", "A clinic: patients, appointments, laboratory", ("demo",), "hipaa"),
    JarSpec("financial", "public", "A bank: accounts, payments, loan applications", ("demo",), "pci"),
)
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class DemoJar:
    """What became of one demo jar: `made` False when it was there already."""

    name: str
    made: bool
    filled: Filled | None = None


async def ensure_demo_jars(
    settings: Settings,
    database: Database,
    sealer: Sealer,
    *,
    tenant: str = DEFAULT_TENANT,
    reset: bool = False,
    progress: Progress = lambda _table, _rows: None,
) -> list[DemoJar]:
    """Make the demo jars that are missing; with `reset` all of them anew.

    The gateway is told their values when it runs; else at the next call. Raises DatabaseUnavailable, StorageFailed,
    SealBroken.
    """
    jars = Jars(database, sealer, open_store(settings), tenant)
    there = {row.name: row for row in await jars.rows()}
    if reset:
        for spec in DEMO_JARS:
            if (row := there.pop(spec.name, None)) is not None:
                await jars.delete(row)
    async with AsyncExitStack() as stack:
        gateway = await _gateway(stack, settings, database, sealer, tenant)
        missing = [spec for spec in DEMO_JARS if not await _complete(jars, there.get(spec.name), gateway)]
        made = await _made(jars, missing, there, gateway, progress)
    return [DemoJar(spec.name, spec.name in made, made.get(spec.name)) for spec in DEMO_JARS]


async def _gateway(
    stack: AsyncExitStack, settings: Settings, database: Database, sealer: Sealer, tenant: str
) -> GatewayClient | None:
    """A client of the gateway, or None when it does not answer."""
    client = await stack.enter_async_context(gateway_client(await gateway_access(settings, database, sealer, tenant)))
    try:
        await client.analyze(["hello"], "balanced")
    except GatewayFailed:
        return None
    return client


async def _complete(jars: Jars, row: JarRow | None, gateway: GatewayClient | None) -> bool:
    """Whether the jar holds its rows; the gateway is told its values when it was not there before."""
    if row is None or not await jars.tables(row):
        return False
    if row.values_at is None and gateway is not None:
        await register_values(jars, row, gateway)
    return True


async def _made(
    jars: Jars,
    missing: list[JarSpec],
    there: dict[str, JarRow],
    gateway: GatewayClient | None,
    progress: Progress,
) -> dict[str, Filled]:
    """The sets are generated in processes of their own, and stored here as they come."""
    if not missing:
        return {}
    made: dict[str, Filled] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(_WORKERS, len(missing)), mp_context=context) as pool:
        loop = asyncio.get_running_loop()
        coming = {spec.name: loop.run_in_executor(pool, demo_frames, spec.name) for spec in reversed(missing)}
        for spec in reversed(missing):
            frames = await coming[spec.name]
            row = there.get(spec.name) or await _row(jars, spec)
            member = await add_member(jars, row, "demo", {"set": spec.name}, person=OWNER)
            tables = await demo_tables(spec.name, frames)
            made[spec.name] = await fill(jars, row, member, tables, gateway, person=OWNER, progress=progress)
    return made


async def _row(jars: Jars, spec: JarSpec) -> JarRow:
    try:
        return await jars.create(spec, OWNER)
    except JarProblem:  # another process was first
        return await jars.row(spec.name)
