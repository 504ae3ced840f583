"""The database: SQLite in data_dir or an external PostgreSQL, and the state of its tables.

`open_database` is what processes call at start. Tables and queries live beside what they are about.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Insert, event, inspect, make_url, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from policies.announcing import Announcer
from policies.database_tls import split_tls
from policies.session_writes import SeenSession, begin
from policies.settings import Settings
from policies.tables import Table

if TYPE_CHECKING:
    from alembic.config import Config

FILE_NAME = "sting.db"
MIGRATIONS = "sting.migrations"
"""Entry points whose value is a package of Alembic versions."""
_BUSY_MS = 10_000
_TURN_SECONDS = 60.0
"""How long one waits for a connection, and a writer for those of its own process that came before.

Of these each may wait `_BUSY_MS`.
"""
_WAL_TRIES, _WAL_PAUSE = 100, 0.02
_NOTED = "alembic_version"
_REVISION = re.compile(r"^(revision|down_revision)\s*(?::[^=]+)?=\s*(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")


class DatabaseUnavailable(Exception):
    """The database cannot be reached, or its tables are not those of this version. Nothing may leave meanwhile."""


class Database:
    """An engine and its sessions. Objects stay readable after a commit (`expire_on_commit` is off)."""

    def __init__(self, url: str) -> None:
        bare, tls = split_tls(make_url(url))
        self.engine: AsyncEngine = create_async_engine(
            bare,
            hide_parameters=True,
            pool_pre_ping=not url.startswith("sqlite"),
            pool_timeout=_TURN_SECONDS,
            connect_args=_connect_arguments(bare, tls),
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, sync_session_class=SeenSession)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        self.unusable = _unusable(bare)
        """For messages: where it is, without user and password, and what to look at."""
        self._turns = asyncio.Lock() if self.engine.dialect.name == "sqlite" else None
        self._open = 0
        self._closed = asyncio.Event()
        self.announce: Callable[[Collection[str]], Awaitable[None]] | None = None
        """Told, after each transaction that wrote, which tables it wrote to."""

    @asynccontextmanager
    async def session(self, *, write: bool = False) -> AsyncIterator[AsyncSession]:
        """A transaction: committed at the end, rolled back on an error. Raises DatabaseUnavailable.

        `write`: it writes, or reads first and writes then. SQLite must lock at the start for that; a later wish to
        write fails when another process has written in between. Such sessions of one process take turns, in order.
        """
        turn = self._turns if write else None
        self._open += 1
        try:
            async with failing_clearly(), _taken(turn), self._sessions.begin() as session:
                written = begin(session.sync_session, write=write)
                if turn is not None:
                    await session.execute(text("BEGIN IMMEDIATE"))
                yield session
            if written and self.announce is not None:
                await self.announce(written)
        finally:
            self._open -= 1
            self._closed.set()

    async def quiet(self) -> None:
        """Wait until no session is open. Whoever cancels tasks that use the database does so then.

        A task that is cancelled twice in a session can leave a connection of aiosqlite behind that waits for its thread
        for ever, and keeps the process from ending.
        """
        while self._open:
            self._closed.clear()
            await self._closed.wait()

    def insert_new(self, table: type[Table]) -> Insert:
        """See `insert_new`."""
        return insert_new(table, self.engine.dialect.name)

    async def revisions(self) -> frozenset[str]:
        """The migrations that the tables stand at, one per package; empty for a new database.

        Raises DatabaseUnavailable.
        """
        async with failing_clearly(self.unusable), self.engine.connect() as connection:
            return await connection.run_sync(_revisions)

    async def migrate(self, target: str = "heads") -> None:
        """Bring the tables to `target`: `heads` for the newest, `base` to take all away. Raises DatabaseUnavailable."""
        async with failing_clearly(self.unusable), self.engine.begin() as connection:
            await connection.run_sync(_run_migrations, target)

    async def close(self) -> None:
        """Give back all connections."""
        await self.engine.dispose()


def insert_new(table: type[Table], dialect: str) -> Insert:
    """An INSERT that leaves a row that is already there alone (ON CONFLICT DO NOTHING)."""
    if dialect == "sqlite":
        return sqlite_insert(table).on_conflict_do_nothing()
    return postgresql_insert(table).on_conflict_do_nothing()


def _unusable(url: URL) -> str:
    if url.drivername.startswith("sqlite"):
        return f"the database {url.database} cannot be used; is its folder writable, is the disk full?"
    where = f"the database at {url.host}:{url.port or 5432}" if url.host else "the database"
    return f"{where} cannot be used; does it run, can this machine reach it, is database.url right?"


@asynccontextmanager
async def _taken(turn: asyncio.Lock | None) -> AsyncIterator[None]:
    """A writer's turn, where there are turns. Raises TimeoutError.

    SQLite lets one write and has the others look again and again, in no order. Waiting there, each would also hold one
    of few connections, and who only reads would get none.
    """
    if turn is None:
        yield
        return
    async with asyncio.timeout(_TURN_SECONDS):
        await turn.acquire()
    try:
        yield
    finally:
        turn.release()


@asynccontextmanager
async def failing_clearly(problem: str = "the database failed") -> AsyncIterator[None]:
    """What the database fails with in the block becomes DatabaseUnavailable: the problem, and the error's type."""
    try:
        yield
    except Exception as error:
        if not _of_the_database(error):
            raise
        # a chained error would carry statements and parameters into logs
        raise DatabaseUnavailable(f"{problem}: {type(error).__name__}") from None


