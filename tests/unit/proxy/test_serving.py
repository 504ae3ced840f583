"""A process may hold the connections of as many exchanges as it lets in, or says that it may not."""

from __future__ import annotations

import logging
import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest

from proxy.open_files import make_room

FEW = 2_300
"""More than a test process has open, fewer than 1,000 exchanges need."""


@pytest.fixture
def hard() -> Iterator[int]:
    """The highest limit of open files, of which this process may use few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def allowed() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@pytest.mark.parametrize(("exchanges", "files"), [(1_000, 2_512), (800, FEW)], ids=["too few", "enough"])
def test_there_is_a_file_for_each_end_of_an_exchange(
    hard: int, exchanges: int, files: int, caplog: pytest.LogCaptureFixture
) -> None:
    if 0 <= hard < files:
        pytest.skip("this machine allows too few files")
    make_room(exchanges)
    assert allowed() == files
    assert not caplog.records


def test_what_the_system_does_not_allow_is_said(hard: int, caplog: pytest.LogCaptureFixture) -> None:
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this machine has no limit")
    with caplog.at_level(logging.WARNING):
        make_room(hard)
    assert allowed() == hard
    assert [(one.allowed, one.needed) for one in caplog.records] == [(hard, 2 * hard + 512)]  # type: ignore[attr-defined]


def test_a_gateway_that_could_not_work_does_not_start_and_says_what_to_do() -> None:
    few = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))"
    code = f"{few}; from proxy.open_files import make_room; make_room(2048)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 1
    assert "Only 64 files may be open" in told.stderr
    assert "ulimit -n" in told.stderr
