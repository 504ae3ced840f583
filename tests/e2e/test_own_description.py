"""The gateway's own OpenAPI: it names what is served, and nothing that fits it or does not makes the gateway fail."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest

from policies.entity_types import ENTITY_TYPES
from tests.gateway_fixture import NewGateway, Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = ENTITY_TYPES["PERSON"].example


async def test_it_names_every_route_of_ours(gateway: Running) -> None:
    status, _, body = await gateway.call("/sting/v1/openapi.json", method="GET", key=None)
    assert status == 200
    paths = json.loads(body)["paths"]
    described = {(method.upper(), f"/sting/v1{path}") for path, methods in paths.items() for method in methods}
    page = (Path(__file__).parents[2] / "docs" / "api-coverage.md").read_text()
    served = set(re.findall(r"\| ([A-Z]+) \| `(/sting/v1/[^`]+)` \| local", page))
    assert described == served - {("GET", "/sting/v1/openapi.json")}


@pytest.mark.long
@pytest.mark.timeout(280)
@pytest.mark.parametrize("mode", ["positive", "negative"])
async def test_what_schemathesis_thinks_of_breaks_nothing(new_gateway: NewGateway, tmp_path: Path, mode: str) -> None:
    keys = [{"name": "all", "secret": "sk-test-all", "policies": ["*"]}]
    keys[0]["roles"] = ["use", "restore", "values", "audit"]  # type: ignore[assignment]
    async with new_gateway({"keys": keys}) as gateway:
        gateway.detector.words = {NAME: "PERSON", "0": "PERSON"}  # type: ignore[union-attr]
        program = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")),
            *("run", f"{gateway.url}/sting/v1/openapi.json", "--url", f"{gateway.url}/sting/v1"),
            *("--header", "Authorization: Bearer sk-test-all", "--mode", mode, "--max-examples", "60"),
            *("--seed", "7", "--generation-deterministic", "--phases", "coverage,fuzzing"),
            *("--checks", "not_a_server_error,content_type_conformance,response_schema_conformance,ignored_auth"),
            *("--exclude-method", "PUT"),  # lines of known values, which schemathesis cannot write
            *("--continue-on-failure", "--no-color", "--workers", "1"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
        )
        told, _ = await asyncio.wait_for(program.communicate(), 250)
        assert program.returncode == 0, told.decode()[-6000:]
        assert not gateway.provider.requests
        assert (await gateway.call("/healthz", method="GET"))[0] == 200
