"""What of a packed request body nobody has read is not unpacked after the answer.

aiohttp reads on for up to 10 s behind an answer, so that a client that still sends gets to read it, and unpacks what
comes: a bomb of 4 MB that was refused at once, even for want of a key, would hold the process for seconds.
"""

from __future__ import annotations

from aiohttp import web


def is_packed(request: web.BaseRequest) -> bool:
    """Whether the body comes in an encoding."""
    return "Content-Encoding" in request.headers


async def left_packed(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    """The response; where a rest of the body is unread it is sent here, and the connection closed behind it."""
    if not request.content.is_eof():
        await response.prepare(request)
        await response.write_eof()
        request.protocol.force_close()
    return response
