"""What works behind the answers gives way to those that answer."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from policies.yielding import STEPS

_ASKED = """
import json, os, subprocess, sys, threading
from pathlib import Path
from policies.yielding import give_way

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
