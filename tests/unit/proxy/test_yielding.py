"""Who gets the cores first where they are short."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest

from proxy.yielding import SLICE_NS, STEPS

_ASKED = """
import json, os, subprocess, sys, threading
from pathlib import Path
from proxy.yielding import give_way

done = threading.Event()
threading.Thread(target=done.wait, daemon=True).start()
own = os.getpriority(os.PRIO_PROCESS, 0)
before = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
give_way()
threads = [os.getpriority(os.PRIO_PROCESS, int(thread.name)) - own for thread in Path("/proc/self/task").iterdir()]
print(json.dumps({"threads": threads, "before": os.getpriority(os.PRIO_PROCESS, before.pid) - own}))
before.communicate(b"\\n")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of threads is Linux's")
def test_all_threads_give_way_and_what_runs_already_does_not() -> None:
    done = subprocess.run([sys.executable, "-c", _ASKED], check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert len(told["threads"]) >= 2
    assert set(told["threads"]) == {STEPS}
    assert told["before"] == 0


_SHORT = """
import ctypes, os, platform, struct, subprocess, sys
from proxy.yielding import take_short_turns

def turn(pid):
    told = ctypes.create_string_buffer(48)
    number = {"x86_64": 315, "aarch64": 275}[platform.machine()]  # sched_getattr
    assert ctypes.CDLL(None).syscall(number, pid, told, 48, 0) == 0
    return struct.unpack("=IIQiIQQQ", told.raw)[5]

usual, nice = turn(0), os.getpriority(os.PRIO_PROCESS, 0)
take_short_turns()
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
assert (turn(child.pid), os.getpriority(os.PRIO_PROCESS, 0)) == (usual, nice)
take_short_turns(child.pid)
print(turn(0), turn(child.pid))
child.communicate(b"\\n")
"""


@pytest.mark.skipif(
    sys.platform != "linux" or tuple(map(int, os.uname().release.split(".")[:2])) < (6, 12),
    reason="the length of turns can be set since Linux 6.12",
)
@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="the system call's number is not known")
def test_what_answers_takes_short_turns_and_what_it_starts_the_usual_ones() -> None:
    done = subprocess.run([sys.executable, "-c", _SHORT], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [str(SLICE_NS)] * 2
