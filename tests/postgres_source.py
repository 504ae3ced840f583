"""A PostgreSQL of the tests' own, reached by TCP with TLS and passwords, as customers' databases are."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.own_postgres import free_port, own_postgres

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


def _certificate(folder: Path) -> None:
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-newkey", "rsa:2048", *subject]
    files = ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.crt")]
    subprocess.run([*command, *files], check=True, timeout=60, capture_output=True)
    (folder / "server.key").chmod(0o600)


@pytest.fixture(scope="session")
def postgres_source() -> Iterator[PostgresSource]:
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    with own_postgres("sting-pgs-") as own:
        (own.folder / "pw").write_text(SUPER)
        _certificate(own.folder)
        own.give(*own.folder.iterdir())
        own.run("initdb", "-U", "sting", "-A", "scram-sha-256", f"--pwfile={own.folder}/pw", "-N", "-E", "UTF8")
        port, keys = free_port(), own.folder / "server"
        tls = f"-c ssl=on -c ssl_cert_file={keys}.crt -c ssl_key_file={keys}.key"
        options = f"-k {own.folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB {tls}"
        with own.serving(options):
            source = PostgresSource(port, own.folder, own.programs)
            source.sql(f"CREATE ROLE reader LOGIN PASSWORD '{READER}'; CREATE SCHEMA crm")
            source.sql("GRANT USAGE ON SCHEMA crm TO reader")
            yield source
