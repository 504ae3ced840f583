"""Runs survive: workers killed at every step, many runs at once, nothing lost, nothing doubled, nothing paid twice."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from policies.service_keys import GatewayAccess
from proxy.upstream.demo.sections import section_reply
from reports.working import ReportWorker
from tests.fake_provider import Behaviour
from tests.gateway_fixture import Running
from tests.report_fixture import Bench, bench, small_reader

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]
ORDER = {"template": "compliance-audit", "jar": "techcorp", "models": {"write": "fake/writer", "revise": "none"}}
EVERY_TIME = {("map", "after"), ("write:risk", "before"), ("document", "after")}
"""The whole matrix is `make test-matrix`."""
STEPS = ("map", "analyse", "protect", "write:risk", "write:models", "document")


@pytest_asyncio.fixture(loop_scope="session")
async def reports(gateway: Running, tmp_path: Path) -> AsyncIterator[Bench]:
    gateway.provider.behaviour = Behaviour(mutate=lambda prompt: section_reply(prompt) or "Nothing to say.")
    access = GatewayAccess(gateway.url, "sk-test-dev")
    async with bench(tmp_path / "db", gateway.settings, gateway.gateway.valkey_url, access, small_reader()) as made:
        yield made


def asked_per_section(gateway: Running) -> Counter[str]:
    """How often each section was asked for."""
    prompts = (json.loads(request.body)["messages"][-1]["content"] for request in gateway.provider.requests)
    return Counter(prompt.partition('"')[2].partition('"')[0] for prompt in prompts)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("step", "when"),
    [
        pytest.param(step, when, marks=[] if (step, when) in EVERY_TIME else pytest.mark.matrix)
        for step, when in itertools.product(STEPS, ("before", "after"))
    ],
)
async def test_a_run_whose_worker_was_killed_goes_on_from_its_last_finished_step(
    reports: Bench,
    gateway: Running,
    tmp_path: Path,
    step: str,
    when: str,
    record_property: pytest.RecordProperty,
) -> None:
    config = gateway.settings.data_dir.parent / "config.yaml"
    words = [str(tmp_path / "db"), gateway.gateway.valkey_url, gateway.url, str(config), step, when]
    child = subprocess.Popen([sys.executable, "-m", "tests.report_child", *words], stdout=subprocess.PIPE)  # noqa: ASYNC220
    row = await reports.order(**ORDER)
    try:
        status = await asyncio.to_thread(child.wait, 120)
    finally:
        child.kill()
        if child.stdout is not None:
            child.stdout.close()
    assert status == -9
    before = asked_per_section(gateway)
    killed = asyncio.get_running_loop().time()
    dead = await reports.store.run(row.id)
    assert dead is not None
    async with ReportWorker(reports.parts).running(concurrency=1):
        await _taken_over(reports, row.id, dead.worker)
        taken = asyncio.get_running_loop().time() - killed
        ended = await reports.ended(row, 150)
    assert ended.state == "done", ended.failure
    assert taken < 30
    record_property("figure", f"killed {when} {step}: goes on after {taken:.0f} s")
    found = await reports.store.document(row.id)
    assert found is not None
    assert found[0] == 1
    again = asked_per_section(gateway) - before
    # with three sections at once, at most three answers were under way when the worker died
    assert sum(again.values()) + sum(before.values()) <= 5 + 3
    if step == "document":
        assert not again
    assert len(await reports.store.runs("default")) == 1


async def _taken_over(reports: Bench, run: str, dead: str | None) -> None:
    """Until another worker has the run."""
    async with asyncio.timeout(150):
        while True:
            row = await reports.store.run(run)
            assert row is not None
            if row.worker not in {dead, None} or row.state == "done":
                return
            await asyncio.sleep(0.05)


async def _something_to_audit(reports: Bench) -> None:
    """Until the gateway tells of an exchange: a section without facts is not asked for."""
    async with reports.parts.gateway_for("default", "report-of-none", None, 60) as gateway, asyncio.timeout(60):
        while not [event async for event in gateway.exchanges(size=10)]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.matrix
@pytest.mark.timeout(400)
async def test_fifty_runs_at_once_all_finish(
    reports: Bench, gateway: Running, record_property: pytest.RecordProperty
) -> None:
    async with ReportWorker(reports.parts).running(concurrency=1):
        await reports.ended(await reports.order(**ORDER, seed=50), 150)
    await _something_to_audit(reports)
    alone = asked_per_section(gateway)
    began = asyncio.get_running_loop().time()
    async with ReportWorker(reports.parts).running(concurrency=50):
        rows = [await reports.order(**ORDER, seed=number) for number in range(50)]
        states = [(await reports.ended(row, 350)).state for row in rows]
    assert states == ["done"] * 50
    assert set((asked_per_section(gateway) - alone).values()) == {50}
    seconds = asyncio.get_running_loop().time() - began
    record_property("figure", f"fifty reports at once: {seconds:.0f} s")
