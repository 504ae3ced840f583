"""A MariaDB of the tests' own, reached by TCP."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.own_postgres import ended_with_us, free_port

READER = "R3ader-s3cret-pw"


@dataclass(frozen=True)
class MariaSource:
    port: int
    socket: Path

    def config(self, **changes: object) -> dict[str, object]:
        base = {"host": "127.0.0.1", "port": self.port, "database": "crm", "user": "reader", "password": READER}
        return {**base, **changes}

    def sql(self, text: str) -> str:
        command = [
            "mariadb",
            "--no-defaults",
            f"--socket={self.socket}",
            "-uroot",
            "-N",
            "--default-character-set=utf8mb4",
        ]
        return subprocess.run(
            command, input=text, text=True, check=True, timeout=60, capture_output=True
        ).stdout.strip()


@pytest.fixture(scope="session")
def mariadb_source() -> Iterator[MariaSource]:
    install, server = shutil.which("mariadb-install-db"), shutil.which("mariadbd") or "/usr/sbin/mariadbd"
    if install is None or not Path(server).exists():
        pytest.skip("no MariaDB here: apt-get install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="sting-maria-"))
    user = ["--user=mysql"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "mysql")
    data, port = folder / "data", free_port()
    process = None
    try:
        options = [*user, f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run([install, "--no-defaults", *options], check=True, timeout=60, capture_output=True)
        source = MariaSource(port, folder / "s")
        network = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={source.socket}"]
        small = ["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", f"--log-error={folder}/log"]
        command = [server, "--no-defaults", *user, f"--datadir={data}", *network, *small]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait = ["mariadb-admin", "--no-defaults", f"--socket={source.socket}", "-uroot", "--wait=30", "ping"]
        subprocess.run(wait, check=True, timeout=60, capture_output=True)
        source.sql(
            "CREATE DATABASE crm CHARACTER SET utf8mb4;"
            f"CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{READER}';"
            "GRANT SELECT, EXECUTE ON crm.* TO reader@'127.0.0.1'"
        )
        with ended_with_us(["kill", str(process.pid)]):
            yield source
    finally:
        if process is not None:
            process.terminate()
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
