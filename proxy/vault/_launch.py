"""Becomes the Valkey server, which then dies with the process that started it. Run as a program, never imported.

Arguments: pid of the parent, program, its arguments. A program of its own rather than a `preexec_fn`: Python code
between fork and exec can dead-lock in a process with threads. The death signal survives exec; the kernel sends it
when the parent's *thread* that started us ends, so that must be the main thread (EmbeddedValkey checks it).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, program: str, arguments: list[str]) -> None:
    """Ask for SIGTERM at the parent's death (the server ends its own children then), and turn into `program`."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before we could ask
        raise SystemExit(1)
    os.umask(0o077)
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
