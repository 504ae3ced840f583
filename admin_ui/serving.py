"""The console as a server process: it listens, says where it is, and ends in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from admin_ui.app import PARTS, console
from admin_ui.parts import Parts
from policies.broken_requests import quotes_nothing
from policies.listener_tls import served
from policies.logins import link_address
from policies.people import create_person, list_people
from policies.running import find_running, note_running
from policies.settings import Settings

OWNER = "admin@localhost"
"""The first person, made when there is nobody who could administrate."""
_NOTE_SECONDS = 2.0
_DRAIN_SECONDS = 5.0
_IDLE_SECONDS = 75.0
"""How long a connection may say nothing, or not all of a request's head."""
_log = logging.getLogger("sting.console")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the console is, and a link to log in by when one was asked for."""

    url: str
    login: str | None = field(repr=False, default=None)


async def serve(settings: Settings, announce: Callable[[Listening], None], *, login_link: bool = False) -> None:
    """Run the console until SIGINT or SIGTERM; `announce` is told when it listens. Raises OSError, SettingsError."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    with socket.create_server((settings.console.host, settings.console.port), backlog=256) as listener:
        settings = _with_port(settings, listener.getsockname()[1])
        async with console(settings) as app:
            runner = web.AppRunner(
                app,
                handler_cancellation=True,
                access_log=None,
                shutdown_timeout=_DRAIN_SECONDS,
                keepalive_timeout=_IDLE_SECONDS,
            )
            await runner.setup()
            quotes_nothing(runner.server)
            noting = loop.create_task(_keep_noted(settings))
            try:
                async with served(settings.console.tls) as tls:
                    await web.SockSite(runner, listener, ssl_context=tls).start()
                    parts = app[PARTS]
                    announce(Listening(settings.console_url, await first_link(parts) if login_link else None))
                    await ended.wait()
            finally:
                noting.cancel()
                await asyncio.gather(noting, return_exceptions=True)
                await runner.cleanup()


def _with_port(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"console": settings.console.model_copy(update={"port": port})})


async def first_link(parts: Parts) -> str | None:
    """A link for the first administrator, who is made when there is none.

    With an external database only until somebody has logged in: there, printing is not for the owner's eyes alone.
    """
    people = await list_people(parts.database)
    if not parts.settings.database.embedded and any(person.last_login_at for person in people):
        return None
    admins = [person for person in people if "admin" in person.roles and not person.disabled]
    owner = next((person for person in admins if person.tenant == "default"), None)
    if owner is None:
        owner = await create_person(parts.database, OWNER, name="Administrator", roles=("admin",), now=parts.now())
    return link_address(parts.settings.console_url, await parts.logins.make_link(owner))


async def _keep_noted(settings: Settings) -> None:
    """Keep the console's address in the run file, also after the gateway has written that anew."""
    while True:
        with suppress(OSError):
            await asyncio.to_thread(_note, settings)
        await asyncio.sleep(_NOTE_SECONDS)


def _note(settings: Settings) -> None:
    running = find_running(settings.data_dir)
    if running is not None and running.console != settings.console_url:
        note_running(settings.data_dir, {"console": settings.console_url})
