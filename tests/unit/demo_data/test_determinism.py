"""The same bytes on every run, in every process."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

import demo_data

PROGRAM = """
import hashlib, demo_data
for name in demo_data.sets():
    one = demo_data.generate(name)
    print(name, hashlib.sha256(repr((one.tables, one.labels, one.truth, one.planted)).encode()).hexdigest())
"""


def fingerprint(one: demo_data.DataSet) -> str:
    return hashlib.sha256(repr((one.tables, one.labels, one.truth, one.planted)).encode()).hexdigest()


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_another_process_with_another_hash_seed_makes_the_same_bytes(
    all_sets: tuple[demo_data.DataSet, ...], hash_seed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=110,
    )
    assert done.stdout.splitlines() == [f"{one.name} {fingerprint(one)}" for one in all_sets]


def test_another_seed_makes_other_people(techcorp: demo_data.DataSet) -> None:
    other = demo_data.generate("techcorp", seed=5)
    assert other.tables["customers"].rows[0] != techcorp.tables["customers"].rows[0]
    assert len(other.tables["transactions"].rows) == 25_000
