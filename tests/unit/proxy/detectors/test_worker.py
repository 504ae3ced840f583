"""The worker process seen from its pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proxy.core.findings import Finding
from proxy.detectors import frames
from proxy.detectors.base import Profile

HERE = str(Path(__file__).parent)
PROFILE = Profile(engines=("scripted",))


def start(engine: str, parent: int | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "proxy.detectors.worker", "--parent", str(parent or os.getpid()), engine]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": HERE, "PATH": "/usr/bin:/bin"}
    )


def read(worker: subprocess.Popen[bytes]) -> bytes:
    assert worker.stdout is not None
    payload = frames.read_frame(worker.stdout)
    assert payload is not None
    return payload


def ask(worker: subprocess.Popen[bytes], *texts: str) -> list[list[Finding] | None]:
    assert worker.stdin is not None
    worker.stdin.write(frames.frame(frames.encode_request(texts, PROFILE)))
    worker.stdin.flush()
    return frames.decode_answer(read(worker))


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    with start("scripted_engine:Scripted") as process:
        try:
            assert frames.decode_loaded(read(process)) == ("scripted",)
            yield process
        finally:
            process.kill()


def test_each_request_gets_one_answer(worker: subprocess.Popen[bytes]) -> None:
    assert ask(worker, "A b C") == [
        [Finding(0, 1, "DEFAULT", 0.5, "scripted"), Finding(4, 5, "DEFAULT", 0.5, "scripted")]
    ]
    assert ask(worker) == []


def test_one_bad_text_of_a_batch_fails_alone(worker: subprocess.Popen[bytes]) -> None:
    first, second, third = ask(worker, "A", "raise B", "c")
    assert (len(first or ()), second, third) == (1, None, [])


def test_interrupting_the_process_group_does_not_end_it_but_closing_its_input_does(
    worker: subprocess.Popen[bytes],
) -> None:
    worker.send_signal(signal.SIGINT)
    assert ask(worker, "x") == [[]]
    assert worker.stdin is not None
    worker.stdin.close()
    assert worker.wait(10) == 0


def test_no_core_file_can_be_written(worker: subprocess.Popen[bytes]) -> None:
    limits = Path(f"/proc/{worker.pid}/limits")
    if not limits.exists():
        pytest.skip("limits of a process are readable on Linux only")
    (line,) = (line for line in limits.read_text().splitlines() if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]


def test_a_failure_to_load_is_told_with_its_reason() -> None:
    with start("scripted_engine:Broken") as worker, pytest.raises(RuntimeError, match="the weights are not there"):
        frames.decode_loaded(read(worker))
    assert worker.returncode == 1


def test_a_worker_whose_parent_is_gone_already_ends_at_once() -> None:
    with start("scripted_engine:Scripted", parent=1) as worker:
        assert worker.communicate()[0] == b""
    assert worker.returncode == 0


def test_half_a_frame_counts_as_closed() -> None:
    from io import BytesIO

    assert frames.read_frame(BytesIO(b"\x00\x00")) is None
    assert frames.read_frame(BytesIO(b"\x00\x00\x00\x05abc")) is None
