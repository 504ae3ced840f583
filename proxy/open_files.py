"""How many files a process may have open: raised at the start as far as the system allows, refused where too few are.

Processes that are started later inherit it: workers, detection, the embedded store.
"""

from __future__ import annotations

import logging
import resource

from proxy.errors import StingError

_log = logging.getLogger("sting.serving")
_OTHER_FILES = 512
"""Files that a process has open besides its exchanges' connections: stores, detection, idle clients."""
_FEWEST = 256
"""With fewer a gateway starts, and loses detection workers and connections to its stores as soon as it has work."""


def make_room(exchanges: int) -> None:
    """Let this process hold two connections for each exchange, as far as the system allows; else say so in the log.

    Shells and service managers commonly start with 1,024 open files, which are 500 streams. Raises StingError when
    so few are allowed that the gateway could not work.
    """
    wanted = 2 * exchanges + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    given = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if given < _FEWEST:
        raise StingError(
            f"Only {given} files may be open, a gateway needs at least {_FEWEST}, and {wanted} for "
            "gateway.max_in_flight. Raise the hard limit: `ulimit -n` of the shell, `LimitNOFILE` of the service, "
            "`--ulimit nofile` of the container."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (given, hard))
    if given < wanted:
        _log.warning(
            "too few files may be open for gateway.max_in_flight; raise LimitNOFILE or ulimit -n",
            extra={"allowed": given, "needed": wanted},
        )
