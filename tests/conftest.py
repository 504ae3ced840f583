"""Fixtures that any test may ask for."""

# ruff: noqa: E402 - numpy is loaded after its threads are counted

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.putenv(variable, "1")  # read when numpy is loaded; a second thread waits busily, on a full machine for minutes

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from policies import db, passwords
from policies.session_writes import SeenSession

settings.register_profile(
    "same everywhere",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("same everywhere")  # the same examples in every run, however busy the machine is

pytest_plugins = (
    "tests.valkey_fixture",
    "tests.gateway_fixture",
    "tests.console_fixture",
    "tests.jar_fixture",
    "tests.postgres_source",
    "tests.mariadb_source",
    "tests.tunnel_fixture",
)


@pytest.fixture(scope="session", autouse=True)
def _tables_are_made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Embedded databases of tests begin as copies of one that was migrated: the migrations have tests of their own."""
    template, begun = tmp_path_factory.mktemp("tables") / db.FILE_NAME, threading.Lock()
    made = db._make_file

    async def migrated() -> None:
        database = db.Database(f"sqlite+aiosqlite:///{template}")
        await database.migrate()
        await database.close()

    def copied(data_dir: Path) -> None:
        made(data_dir)
        with begun:
            if not template.exists():
                asyncio.run(migrated())
        if not (data_dir / db.FILE_NAME).stat().st_size:
            shutil.copyfile(template, data_dir / db.FILE_NAME)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "_make_file", copied)
        yield


@pytest.fixture(scope="session", autouse=True)
def _who_writes_says_so() -> Iterator[None]:
    """A session of the database that writes without `write=True` fails the test (docs/decisions/0591)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SeenSession, "strict", True)
        yield


@pytest.fixture(scope="session", autouse=True)
def _hashes_cost_little() -> Iterator[None]:
    """Passwords of tests are hashed as cheaply as argon2 can; what they cost in earnest is tested beside it."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: cheap)
        patch.setattr(passwords, "_nobody", cache(lambda: cheap.hash("nobody has this password")))
        yield


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """Commands that run inside a test set up logging for a process of their own; the next test must not notice."""
    root = logging.getLogger()
    level, hook = root.level, sys.excepthook
    yield
    root.setLevel(level)
    sys.excepthook = hook
