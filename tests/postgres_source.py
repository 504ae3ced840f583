"""A PostgreSQL of the tests' own, reached by TCP with TLS and passwords, as customers' databases are."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SUPER = "Sup3r-s3cret-pw"
READER = "R3ader-s3cret-pw"


@dataclass(frozen=True)
class PostgresSource:
    port: int
    folder: Path
    programs: Path

    def config(self, **changes: object) -> dict[str, object]:
        base = {"host": "127.0.0.1", "port": self.port, "database": "postgres", "user": "reader", "password": READER}
        return {**base, **changes}

    def sql(self, text: str) -> str:
        """Run statements as the owner of everything; what they answer."""
        command = [str(self.programs / "psql"), "-v", "ON_ERROR_STOP=1", "-qXAt"]
        place = f"postgresql://sting:{SUPER}@127.0.0.1:{self.port}/postgres"
        done = subprocess.run([*command, place], input=text, text=True, check=True, timeout=60, capture_output=True)
        return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", *subject]
    files = ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")]
    subprocess.run([*command, *files], check=True, timeout=60, capture_output=True)
    (folder / "server.key").chmod(0o600)


@pytest.fixture(scope="session")
def postgres_source() -> Iterator[PostgresSource]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    root = os.geteuid() == 0
    account = "postgres" if root else pwd.getpwuid(os.geteuid()).pw_name
    if (
        not found
        or (root and account not in {entry.pw_name for entry in pwd.getpwall()})
        or not shutil.which("openssl")
    ):
        pytest.skip("no PostgreSQL here: apt-get install postgresql openssl")
    programs, folder = found[0], Path(tempfile.mkdtemp(prefix="sting-pgs-"))

    def run(*command: str) -> None:
        user = account if root else None
        subprocess.run(command, user=user, cwd="/", check=True, timeout=60, stdout=subprocess.DEVNULL)

    try:
        (folder / "pw").write_text(SUPER)
        _certificate(folder)
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, account)
        data, port = str(folder / "data"), free_port()
        init = ["-D", data, "-U", "sting", "-A", "scram-sha-256", f"--pwfile={folder}/pw", "-N", "-E", "UTF8"]
        run(str(programs / "initdb"), *init)
        tls = f"-c ssl=on -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key"
        options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB {tls}"
        control = [str(programs / "pg_ctl"), "-D", data, "-w", "-t", "50"]
        run(*control, "-l", str(folder / "log"), "-o", options, "start")
        try:
            source = PostgresSource(port, folder, programs)
            source.sql(f"CREATE ROLE reader LOGIN PASSWORD '{READER}'; CREATE SCHEMA crm")
            source.sql("GRANT USAGE ON SCHEMA crm TO reader")
            yield source
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
