"""One of the processes that answer requests. Started by `proxy.workers`, which it dies with.

What it needs comes pickled over its standard input; what it has to say goes as one JSON line to its standard output.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import sys
from dataclasses import dataclass, field

from policies.settings import Settings
from proxy.detectors.worker import die_with
from proxy.errors import StingError


@dataclass(frozen=True, slots=True)
class Errand:
    """What one worker is to do: the settings with the local key, where Redis is, and where to listen."""

    settings: Settings = field(repr=False)
    redis_url: str = field(repr=False)
    host: str
    port: int
    drain: float
    log_level: str


def main() -> int:
    """Listen until SIGTERM, finish what is running, return the exit status."""
    import uvloop  # noqa: PLC0415 - after the tie to the parent

    die_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent ends its workers
    # All of the code, while the parent opens the stores.
    import proxy.assembly  # noqa: PLC0415 - after the tie to the parent
    import proxy.serving  # noqa: F401, PLC0415 - the same
    from policies.db import DatabaseUnavailable  # noqa: PLC0415 - the same
    from policies.documents import DocumentError  # noqa: PLC0415 - the same
    from policies.logs import set_up  # noqa: PLC0415 - the same
    from policies.sealing import SealBroken  # noqa: PLC0415 - the same

    written = sys.stdin.buffer.read()
    if not written:  # the parent could not open its stores, and has said so
        return 1
    errand = pickle.loads(written)  # noqa: S301 - what our parent wrote
    set_up(errand.log_level)
    try:
        uvloop.run(_answer(errand))
    except (StingError, DocumentError, DatabaseUnavailable, SealBroken) as error:
        _say({"failed": str(error)})
    except OSError as error:
        _say({"failed": f"the gateway cannot listen: {error.strerror}"})
    else:
        return 0
    return 1


async def _answer(errand: Errand) -> None:
    from proxy.assembly import assembled  # noqa: PLC0415 - the same
    from proxy.serving import answering  # noqa: PLC0415 - the same

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with (
        assembled(errand.settings, errand.redis_url) as gateway,
        answering(gateway, errand.host, errand.port, drain=errand.drain, shared=True),
    ):
        _say({"ready": os.getpid()})
        await ended.wait()


def _say(words: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Under its real name, so that what the parent pickled is found here.
    from proxy.worker import main as run

    sys.exit(run())
