"""What the console's own routes work with, made once per process."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from admin_ui.limiter import Limiter
from policies.acts import Acts
from policies.db import Database
from policies.keys import VirtualKeys
from policies.logins import Logins
from policies.sealing import Sealer
from policies.settings import Settings


def utc_ms() -> int:
    """Now, in UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one console process. `now` is UTC milliseconds."""

    settings: Settings
    database: Database
    sealer: Sealer = field(repr=False)
    logins: Logins = field(repr=False)
    keys: VirtualKeys = field(repr=False)
    acts: Acts = field(repr=False)
    tries: Limiter = field(repr=False)
    now: Callable[[], int] = utc_ms
