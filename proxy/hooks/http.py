"""A hook that is asked over HTTP: one POST of JSON, a verdict as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

import aiohttp

from proxy.hooks.base import Question, Verdict

_MAX_ANSWER = 64 * 1024
_OK = 200


class BadAnswer(Exception):
    """The hook gave no verdict. Holds nothing of what it sent."""


class HttpHook:
    """Asks a URL. Make it inside the running event loop; `close()` it there. Redirects and proxies are not followed."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        headers = {"authorization": f"Bearer {secret}"} if secret else {}
        self._session = aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar())

    async def check(self, question: Question) -> Verdict:
        """See `Hook.check`. Raises BadAnswer and what aiohttp raises."""
        body = json.dumps({"version": 1, **asdict(question)}).encode()
        headers = {"content-type": "application/json"}
        async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
            raw = await answer.content.read(_MAX_ANSWER)
            if answer.status != _OK or not answer.content.at_eof():
                raise BadAnswer
        return read_verdict(raw)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def read_verdict(raw: bytes) -> Verdict:
    """The verdict in an answer. Raises BadAnswer for all that is none: nobody may pass because of a typing error."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("verdict") not in ("allow", "block"):
        raise BadAnswer
    reason = told.get("reason")
    return Verdict(told["verdict"] == "allow", reason if isinstance(reason, str) else "")
