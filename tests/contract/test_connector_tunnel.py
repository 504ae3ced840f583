"""Databases behind an SSH server, and those that ask for a client certificate: against a real PostgreSQL."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors.base import ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.registry import checked_config, open_connector
from connectors.secrets import split
from tests.postgres_source import PostgresSource
from tests.tunnel_fixture import PASSPHRASE

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("postgres_source")]


@pytest.fixture(scope="session")
def table(postgres_source: PostgresSource) -> str:
    postgres_source.sql(
        "CREATE TABLE crm.behind (id int PRIMARY KEY, name text);"
        "INSERT INTO crm.behind SELECT n, 'Zoë ' || n FROM generate_series(1, 700) n;"
        "GRANT SELECT ON crm.behind TO reader"
    )
    return "crm.behind"


async def count(config: dict[str, object], table: str) -> int:
    connector = open_connector("postgres", config, Boundaries())
    return sum([len(batch.frame) async for batch in connector.read(Reading(table))])


async def test_a_table_is_read_through_the_tunnel(
    postgres_source: PostgresSource, table: str, tunnel: dict[str, Any]
) -> None:
    config = postgres_source.config(ssh=tunnel["ssh"])
    assert await count(config, table) == 700
    by_password = {**tunnel["ssh"], "private_key": None, "passphrase": None, "password": PASSPHRASE}
    assert await count(postgres_source.config(ssh=by_password), table) == 700
    assert set(tunnel["asked"]) == {("127.0.0.1", postgres_source.port)}


async def test_the_certificate_is_checked_for_the_databases_own_name(
    postgres_source: PostgresSource, table: str, tunnel: dict[str, Any]
) -> None:
    ca = (postgres_source.folder / "server.crt").read_text()
    verified = postgres_source.config(ssh=tunnel["ssh"], tls="verify-full", ca=ca)
    assert await count({**verified, "host": "localhost"}, table) == 700
    with pytest.raises(ConnectorProblem) as caught:  # an address of this machine that the certificate does not name
        await count({**verified, "host": "127.0.0.2"}, table)
    assert caught.value.code == "unreachable"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKXLbPGLP4kHmUmTxMiqiS8v8hkXmWaxBhNXvA7JqTHL"}, "refused"),
        ({"host_key": "ssh-ed25519 nonsense"}, "config"),
        ({"host_key": "what is this"}, "config"),
        ({"user": "nobody"}, "refused"),
        ({"private_key": None, "password": "wr0ng-s3cret"}, "refused"),
        ({"private_key": "no s3cret key"}, "config"),
        ({"passphrase": "wr0ng-s3cret"}, "config"),
        ({"port": 1}, "unreachable"),
        ({"host": "169.254.169.254"}, "forbidden"),
    ],
)
async def test_what_is_wrong_is_told_without_secrets(
    postgres_source: PostgresSource, tunnel: dict[str, Any], changes: dict[str, Any], code: str
) -> None:
    config = postgres_source.config(ssh={**tunnel["ssh"], **changes}, connect_timeout_s=5)
    with pytest.raises(ConnectorProblem) as caught:
        await open_connector("postgres", config, Boundaries()).ping()
    assert caught.value.code == code
    assert "s3cret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert tunnel["asked"] == []


async def test_metadata_addresses_and_several_hosts_are_refused(
    postgres_source: PostgresSource, tunnel: dict[str, Any]
) -> None:
    for host, code in (("169.254.169.254", "forbidden"), ("db1,db2", "config")):
        with pytest.raises(ConnectorProblem) as caught:
            await open_connector("postgres", postgres_source.config(ssh=tunnel["ssh"], host=host), Boundaries()).ping()
        assert caught.value.code == code


async def test_its_secrets_are_sealed(postgres_source: PostgresSource, tunnel: dict[str, Any]) -> None:
    model = checked_config("postgres", postgres_source.config(ssh=tunnel["ssh"]))
    plain, secrets = split(model)
    assert {"ssh.private_key", "ssh.passphrase"} <= set(secrets)
    assert PASSPHRASE not in f"{plain} {model!r}"
    assert "PRIVATE KEY" not in f"{plain} {model!r}"


async def test_a_client_certificate_lets_in(postgres_source: PostgresSource, table: str, tmp_path: Path) -> None:
    postgres_source.sql(
        f"CREATE ROLE badge LOGIN; GRANT USAGE ON SCHEMA crm TO badge; GRANT SELECT ON {table} TO badge"
    )
    admit_by_certificate(postgres_source, tmp_path)
    config = postgres_source.config(
        user="badge", password=None, tls="verify-full", host="localhost",
        ca=(postgres_source.folder / "server.crt").read_text(),
    )  # fmt: skip
    pair = {"client_certificate": (tmp_path / "crt").read_text(), "client_key": (tmp_path / "key").read_text()}
    assert await count({**config, **pair}, table) == 700
    with pytest.raises(ConnectorProblem) as caught:
        await count(config, table)
    assert caught.value.code == "refused"


def admit_by_certificate(source: PostgresSource, folder: Path) -> None:
    """Let `badge` in by a certificate only, which lies in `folder` with its key."""
    command = ["openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=badge"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "crt")]
    subprocess.run([*command, *files], check=True, timeout=60, capture_output=True)
    (source.folder / "clients.crt").write_text((folder / "crt").read_text())
    (source.folder / "clients.crt").chmod(0o644)
    rules = source.folder / "data" / "pg_hba.conf"
    kept = rules.read_text()
    rules.write_text(f"hostssl all badge all cert\n{kept}")
    source.sql(f"ALTER SYSTEM SET ssl_ca_file = '{source.folder}/clients.crt'")
    source.sql("SELECT pg_reload_conf()")
    while not source.sql("SHOW ssl_ca_file"):  # a new connection sees it once the server has read its files anew
        pass
