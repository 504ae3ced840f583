"""The connector of object stores against an S3 server (moto's)."""

from __future__ import annotations

import contextlib
import gzip
import io
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from connectors.base import ConnectorProblem
from connectors.registry import open_connector
from tests.connector_contract import ConnectorContract, people

SECRET = "store-s3cret-key"
SCHEMA = {"id": pl.Int64, "name": pl.String, "amount": pl.Float64, "day": pl.Date, "note": pl.String}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class TestStoreConnector(ConnectorContract):
    kind = "store"
    table, empty_table = "in/people.parquet", "in/nobody.parquet"
    pattern, format = "in/*.parquet", "parquet"

    def objects(self) -> dict[str, bytes]:
        written = {}
        for name, rows in (("people", people()), ("nobody", [])):
            out = io.BytesIO()
            pl.DataFrame(rows, schema=SCHEMA).write_parquet(out)
            written[f"in/{name}.parquet"] = out.getvalue()
        return written

    @pytest.fixture
    def config(self, endpoint: str) -> dict[str, Any]:
        import boto3

        keys = {"aws_access_key_id": "k", "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        with contextlib.closing(boto3.client("s3", endpoint_url=endpoint, **keys)) as client:
            client.create_bucket(Bucket="data")
            for name, data in self.objects().items():
                client.put_object(Bucket="data", Key=name, Body=data)
        store = {"kind": "s3", "access_key": "k", "secret_key": SECRET, "endpoint": endpoint}
        return {"store": store, "bucket": "data", "pattern": self.pattern, "format": self.format}

    async def reached(self, config: dict[str, Any]) -> None:
        connector = open_connector("store", config, self.boundaries)
        try:
            await connector.ping()
        finally:
            await connector.close()

    async def test_what_is_not_there_is_told_without_the_key(self, config: dict[str, Any]) -> None:
        for changes in ({"bucket": "gone-bucket"}, {"pattern": "none/*"}):
            with pytest.raises(ConnectorProblem) as caught:
                await self.reached({**config, **changes})
            assert caught.value.code == "not_found"
            assert "s3cret" not in f"{caught.value!r} {caught.value.__cause__!r}"

    async def test_an_address_of_metadata_is_refused_and_a_dead_one_told(self, config: dict[str, Any]) -> None:
        for endpoint, code in (("http://169.254.169.254", "forbidden"), ("http://127.0.0.1:9", "unreachable")):
            changed = {**config, "store": {**config["store"], "endpoint": endpoint}, "timeout_s": 1}
            with pytest.raises(ConnectorProblem) as caught:
                await self.reached(changed)
            assert caught.value.code == code


class TestStoreOfPackedCsv(TestStoreConnector):
    table, empty_table = "in/people.csv", "in/nobody.csv"
    pattern, format = "in/*.csv.gz", "csv"

    def objects(self) -> dict[str, bytes]:
        frames = {"people": pl.DataFrame(people(), schema=SCHEMA), "nobody": pl.DataFrame([], schema=SCHEMA)}
        return {
            f"in/{name}.csv.gz": gzip.compress(frame.write_csv().encode(), mtime=0) for name, frame in frames.items()
        }
