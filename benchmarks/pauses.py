"""How often the machine itself stands still: no process answers within a pause of its processor.

    python benchmarks/pauses.py [--seconds 3]

On each core a process reads the clock in a loop; what lies between two readings is nobody's work but the machine's
(other processes, the hypervisor). The tail of every latency that is measured here contains these pauses.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

_PAUSE = 0.001
"""Seconds between two readings of the clock from which it is a pause."""


@dataclass(frozen=True)
class Pauses:
    """Of all cores together: how many there were, the longest in milliseconds, and the share of the time they took."""

    count: int
    longest_ms: float
    share: float
    seconds: float

    def told(self) -> str:
        """As a sentence."""
        return (
            f"Just before, loops that only read the clock, one on each core, stood still {self.count} times for more "
            f"than {1000 * _PAUSE:g} ms within {self.seconds:g} s, {self.longest_ms:.1f} ms at most, "
            f"{100 * self.share:.2f} % of the time."
        )


def _watched(seconds: float) -> list[float]:
    """The pauses that one core makes in so many seconds."""
    gc.disable()
    clock, pauses = time.perf_counter, []
    before = begun = clock()
    while before - begun < seconds:
        now = clock()
        if now - before > _PAUSE:
            pauses.append(now - before)
        before = now
    return pauses


def pauses(seconds: float = 3.0) -> Pauses:
    """Watch all cores for so many seconds."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores) as pool:
        found = [pause for made in pool.map(_watched, [seconds] * cores) for pause in made]
    return Pauses(len(found), 1000 * max(found, default=0.0), sum(found) / (cores * seconds), seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    print(pauses(parser.parse_args().seconds).told())
