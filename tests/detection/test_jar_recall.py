"""Free text of the demo sets once their jars are filled: how much of what is labelled the gateway finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import aiohttp
import pytest

from benchmarks.jars_recall import measure
from connectors.demo_frames import demo_tables, frames_of
from connectors.demo_jars import DEMO_JARS
from connectors.gateway_client import GatewayClient
from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jars import Jars, JarSpec
from connectors.objects import open_store
from policies.master_key import open_sealer
from policies.service_keys import GatewayAccess, service_key
from tests.demo_sets import demo_set
from tests.gateway_fixture import Running

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(800)]
TEXTS = 120
"""Of each column, about: 6,000 labelled values in all."""
LEAST = 0.995


async def test_of_the_personal_values_in_free_text_995_of_1000_are_found(
    real_gateway: Running, record_property: Callable[[str, object], None]
) -> None:
    real_gateway.begin()
    total: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    sealer = open_sealer(real_gateway.settings)
    jars = Jars(real_gateway.gateway.database, sealer, open_store(real_gateway.settings))
    access = GatewayAccess(real_gateway.url, await service_key(jars.database, sealer, jars.tenant))
    async with aiohttp.ClientSession() as session:
        gateway = GatewayClient(session, access)
        for spec in DEMO_JARS:
            dataset = demo_set(spec.name)
            row = await jars.create(JarSpec(f"recall-{spec.name}", policy=spec.policy), "usr_recall")
            member = await add_member(jars, row, "demo", {"set": spec.name}, person="usr_recall")
            tables = await demo_tables(spec.name, frames_of(dataset))
            filled = await fill(jars, row, member, tables, gateway, person="usr_recall")
            assert filled.known is not None
            async for recall in measure(gateway, dataset, str(spec.policy), TEXTS):
                record_property("figure", str(recall))
                total, missed = total + recall.total, missed + recall.missed
            await gateway.delete_values(f"jar-{row.id}")
            await jars.delete(row)
    for kind in ("customer", "all"):
        assert missed[kind] <= (1 - LEAST) * total[kind], (kind, total[kind], missed)
    assert total["customer"] > 2_000