def _of_the_database(error: Exception) -> bool:
    """Whether an error tells of the database; a server that starts or ends is told by the driver's own exceptions."""
    return isinstance(error, SQLAlchemyError | OSError) or type(error).__module__.partition(".")[0] == "asyncpg"


def database_url(settings: Settings) -> str:
    """The SQLAlchemy address that `settings` mean; it may hold a password."""
    if settings.database.embedded:
        return f"sqlite+aiosqlite:///{(settings.data_dir / FILE_NAME).absolute()}"
    return settings.database.url


async def open_database(settings: Settings) -> Database:
    """The database, ready for use. The embedded one is made and migrated; an external one is only checked.

    Raises DatabaseUnavailable; when migrations are missing, with the command to run.
    """
    if settings.database.embedded:
        await asyncio.to_thread(_make_file, settings.data_dir)
    database = Database(database_url(settings))
    try:
        await _ensure_tables(database, may_migrate=settings.database.embedded)
    except BaseException:
        await database.close()
        raise
    database.announce = Announcer(settings).tell
    return database


async def _ensure_tables(database: Database, *, may_migrate: bool) -> None:
    if await database.revisions() == newest_revisions():
        return
    if not may_migrate:
        raise DatabaseUnavailable("the database's tables are not those of this version; run: sting db upgrade")
    await database.migrate()


def newest_revisions() -> frozenset[str]:
    """The newest migration of each package of this version: those that no other one builds on.

    Read off the files, because importing Alembic takes longer than all else that a process does at its start.
    """
    made: set[str] = set()
    built_on: set[str] = set()
    for folder in _migration_folders():
        for path in sorted(Path(folder).glob("*.py")):
            for name, value in _REVISION.findall(path.read_text(encoding="utf-8")):
                (made if name == "revision" else built_on).update(_QUOTED.findall(value))
    return frozenset(made - built_on)


class _RollingBack(sqlite3.Connection):
    """A connection whose end ends its transaction, too.

    Since Python 3.11 statements of a closed connection live until their cursors are collected, and SQLite keeps the
    connection, its transaction and its write lock until then: a task cancelled in the middle of a statement, whose
    traceback holds the cursor, locked the database for all for as long as half a minute.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


def _connect_arguments(url: URL, tls: object) -> dict[str, object]:
    if url.drivername.startswith("sqlite"):
        return {"factory": _RollingBack}
    return {} if tls is None else {"ssl": tls}


def _make_file(data_dir: Path) -> None:
    """Make the file before SQLite does, so that it is never readable for others.

    One that is there is not opened: to close it would take the locks of every connection that this process has to it
    (POSIX, see "How To Corrupt An SQLite Database File", 2.2), and another process would throw its journal away.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(data_dir / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - SQLAlchemy's adapted driver object
    cursor = connection.cursor()
    # The patience first, for the next one may wait. WAL: readers do not wait for the writer; FULL: a committed audit
    # row survives a power cut. What is deleted is overwritten: keys that are dropped must not stand in free pages.
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _to_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _to_wal(cursor: Any) -> None:  # noqa: ANN401 - as above
    """Turn to WAL; SQLite does not wait for another connection that does so at the same moment, so we do."""
    for left in reversed(range(_WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(_WAL_PAUSE)  # noqa: TID251 - SQLite tells nobody when a lock is free
        else:
            return


def _revisions(connection: Connection) -> frozenset[str]:
    """What Alembic noted in its own table."""
    if not inspect(connection).has_table(_NOTED):
        return frozenset()
    return frozenset(connection.scalars(text(f"SELECT version_num FROM {_NOTED}")))  # noqa: S608 - a constant


def _migration_folders() -> list[str]:
    """Each package brings its own folder of versions by entry point `sting.migrations`."""
    packages = ["policies.migrations.versions", *(point.module for point in entry_points(group=MIGRATIONS))]
    return [str(resources.files(package)) for package in packages]


def _alembic_config() -> Config:
    """Alembic's scripts are ours."""
    from alembic.config import Config  # noqa: PLC0415 - see newest_revisions

    config = Config()
    config.set_main_option("script_location", str(resources.files("policies.migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(_migration_folders()).replace("%", "%%"))
    return config


def _run_migrations(connection: Connection, target: str) -> None:
    """Upgrade, or take everything away, inside the caller's transaction; a second process waits for the first."""
    from alembic import command  # noqa: PLC0415 - see newest_revisions

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(736449327)")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    config = _alembic_config()
    config.attributes["connection"] = connection
    if target == "base":
        command.downgrade(config, target)
    else:
        command.upgrade(config, target)
