"""What works behind the answers gives way to those that answer: audit trail, reports (docs/decisions/0771)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_THREADS: Final = Path("/proc/self/task")
STEPS: Final = 5
"""Niceness beyond that of the processes that answer: a third of their share where all want the same core."""


def give_way() -> None:
    """Lower the priority of all threads of this process, and of what it starts from now on.

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
