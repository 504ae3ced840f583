"""Databases behind OpenSSH's own server, run as a plain account with a configuration and keys of its own."""

from __future__ import annotations

import asyncio
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from connectors.base import ConnectorProblem, Reading
from connectors.boundaries import Boundaries
from connectors.registry import open_connector
from tests.mariadb_source import MariaSource
from tests.postgres_source import PostgresSource

SSHD = Path("/usr/sbin/sshd")
pytestmark = [pytest.mark.long, pytest.mark.system, pytest.mark.xdist_group("sshd")]
_CONFIG = """
HostKey {folder}/host
AuthorizedKeysFile {folder}/own.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding {forwarding}
PermitTTY no
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Keys and configurations; its owner is who the server runs as, and lets in."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    if not SSHD.exists() or not shutil.which("ssh-keygen") or account() not in known:
        pytest.skip("no OpenSSH server here, or no account for it: apt-get install openssh-server postgresql")
    made = Path(tempfile.mkdtemp(prefix="sting-sshd-"))
    try:
        for name in ("host", "own"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(made / name)]
            subprocess.run(command, check=True, timeout=60)
        for name, forwarding in (("open", "yes"), ("shut", "no")):
            (made / name).write_text(_CONFIG.format(folder=made, forwarding=forwarding))
        if os.geteuid() == 0:
            for path in (made, *made.iterdir()):
                shutil.chown(path, account())
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def account() -> str:
    """Not root: the account that the tests' PostgreSQL runs as, else our own."""
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


@pytest.fixture(params=["open"])
async def ssh(folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[dict[str, Any]]:
    """The settings of a tunnel. We listen, and each connection gets a server of its own, as from inetd."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)  # noqa: FBT003 - the standard library's signature
        task = asyncio.create_task(_serve(listening, folder, request.param))
        yield {
            "host": "127.0.0.1",
            "port": listening.getsockname()[1],
            "user": account(),
            "host_key": (folder / "host.pub").read_text(),
            "private_key": (folder / "own").read_text(),
        }
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _serve(listening: socket.socket, folder: Path, config: str) -> None:
    command = [str(SSHD), "-i", "-e", "-f", str(folder / config)]
    user: dict[str, Any] = {"user": account(), "group": account(), "extra_groups": []} if os.geteuid() == 0 else {}
    servers = []
    try:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listening)
            with connection:
                connection.setblocking(True)  # noqa: FBT003 - the standard library's signature
                own = {"stdin": connection, "stdout": connection, "stderr": asyncio.subprocess.DEVNULL, **user}
                servers.append(await asyncio.create_subprocess_exec(*command, cwd="/", **own))
    finally:
        for server in servers:
            with suppress(ProcessLookupError):
                server.terminate()
            await server.wait()


async def read(kind: str, config: dict[str, object], table: str) -> list[tuple[Any, ...]]:
    reading = open_connector(kind, config, Boundaries()).read(Reading(table))
    return [row async for batch in reading for row in batch.frame.rows()]


async def test_postgresql_is_read_through_it(postgres_source: PostgresSource, ssh: dict[str, Any]) -> None:
    postgres_source.sql(
        "CREATE TABLE crm.tunnelled AS SELECT n AS id, 'Zoë ' || n AS name FROM generate_series(1, 900) n;"
        "GRANT SELECT ON crm.tunnelled TO reader"
    )
    rows = await read("postgres", postgres_source.config(ssh=ssh), "crm.tunnelled")
    assert sorted(rows) == [(number, f"Zoë {number}") for number in range(1, 901)]


async def test_mariadb_is_read_through_it(mariadb_source: MariaSource, ssh: dict[str, Any]) -> None:
    mariadb_source.sql(
        "USE crm; CREATE TABLE tunnelled AS SELECT seq AS id, concat('Zoë ', seq) AS name FROM seq_1_to_900"
    )
    rows = await read("mysql", mariadb_source.config(ssh=ssh), "tunnelled")
    assert sorted((int(number), name) for number, name in rows) == [(n, f"Zoë {n}") for n in range(1, 901)]


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
@pytest.mark.parametrize("ssh", ["shut"], indirect=True)
async def test_a_server_that_does_not_forward_is_told(ssh: dict[str, Any], kind: str) -> None:
    config = {"host": "127.0.0.1", "database": "d", "user": "u", "password": "p4ss-s3cret", "ssh": ssh}
    with pytest.raises(ConnectorProblem) as caught:
        await open_connector(kind, config, Boundaries()).ping()
    assert caught.value.code == "unreachable"
    assert "s3cret" not in f"{caught.value} {caught.value!r}"


async def test_another_key_than_the_servers_is_refused(folder: Path, ssh: dict[str, Any]) -> None:
    config = {"host": "127.0.0.1", "database": "d", "user": "u"}
    for changes in ({"host_key": (folder / "own.pub").read_text()}, {"private_key": (folder / "host").read_text()}):
        with pytest.raises(ConnectorProblem) as caught:
            await open_connector("postgres", {**config, "ssh": {**ssh, **changes}}, Boundaries()).ping()
        assert caught.value.code == "refused"
