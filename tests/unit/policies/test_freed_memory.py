"""Freed memory is kept: bodies of conversations do not come in new pages with every request."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import resource
from policies.freed_memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        kept = [bytes([n]) * 600_000 for n in range(4)]
        del kept
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
print(keep_freed_memory(), before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc's")
def test_freed_memory_does_not_come_back_in_new_pages() -> None:
    told = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True, timeout=60)
    kept, before, after = told.stdout.split()
    assert kept == "True"
    assert int(after) < 1500  # the first round's 600 pages and little else; without it each round has as many
    assert int(after) <= int(before)
