"""Calls to the gateway's own API: look at texts, scramble them, register known values, embed. A thin HTTP client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from policies.portions import portions
from policies.service_keys import GatewayAccess

_MOST_TEXTS, _MOST_CHARS = 100, 40_000
"""Of one request: detection has a deadline of ten seconds, also on a busy machine."""
_LINES_AT_ONCE = 5_000
_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=5)


class GatewayFailed(Exception):
    """The gateway refused or could not be reached. The message is the gateway's own or names the fault; no value.

    `busy`: it could not do so much at once, or not now.
    """

    def __init__(self, message: str, *, busy: bool = False) -> None:
        super().__init__(message)
        self.busy = busy


@dataclass(frozen=True, slots=True)
class Found:
    """One finding in a text that was sent; offsets in characters. `action` is what the policy does about it."""

    start: int
    end: int
    entity_type: str
    score: float
    action: str


@dataclass(frozen=True, slots=True, repr=False)
class ScrambledTexts:
    """Texts as they may leave, and what was found in each original."""

    texts: list[str]
    findings: list[list[Found]]


class GatewayClient:
    """Speaks for one tenant, with its service key. All methods raise GatewayFailed."""

    def __init__(self, session: aiohttp.ClientSession, access: GatewayAccess) -> None:
        self._session = session
        self._access = access

    async def analyze(self, texts: Sequence[str], policy: str | None = None) -> list[list[Found]]:
        """Findings per text. Nothing is stored."""
        results: list[list[Found]] = []
        for some in portions(texts, most=_MOST_TEXTS, characters=_MOST_CHARS):
            results += await self._analyzed(some, policy)
        return results

    async def _analyzed(self, texts: list[str], policy: str | None) -> list[list[Found]]:
        """One request, or two halves of it when it was too much for the detectors' deadline."""
        try:
            answer = await self._call("POST", "/sting/v1/analyze", {"texts": texts, **_policy(policy)})
        except GatewayFailed as error:
            if not error.busy or len(texts) == 1:
                raise
            half = len(texts) // 2
            return [*await self._analyzed(texts[:half], policy), *await self._analyzed(texts[half:], policy)]
        return [[_found(item) for item in items] for items in answer["results"]]

    async def scramble(self, texts: Sequence[str], session: str, policy: str | None = None) -> ScrambledTexts:
        """The texts as they leave under the policy, in the named session of the tenant's service vault."""
        made = ScrambledTexts([], [])
        for some in portions(texts, most=_MOST_TEXTS, characters=_MOST_CHARS):
            part = await self._scrambled(some, session, policy)
            made.texts.extend(part.texts)
            made.findings.extend(part.findings)
        return made

    async def _scrambled(self, texts: list[str], session: str, policy: str | None) -> ScrambledTexts:
        """As `_analyzed`: in halves when it was too much at once."""
        body = {"texts": texts, "session": session, **_policy(policy)}
        try:
            answer = await self._call("POST", "/sting/v1/scramble", body)
        except GatewayFailed as error:
            if not error.busy or len(texts) == 1:
                raise
            half = len(texts) // 2
            first = await self._scrambled(texts[:half], session, policy)
            second = await self._scrambled(texts[half:], session, policy)
            return ScrambledTexts([*first.texts, *second.texts], [*first.findings, *second.findings])
        return ScrambledTexts(answer["texts"], [[_found(item) for item in items] for items in answer["findings"]])

    async def put_values(self, name: str, values: Iterable[tuple[str, str]]) -> int:
        """Replace the known values of list `name` by (value, entity type) pairs; returns how many are known now."""
        answer = await self._call("PUT", f"/sting/v1/values/{name}", pieces=_lines(values))
        return int(answer["total"])

    async def delete_values(self, name: str) -> None:
        """Shred the list; fine when there is none."""
        await self._call("DELETE", f"/sting/v1/values/{name}", missing_ok=True)

    async def embeddings(
        self, texts: Sequence[str], model: str, session: str, policy: str | None = None
    ) -> list[list[float]]:
        """A vector per text; the gateway scrambles what is not a token of the session."""
        vectors: list[list[float]] = []
        for some in portions(texts, most=64, characters=_MOST_CHARS):
            headers = {"X-Sting-Session": session, "X-Sting-Restore": "none"}
            headers |= {"X-Sting-Policy": policy} if policy else {}
            answer = await self._call("POST", "/v1/embeddings", {"model": model, "input": some}, headers=headers)
            vectors += [item["embedding"] for item in sorted(answer["data"], key=lambda item: int(item["index"]))]
        return vectors

    async def _call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        pieces: AsyncIterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        missing_ok: bool = False,
    ) -> Any:  # noqa: ANN401 - JSON
        sent: dict[str, Any] = {"json": body} if pieces is None else {"data": pieces}
        sent |= {"headers": {"Authorization": f"Bearer {self._access.key}", **(headers or {})}}
        sent["ssl"] = self._access.tls()
        try:
            async with self._session.request(method, self._access.url + path, **sent) as answer:
                data = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise GatewayFailed(
                f"the gateway cannot be reached ({type(error).__name__}): start it with `sting up`"
            ) from None
        if answer.status == HTTPStatus.NOT_FOUND and missing_ok:
            return {}
        if answer.status != HTTPStatus.OK:
            said = data.get("error") if isinstance(data, dict) else None
            busy = answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            told = str(said.get("message")) if isinstance(said, dict) else f"HTTP {answer.status}"
            raise GatewayFailed(told, busy=busy)
        return data


@asynccontextmanager
async def gateway_client(access: GatewayAccess) -> AsyncIterator[GatewayClient]:
    """A client with connections of its own."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        yield GatewayClient(session, access)


def _policy(name: str | None) -> dict[str, str]:
    return {"policy": name} if name else {}


def _found(item: dict[str, Any]) -> Found:
    return Found(
        int(item["start"]),
        int(item["end"]),
        str(item["entity_type"]),
        float(item.get("score", 1.0)),
        str(item.get("action", "")),
    )


async def _lines(values: Iterable[tuple[str, str]]) -> AsyncIterator[bytes]:
    """The values as NDJSON, some thousand lines at a time."""
    lines: list[str] = []
    for value, entity_type in values:
        lines.append(json.dumps({"value": value, "entity_type": entity_type}) + "\n")
        if len(lines) >= _LINES_AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()
