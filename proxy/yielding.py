"""Who gets the cores first where they are short: what answers, before what keeps the trail of it."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

_THREADS: Final = Path("/proc/self/task")
STEPS: Final = 5
"""Niceness beyond that of the processes that answer: a third of their share where all want the same core."""
SLICE_NS: Final = 200_000
"""Nanoseconds that what answers asks for at a time, in place of the kernel's 3 ms: about one request."""
_SET_ATTRIBUTES: Final = {"x86_64": 314, "aarch64": 274}
"""Number of the system call `sched_setattr`; Python has no function for it, and the C library only lately."""
_ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")
"""`struct sched_attr` of sched_setattr(2): size, policy, flags, nice, priority, runtime, deadline, period."""
_RESET_ON_FORK: Final = 1


def give_way() -> None:
    """Lower the priority of all threads of this process, and of what it starts from now on (docs/decisions/0771).

    To be called when the processes that answer have started: nobody but root can raise a priority again. Does nothing
    where the system refuses it. Linux has a niceness for each thread, other systems one for the process.
    """
    with suppress(OSError):
        if not _THREADS.is_dir():
            os.nice(STEPS)
            return
        for thread in _THREADS.iterdir():
            with suppress(ProcessLookupError):  # it has ended
                number = int(thread.name)
                os.setpriority(os.PRIO_PROCESS, number, os.getpriority(os.PRIO_PROCESS, number) + STEPS)


def take_short_turns(pid: int = 0) -> None:
    """Let a process's main thread (0: the calling one) ask for short turns on a core, so that it gets each sooner.

    It gets no more of the core than before (docs/decisions/0821), and what it starts has the usual turns. Linux has
    this since 6.12; older kernels do nothing, and neither do other systems and processes of another scheduling class.
    """
    number = _SET_ATTRIBUTES.get(platform.machine()) if platform.system() == "Linux" else None
    with suppress(OSError):
        if number is None or os.sched_getscheduler(pid) != os.SCHED_OTHER:
            return
        nice = os.getpriority(os.PRIO_PROCESS, pid)
        size, policy = _ATTRIBUTES.size, os.SCHED_OTHER
        wanted = _ATTRIBUTES.pack(size, policy, _RESET_ON_FORK, nice, 0, SLICE_NS, 0, 0)
        ctypes.CDLL(None).syscall(number, pid, wanted, 0)
