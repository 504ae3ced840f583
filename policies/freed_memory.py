"""Has the C library keep some memory that was freed, instead of giving it back and asking for it again at once.

Bodies of conversations are made and freed with every request; given back each time, their pages come anew and zeroed.
"""

from __future__ import annotations

import contextlib
import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
KEPT_BYTES = 16 * 1024 * 1024
"""What a process keeps at most of freed memory at the end of its heap."""
_LARGE_BYTES = 4 * 1024 * 1024
"""From which size on memory is taken from the kernel by itself, and given back when it is freed."""


def keep_freed_memory() -> bool:
    """Keep it in this process from now on; False where the C library has no such setting (glibc has)."""
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        return bool(mallopt(_TRIM_THRESHOLD, KEPT_BYTES) and mallopt(_MMAP_THRESHOLD, _LARGE_BYTES))
    return False
