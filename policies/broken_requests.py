"""Requests that are no HTTP, and handlers that failed: answered with an error in JSON that quotes nothing.

aiohttp's own answer to a line, a header or a chunk that it cannot read repeats the bytes, which may be anybody's
data, and so does its log record.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

_log = logging.getLogger("policies.broken_requests")
_LONG = "A line of the request's head is too long."
_BROKEN = "The request is no HTTP/1.1 that can be read: look at its first line, its headers and its chunks."
_FAILED = "The server failed. Its log names the fault."


class _Connection(web.RequestHandler):
    """A connection whose errors are ours."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what could not be read (400) or failed (5xx). Raises ConnectionError behind a begun one."""
        del message  # the parser's, which quotes
        broken = status < HTTPStatus.INTERNAL_SERVER_ERROR
        # Everybody who reaches the port can send what is no HTTP, as often as they like.
        _log.log(logging.DEBUG if broken else logging.ERROR, "request failed", extra={"fault": type(exc).__name__})
        if request.writer.output_size > 0:
            raise ConnectionError("The answer has begun.")
        answer = refusal(status, _LONG if isinstance(exc, LineTooLong) else _BROKEN if broken else _FAILED)
        answer.force_close()
        return answer


class _Server(web.Server):
    """Makes such connections."""

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


def quotes_nothing(server: web.Server | None) -> None:
    """Have the server answer what it cannot read without repeating it."""
    if server is not None:
        # aiohttp has no word for a connection class of one's own.
        server.__class__ = _Server


def refusal(status: int, message: str) -> web.Response:
    """An error where nobody knows which API is spoken: SDKs of OpenAI and of Anthropic both read it."""
    broken = status < HTTPStatus.INTERNAL_SERVER_ERROR
    kind, code = ("invalid_request_error", "sting_bad_request") if broken else ("api_error", "sting_internal")
    code = "sting_unknown_route" if status == HTTPStatus.NOT_FOUND else code
    body = {"type": "error", "error": {"type": kind, "message": message, "param": None, "code": code}}
    headers = {"content-type": "application/json", "cache-control": "private, no-store"}
    return web.Response(status=status, headers=headers, body=json.dumps(body).encode())
