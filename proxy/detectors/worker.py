"""A detection worker: a process that loads the engines once and then answers frames until its parent is gone.

Started by `proxy.detectors.pool` as `python -P -m proxy.detectors.worker --parent PID ENGINE...`; an ENGINE is a name
of `proxy.detectors.chain.ENGINES` or `module:Class`, `--place NAME=PLACE` says where an engine's
weights or service are. Once it has loaded, nothing that a library prints leaves it:
standard output and error go to /dev/null, because a library's message may quote the text it was given.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from proxy.detectors import frames

if TYPE_CHECKING:
    from proxy.core.findings import Finding
    from proxy.detectors.base import Profile
    from proxy.detectors.chain import Chain

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the engines, say so, answer frames; return the exit status."""
    options = _options(arguments)
    die_with(options.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent ends its workers
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold originals
    requests = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print while they load must not get between the frames
    try:
        chain = _load(options.engines, dict(place.split("=", 1) for place in options.place))
    except Exception as error:  # noqa: BLE001 - any failure of any engine's loading is reported to the parent
        _send(answers, frames.encode_failure(f"{type(error).__name__}: {error}"))
        return 1
    _fall_silent()
    _send(answers, frames.encode_loaded(chain.names))
    _answer(requests, answers, chain)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="proxy.detectors.worker", description=__doc__)
    parser.add_argument("--parent", type=int, required=True, help="process id of the gateway")
    parser.add_argument("--place", action="append", default=[], help="NAME=PLACE of an engine's weights or service")
    parser.add_argument("engines", nargs="+", help="registered name or module:Class")
    return parser.parse_args(arguments)


def die_with(parent: int) -> None:
    """Have the kernel end this process with `parent`, however that ends (Linux; elsewhere end of input does it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before the request above
        sys.exit(0)


def _load(engines: Sequence[str], places: Mapping[str, str]) -> Chain:
    from proxy.detectors.chain import Chain, load_engines  # noqa: PLC0415 - after the ties to the parent are set

    chain = Chain(load_engines(engines, places), places)
    gc.collect()
    gc.freeze()  # what was loaded stays: later collections need not walk it
    return chain


def _fall_silent() -> None:
    logging.disable(logging.CRITICAL)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.close(nothing)


def _answer(requests: BinaryIO, answers: BinaryIO, chain: Chain) -> None:
    """One answer per request, until the parent closes."""
    with contextlib.suppress(BrokenPipeError):
        while (payload := frames.read_frame(requests)) is not None:
            texts, profile = frames.decode_request(payload)
            _send(answers, frames.encode_findings(_find(chain, texts, profile)))


def _find(chain: Chain, texts: Sequence[str], profile: Profile) -> Sequence[Sequence[Finding] | None]:
    """Findings per text; when the batch fails, each text alone, so that one bad text fails alone."""
    try:
        return chain.find(texts, profile)
    except Exception:  # noqa: BLE001 - whatever an engine raises must become a refusal, not the end of the worker
        if len(texts) == 1:
            return [None]
    return [result for text in texts for result in _find(chain, [text], profile)]


def _send(answers: BinaryIO, payload: bytes) -> None:
    data = memoryview(frames.frame(payload))
    while data:
        data = data[answers.write(data) or 0 :]


if __name__ == "__main__":
    sys.exit(main())
