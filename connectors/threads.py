"""A blocking iterator as an async one: each step runs in a thread, and cancelling closes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()


async def stepped(make: Callable[[], Generator[T, None, None]]) -> AsyncGenerator[T, None]:
    """The items of the generator that `make` gives, one step ahead of nobody: memory is that of one item.

    A step that is running when the caller is cancelled ends first; then the generator is closed in its thread.
    """
    steps = make()
    running: asyncio.Future[T] | None = None
    try:
        while True:
            running = asyncio.ensure_future(asyncio.to_thread(next, steps, _END))
            item = await asyncio.shield(running)
            if item is _END:
                return
            yield item
    finally:
        if running is not None and not running.done():
            with suppress(Exception):
                await running
        await asyncio.to_thread(steps.close)
