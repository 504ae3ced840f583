"""The claim by which the parts of a public demo and its reset keep out of each other's way, in PostgreSQL.

On one machine `sting up` stops its parts before it resets. Where they are started one by one, each holds a shared
advisory lock for as long as it runs, and `sting demo keep` takes the exclusive one: it gets it when no part runs any
more, and none starts while it holds it. A part that sees somebody wait for it ends; whatever started it starts it
again. Locks end with their connection, so a mark in the database (the comment on Alembic's own table) says whether
a reset was begun and not finished: no part runs on half of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING

from sqlalchemy import text

from policies.db import Database, DatabaseUnavailable, database_url, failing_clearly

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from policies.settings import Settings

_LOCK = 736449340
"""A number of its own: 736449327 is the migrations', 736449328 the audit chain's and the reports'."""
_LOOK_SECONDS = 1.0
_MARKED = re.compile(r"sting demo (?P<demo>\w+) (?P<state>whole|resetting)")
_WAITS_ELSEWHERE = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid = 0 "
    "AND objid = :lock AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND NOT granted AND mode = 'ExclusiveLock')"
)
_log = logging.getLogger("sting.demo")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the database says of the demo in it: which one, and whether its stores are whole."""

    demo: str
    whole: bool


def kept_from_outside(settings: Settings) -> bool:
    """Whether `sting demo keep` resets this demo, because its stores lie outside of the data folder."""
    return settings.demo_mode and settings.demo.reset_hours > 0 and not settings.database.embedded


@contextmanager
def part_of_demo(settings: Settings, end: Callable[[], None] | None = None) -> Iterator[None]:
    """Run a part in the block; it waits while the demo is reset, and is ended (SIGTERM to itself) before a reset.

    Where no demo is reset from outside nothing is waited for, and a mark that an earlier demo has left in the database
    is taken away: what comes now is nobody's to delete. `end` is called in place of the signal.
    Raises DatabaseUnavailable.
    """
    if not kept_from_outside(settings):
        if settings.database.url.startswith("postgresql"):  # the mark is a comment on a table, which SQLite has not
            asyncio.run(_unmarked(database_url(settings)))
        yield
        return
    holding = _Holding(database_url(settings), end or (lambda: os.kill(os.getpid(), signal.SIGTERM)))
    thread = Thread(target=lambda: asyncio.run(holding.hold()), name="demo-claim", daemon=True)
    thread.start()
    holding.begun.wait()
    if not holding.admitted:
        raise DatabaseUnavailable(holding.failed)
    try:
        yield
    finally:
        holding.ended.set()
        thread.join(10 * _LOOK_SECONDS)


class _Holding:
    """A shared lock on a connection and a thread of its own, whatever the part's own loop is busy with."""

    def __init__(self, url: str, end: Callable[[], None]) -> None:
        self._url = url
        self._end = end
        self.begun, self.ended = Event(), Event()
        self.admitted = False
        self.failed = "the demo's claim could not be made"

    async def hold(self) -> None:
        try:
            async with alone(self._url) as connection:
                await _admitted(connection)
                self.admitted = True
                self.begun.set()
                told = False
                while not await asyncio.to_thread(self.ended.wait, _LOOK_SECONDS):
                    if await _somebody_waits(connection) and not told:
                        told = True
                        _log.warning("the demo is about to be reset: this part ends and is to be started again")
                        self._end()  # what it still finishes is done under our lock
        except DatabaseUnavailable as error:
            # without its connection the claim is gone, and a reset could go on beside us
            self.failed = str(error)
            if self.admitted and not self.ended.is_set():
                _log.error("the demo's claim is lost: this part ends", extra={"reason": self.failed})
                self._end()
        finally:
            self.begun.set()


async def _somebody_waits(connection: AsyncConnection) -> bool:
    return bool(await connection.scalar(_WAITS_ELSEWHERE, {"lock": _LOCK}))


async def _admitted(connection: AsyncConnection) -> None:
    """Wait for the shared lock, and for a demo whose stores are whole."""
    told = False
    while True:
        await connection.execute(text("SELECT pg_advisory_lock_shared(:lock)"), {"lock": _LOCK})
        mark = await read_mark(connection)
        if mark is not None and mark.whole:
            return
        await connection.execute(text("SELECT pg_advisory_unlock_shared(:lock)"), {"lock": _LOCK})
        if not told:
            _log.warning("this part of a demo waits until `sting demo keep` has made its stores ready")
        told = True
        await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def alone(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection of its own to the database, each statement by itself. Raises DatabaseUnavailable."""
    database = Database(url)
    try:
        async with failing_clearly(database.unusable), database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection
    finally:
        await database.close()


@asynccontextmanager
async def no_part_running(connection: AsyncConnection) -> AsyncIterator[None]:
    """Wait until all parts have ended; none starts before the end of the block."""
    await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    try:
        yield
    finally:
        with suppress(Exception):  # of a connection that is lost the lock is, too
            await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})


async def read_mark(connection: AsyncConnection) -> Mark | None:
    """The mark; None for a database in which no demo was begun."""
    comment = await connection.scalar(text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')"))
    found = _MARKED.fullmatch(str(comment or ""))
    return Mark(found["demo"], whole=found["state"] == "whole") if found else None


async def write_mark(connection: AsyncConnection, mark: Mark) -> None:
    """Note what the database's demo is; `mark.demo` is letters and digits."""
    if not mark.demo.isalnum():
        raise ValueError("the name of a demo is letters and digits")
    state = "whole" if mark.whole else "resetting"
    await connection.execute(text(f"COMMENT ON TABLE alembic_version IS 'sting demo {mark.demo} {state}'"))


async def _unmarked(url: str) -> None:
    async with alone(url) as connection:
        if await read_mark(connection) is not None:
            await connection.execute(text("COMMENT ON TABLE alembic_version IS NULL"))


async def holding_rows(connection: AsyncConnection) -> str | None:
    """The name of a table with rows in it; None when all tables of the product are empty."""
    for table in await _tables(connection):
        if await connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")):  # noqa: S608 - quoted by the server
            return table
    return None


async def empty_tables(connection: AsyncConnection) -> None:
    """Delete all rows of all tables of the product, those that later versions bring too: at once or not at all."""
    tables = await _tables(connection)
    if tables:
        await connection.execute(text(f"TRUNCATE TABLE {', '.join(tables)} RESTART IDENTITY"))


async def _tables(connection: AsyncConnection) -> list[str]:
    listed = text(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() "
        "AND tablename <> 'alembic_version' ORDER BY tablename"
    )
    return list(await connection.scalars(listed))
