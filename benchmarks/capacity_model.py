"""From what one exchange costs to what an installation needs, and what a number of processes should reach. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

BUSY = 0.6
"""Share of a core or of memory that is planned to be used: the rest is for bursts, and for a part that is gone."""
SINGLE = ("audit", "store", "upstream", "client")
"""Parts that are one process here: each has one core at most, however many workers there are."""
_NODE_BYTES = 16 * 2**30
"""Memory of one primary of the Redis Cluster that is sized."""
_FRAGMENTS = 1.3
"""Memory that Redis holds over what it counts."""


@dataclass(frozen=True)
class Rate:
    """Exchanges per second that may be had, and the part that bounds them."""

    per_s: float
    part: str


def reachable(costs: Mapping[str, float], workers: int, cores: float) -> Rate:
    """The rate of so many workers on so many cores; `costs`: CPU milliseconds per exchange and part.

    The lowest bound counts: each worker has one core, each single process has one, and all parts share the cores.
    """
    bounds = {part: 1000 / costs[part] for part in SINGLE if costs.get(part)}
    bounds["workers"] = workers * 1000 / costs["workers"]
    bounds["all cores"] = cores * 1000 / sum(costs.values())
    part = min(bounds, key=lambda name: bounds[name])
    return Rate(bounds[part], part)


@dataclass(frozen=True)
class Needs:
    """What an installation needs. `trails`: installations with an audit trail of their own, by tenant."""

    worker_cores: int
    detection_cores: int
    trails: int
    store_cores: int
    store_gib: float
    store_primaries: int


def needed(
    costs: Mapping[str, float], detect_ms: float, new: float, rate: float, sessions: int, session_bytes: float
) -> Needs:
    """For `rate` exchanges per second of which the share `new` brings new text, and so many open sessions.

    `costs` as in `reachable`; `detect_ms`: CPU of detection for the new text of one exchange.
    """

    def cores(milliseconds: float) -> int:
        return max(1, math.ceil(rate * milliseconds / 1000 / BUSY))

    memory = sessions * session_bytes * _FRAGMENTS
    store = cores(costs["store"])
    return Needs(
        worker_cores=cores(costs["workers"]),
        detection_cores=cores(detect_ms * new),
        trails=cores(costs["audit"]),
        store_cores=store,
        store_gib=round(memory / 2**30, 1),
        store_primaries=max(store, math.ceil(memory / BUSY / _NODE_BYTES)),
    )
