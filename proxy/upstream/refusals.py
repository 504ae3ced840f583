"""What a cloud says when it refuses, in the shape of the API that was asked for: its own shape no client knows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from proxy.upstream.base import Answer

Shape = Callable[[int, bytes], bytes]
"""Makes an error's body of its status and of what the cloud said."""
_LARGEST: Final = 1024 * 1024
_TYPES: Final[Mapping[int, str]] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


class Passed:
    """An answer that is passed on: what others change parts of."""

    content_type: str | None = None

    def __init__(self, inner: Answer) -> None:
        self._inner = inner
        self.secured = inner.secured

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._inner.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Allowed headers; AWS's id of the request is called as Anthropic calls it."""
        kept = dict(self._inner.headers)
        if (own := kept.pop("x-amzn-requestid", None)) is not None:
            kept.setdefault("request-id", own)
        return kept | ({"content-type": self.content_type} if self.content_type else {})

    async def body(self, limit: int) -> bytes:
        """The whole body."""
        return await self._inner.body(limit)

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        return self._inner.chunks()

    def close(self) -> None:
        """End the call."""
        self._inner.close()


class Refusal(Passed):
    """An error in another shape."""

    content_type = "application/json"

    def __init__(self, inner: Answer, shape: Shape) -> None:
        super().__init__(inner)
        self._shape = shape

    async def body(self, limit: int) -> bytes:
        """The whole body, as the API's own maker would have said it."""
        return self._shape(self.status, await self._inner.body(limit))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in one piece."""
        yield await self.body(_LARGEST)


def anthropic_refusal(status: int, raw: bytes) -> bytes:
    """`{"type": "error", "error": {...}}`; what has that shape already stays as it came."""
    told = _read(raw)
    if isinstance(told, dict) and told.get("type") == "error" and isinstance(told.get("error"), dict):
        return raw
    return anthropic_error(_TYPES.get(status, "api_error"), message_of(raw))


def anthropic_error(kind: str, message: str) -> bytes:
    """An error of Anthropic's API."""
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


def openai_refusal(status: int, raw: bytes) -> bytes:
    """`{"error": {"message", "type", "param", "code"}}`; `code` is the cloud's own word for it, if it has one."""
    told = _inside(_read(raw))
    code = told.get("status") or told.get("code")
    body = {
        "message": message_of(raw),
        "type": _TYPES.get(status, "api_error"),
        "param": None,
        "code": code if isinstance(code, str) else None,
    }
    return json.dumps({"error": body}).encode()


def message_of(raw: bytes) -> str:
    """What an error says, be it AWS's (`message`), or Google's (`error.message`, perhaps in a list)."""
    told = _inside(_read(raw))
    said = told.get("message") or told.get("Message")
    return said if isinstance(said, str) else "The provider gave no reason."


def _read(raw: bytes) -> object:
    with suppress(ValueError, RecursionError):
        told: object = json.loads(raw)
        return told
    return None


def _inside(told: object) -> dict[str, Any]:
    """The object that speaks of the error."""
    if isinstance(told, list) and told:
        told = told[0]
    if isinstance(told, dict) and isinstance(told.get("error"), dict):
        told = told["error"]
    return told if isinstance(told, dict) else {}
