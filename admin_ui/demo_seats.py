"""How many people use a public demo at once: who comes when it is full waits in line and sees a page that says so.

In the memory of one console process; a session has the seat, so that the same person in two browsers takes two.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from policies.console_routes import Problem

RELOAD_SECONDS = 15
_GONE_SECONDS = 60.0
"""Who waits and has not asked for so long has left the line."""


class DemoFull(Problem):
    """All seats are taken; the message says which one in line the session is."""

    def __init__(self, number: int) -> None:
        super().__init__(
            503,
            "demo_full",
            f"The demo is full, you are number {number} in line. Try again in {RELOAD_SECONDS} seconds.",
        )


class Seats:
    """`seats` sessions at once; one that does nothing for `idle` seconds gives its seat up. `clock` counts seconds."""

    def __init__(self, seats: int, idle: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seats = seats
        self._idle = idle
        self._clock = clock
        self._seated: dict[str, float] = {}
        self._waiting: dict[str, float] = {}

    def number(self, session: str) -> int:
        """Note that the session is there; 0 when it has a seat, else its number in line, from 1."""
        now = self._clock()
        self._seated = {name: seen for name, seen in self._seated.items() if now - seen < self._idle}
        self._waiting = {name: seen for name, seen in self._waiting.items() if now - seen < _GONE_SECONDS}
        if session not in self._seated:
            self._waiting[session] = now  # who is in line already keeps the place there
            number = list(self._waiting).index(session) + 1 - (self._seats - len(self._seated))
            if number > 0:
                return number
            del self._waiting[session]
        self._seated[session] = now
        return 0

    def leave(self, session: str) -> None:
        """The session has ended: its seat is free at once."""
        self._seated.pop(session, None)
        self._waiting.pop(session, None)


def full_page(number: int) -> web.Response:
    """The page for who is `number` in line; it loads itself again."""
    return web.Response(
        status=503,
        text=_PAGE.format(number=number, seconds=RELOAD_SECONDS),
        content_type="text/html",
        headers={"Retry-After": str(RELOAD_SECONDS), "Cache-Control": "no-store"},
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}"><title>The demo is full - STING-CE</title>
<style>:root {{ color-scheme: light dark; --page: #f7f7f5; --card: #fff; --line: #e0e0da }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #11151c; --card: #191e26; --line: #343b45 }} }}
body {{ font: 17px/1.55 system-ui, sans-serif; margin: 0; padding: 14vh 1em 2em; background: var(--page) }}
main {{ max-width: 30em; margin: auto; padding: 2em; text-align: center; background: var(--card);
border: 1px solid var(--line); border-radius: 12px; border-top: 4px solid #fcc42e }}
h1 {{ font-size: 1.4em; margin: 0.4em 0 0 }} b {{ display: block; font-size: 3.4em; line-height: 1.3 }}</style></head>
<body><main role="status"><svg width="48" height="48" viewBox="0 0 32 32" aria-hidden="true">
<path d="M16 2 28 9v14l-12 7L4 23V9z" fill="#fcc42e"/>
<path d="M10 13h12M10 19h8" stroke="#1b1a17" stroke-width="3" stroke-linecap="round"/></svg>
<h1>The demo is full right now</h1><p>You are number <b>{number}</b> in line.</p>
<p>This page loads again every {seconds} seconds and lets you in when it is your turn. Leave it open: whoever closes it
loses the place in line.</p></main></body></html>
"""
