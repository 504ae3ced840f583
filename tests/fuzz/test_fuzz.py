"""Fuzzing, bounded: the kept corpus in every run; in the long one, a coverage-guided search of thousands of inputs.

The search begins with a fixed seed and tries nearly the same every time, so that a run fails for what was changed;
`make fuzz` looks for new faults as long as one likes.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.run import CORPUS
from tests.fuzz.targets import TARGETS
from tests.property.core_cases import bounded

ROOT = Path(__file__).parents[2]
INPUTS = {"csv": 3_000}
"""How many for a slow target; 8,000 for the others."""
KEPT = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


def test_every_target_has_a_corpus_and_it_is_small() -> None:
    assert {path.parent.name for path in KEPT} == set(TARGETS)
    assert sum(path.stat().st_size for path in KEPT) < 100_000


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_kept_corpus_finds_nothing(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_parts_of_the_corpus_in_any_order_find_nothing(name: str) -> None:
    parts = [
        piece for path in KEPT if path.parent.name == name for piece in path.read_bytes().splitlines(keepends=True)
    ]

    @bounded(15)
    @given(st.lists(st.one_of(st.sampled_from(parts), st.binary(max_size=3)), max_size=12).map(b"".join))
    def search(data: bytes) -> None:
        TARGETS[name](data)

    search()


@pytest.mark.long
@pytest.mark.parametrize("name", TARGETS)
def test_a_search_for_new_code_finds_no_fault(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("no atheris here: pip install 'sting-ce[fuzz]'")
    command = [sys.executable, "-m", "tests.fuzz.run", name, str(INPUTS.get(name, 8_000)), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    assert b"cov: " in done.stderr
