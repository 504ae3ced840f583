"""The floor: a bare aiohttp pass-through, what any Python gateway must at least do."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import uvloop
from aiohttp import web


async def main(upstream: str) -> None:
    """Forward everything to `upstream`; print the port and serve until killed."""
    session = aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=512))

    async def forward(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {"content-type": request.headers.get("content-type", ""), "authorization": "Bearer x"}
        async with session.request(request.method, upstream + request.path_qs, data=body, headers=headers) as answer:
            content_type = answer.headers.get("content-type", "")
            if not content_type.startswith("text/event-stream"):
                return web.Response(
                    status=answer.status, body=await answer.read(), headers={"content-type": content_type}
                )
            response = web.StreamResponse(status=answer.status, headers={"content-type": content_type})
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{tail:.*}", forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
