"""A PostgreSQL server with the demo sets and a role that may only read: a customer's database to connect to.

It lives in a temporary folder on loopback, is loaded at its start and gone at its end. PostgreSQL refuses to run as
root, so as root it runs as the user `postgres` that Debian's package brings.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATABASE, OWNER, READER = "demo", "owner", "reader"
SETS = ("techcorp", "healthcare", "financial")
_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql")
_START_SECONDS = 60.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class NoServer(Exception):
    """PostgreSQL cannot be started here; the message says what to install."""


@dataclass(frozen=True, slots=True)
class DemoServer:
    """Where the server listens, and the values for the form of a PostgreSQL connector."""

    port: int
    password: str = field(repr=False)
    owner_url: str = field(repr=False)

    def form(self) -> dict[str, str | int]:
        """The connector's settings."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "database": DATABASE,
            "user": READER,
            "password": self.password,
        }


@asynccontextmanager
async def demo_server(sets: tuple[str, ...] = SETS) -> AsyncIterator[DemoServer]:
    """A server that is loaded, until the end of the block. Raises NoServer, demo_data.databases.LoadFailed."""
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="sting-demo-pg-"))
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        owner, port = secrets.token_urlsafe(18), _free_port()
        await asyncio.to_thread(_initialise, programs, folder, owner, user)
        process = await _started(programs, folder, port, user)
        try:
            url = f"postgresql://{OWNER}:{owner}@127.0.0.1:{port}/postgres"
            yield await _loaded(port, url, process, sets)
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)  # fast shutdown: clients are disconnected
            await process.wait()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _programs() -> Path:
    """The folder with `initdb` and `postgres`."""
    found = shutil.which("initdb")
    if found is not None and shutil.which("postgres"):
        return Path(found).parent
    for place in _PLACES:
        for folder in sorted(Path(place).glob("**/bin"), reverse=True):
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
    raise NoServer("There is no PostgreSQL server on this machine; on Debian: apt-get install postgresql")


def _user() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None: ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise NoServer("PostgreSQL does not run as root, and there is no user `postgres` to run it as.") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initialise(programs: Path, folder: Path, password: str, user: pwd.struct_passwd | None) -> None:
    secret = folder / "pw"
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password)
    if user is not None:
        os.chown(secret, user.pw_uid, user.pw_gid)
    words: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        OWNER,
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "-N",
    ]
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [*words, "--locale=C", f"--pwfile={secret}"],
        capture_output=True, check=False, cwd="/", user=None if user is None else user.pw_uid,
        group=None if user is None else user.pw_gid,
    )  # fmt: skip
    secret.unlink()
    if done.returncode:
        raise NoServer(f"PostgreSQL could not make its files (initdb ended with {done.returncode}).")


async def _started(
    programs: Path, folder: Path, port: int, user: pwd.struct_passwd | None
) -> asyncio.subprocess.Process:
    settings = {
        "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
        "max_connections": 30, "shared_buffers": "64MB",
    }  # fmt: skip
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return await asyncio.create_subprocess_exec(
        programs / "postgres", "-D", folder / "data", *words,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        cwd="/", process_group=0, preexec_fn=_end_with_us,
        user=None if user is None else user.pw_uid, group=None if user is None else user.pw_gid,
    )  # fmt: skip


def _end_with_us() -> None:
    """Ask the kernel to end the server when this process ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)


async def _loaded(port: int, url: str, process: asyncio.subprocess.Process, sets: tuple[str, ...]) -> DemoServer:
    """The server with database, sets and reader."""
    import asyncpg  # noqa: PLC0415 - loaded when needed

    from demo_data import generate  # noqa: PLC0415 - slow, and for demos only
    from demo_data.databases import load_postgres  # noqa: PLC0415

    connection = await _connected(url, process)
    await connection.execute(f"CREATE DATABASE {DATABASE}")
    await connection.close()
    owner_url = url.removesuffix("postgres") + DATABASE
    for name in sets:
        dataset = await asyncio.to_thread(generate, name)
        await asyncio.to_thread(load_postgres, dataset, owner_url)
    password = secrets.token_urlsafe(18)
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{password}' CONNECTION LIMIT 10")
        await connection.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
        await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {READER}")
        for name in sets:
            await connection.execute(f'GRANT USAGE ON SCHEMA "{name}" TO {READER}')
            await connection.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{name}" TO {READER}')
    finally:
        await connection.close()
    return DemoServer(port, password, owner_url)


async def _connected(url: str, process: asyncio.subprocess.Process) -> Any:  # noqa: ANN401 - asyncpg has no types
    """A connection as soon as the server takes one. Raises NoServer."""
    import asyncpg  # noqa: PLC0415 - loaded when needed

    try:
        async with asyncio.timeout(_START_SECONDS):
            while process.returncode is None:
                try:
                    return await asyncpg.connect(url, timeout=5)
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.1)
    except TimeoutError:
        pass
    raise NoServer("PostgreSQL did not start on this machine.")
