"""Fixtures that any test may ask for."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

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


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """Commands that run inside a test set up logging for a process of their own; the next test must not notice."""
    root = logging.getLogger()
    level, hook = root.level, sys.excepthook
    yield
    root.setLevel(level)
    sys.excepthook = hook
