"""Receivers for tests: a mail server and a web server on loopback that keep what they get."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class MailSink:
    """A mail server; `messages` are (recipients, content). It refuses recipients in `unknown`."""

    port: int = 0
    messages: list[tuple[list[str], str]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's session."""
        recipients: list[str] = []

        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 sink")
        try:
            while line := (await reader.readline()).decode().strip():
                word = line[:4].upper()
                if word == "RCPT":
                    address = line.partition("<")[2].partition(">")[0]
                    if address in self.unknown:
                        say("550 unknown")
                        continue
                    recipients.append(address)
                if word == "DATA":
                    say("354 go on")
                    content = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    self.messages.append((recipients, content))
                    recipients = []
                say("221 bye" if word == "QUIT" else "250 ok")
                if word == "QUIT":
                    break
        finally:
            writer.close()


@asynccontextmanager
async def mail_sink() -> AsyncIterator[MailSink]:
    """A mail server on a free port."""
    sink = MailSink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink


@dataclass
class WebSink:
    """A web server; `posts` are (path, headers, body). It answers `statuses` one after another, then 200."""

    url: str = ""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep one request."""
        body = await request.read()
        self.posts.append((request.path, {name.lower(): value for name, value in request.headers.items()}, body))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": f"{self.url}/elsewhere"} if status == 302 else None)


@asynccontextmanager
async def web_sink() -> AsyncIterator[WebSink]:
    """A web server on a free port."""
    sink = WebSink()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", sink.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sink.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield sink
    finally:
        await runner.cleanup()
