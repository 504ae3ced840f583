"""A hook that another package brings: a factory under the entry point group `sting.hooks`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from typing import Any

from proxy.hooks.base import Question, Verdict

GROUP = "sting.hooks"
_THREADS = 4


class EntryPointHook:
    """What a factory made of its options: an object whose `check(question)` gives a Verdict.

    A coroutine function runs in the event loop and must not block it; a plain function gets a thread of its own.
    """

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self._check = _made(name, options).check
        waits = inspect.iscoroutinefunction(self._check)
        self._threads = None if waits else ThreadPoolExecutor(_THREADS, thread_name_prefix=f"hook-{name}")

    async def check(self, question: Question) -> Verdict:
        """See `Hook.check`. Raises whatever the package raises."""
        if self._threads is None:
            verdict = await self._check(question)
        else:
            verdict = await asyncio.get_running_loop().run_in_executor(self._threads, self._check, question)
        if not isinstance(verdict, Verdict):
            raise TypeError("a hook's check gives a proxy.hooks.base.Verdict")
        return verdict

    async def close(self) -> None:
        """Take no more work; a thread that hangs is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _made(name: str, options: Mapping[str, Any]) -> Any:  # noqa: ANN401 - another package's object
    """What the entry point makes. Raises ValueError, saying what to do."""
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(sorted(one.name for one in entry_points(group=GROUP)))
        raise ValueError(f"no installed package offers the hook {name!r} (entry points of {GROUP}: {known})")
    try:
        made = next(iter(found)).load()(options)
        callable(made.check)
    except Exception as error:  # noqa: BLE001 - another package's; options may hold secrets, so its text is not shown
        fault = type(error).__name__
    else:
        return made
    raise ValueError(f"the hook {name!r} could not be made of its options: {fault}")
