"""Becomes a `sting` command that ends with the process that started it. Run as a program: PARENT_PID COMMAND ...

The kernel sends SIGTERM when the parent's thread that started us ends, so that must be its main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with(parent: int) -> None:
    """Ask for SIGTERM at the parent's death; on systems other than Linux nothing is asked."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before we could ask
        raise SystemExit(1)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    from policies.cli import main

    main(args=sys.argv[2:], prog_name="sting")
