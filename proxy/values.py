"""Lists of known values over HTTP: upload, counts, deletion, for the tenant of the key. Values never come back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from policies.db import DatabaseUnavailable
from policies.entity_types import ENTITY_TYPES
from policies.pacing import PIECE, TooSlow, paced
from policies.principals import Principal
from policies.values import Chunk, Draft, ListState, ValueLists, is_list_name
from proxy.assembly import Gateway
from proxy.auth import entitled
from proxy.detectors.base import DetectionFailed
from proxy.detectors.known_index import fit
from proxy.errors import BadRequest, BodyTooLarge, BodyTooSlow, NotFound, VaultUnavailable
from proxy.own_events import record, took
from proxy.queries import query_of

MOST_VALUES = 1_000_000
MOST_OF_TENANT = 3_000_000
"""They are held in memory, which all tenants share."""
MOST_BYTES = 256 * 1024 * 1024
_MOST_LINE = 8_192
_MOST_CHARS = 1_000
_CHUNK = 10_000
NOT_DIRECT = frozenset(
    {"AGE", "NRP", "DATE_PART", "DATE_TIME", "NUMBER", "CARD_EXPIRY", "CARD_SECURITY_CODE", "TIME_EXPRESSION"}
)
"""Types whose values point at nobody by themselves: as known values they would stand in every text."""


class ValueReader:
    """Reads NDJSON as it comes and seals what it says. It may run in any thread, one call at a time.

    `types`: entity types that values may have. `skipped`: values that cannot be known (see `known_index.fit`).
    """

    def __init__(self, draft: Draft, types: frozenset[str]) -> None:
        self.skipped = 0
        self._draft = draft
        self._types = types
        self._tail = b""
        self._lines = 0
        self._bytes = 0
        self._waiting: dict[str, list[str]] = {}

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take the next bytes; sealed chunks that are full. Raises BadRequest, BodyTooLarge."""
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            raise BodyTooLarge(f"A list takes at most {MOST_BYTES // 1024 // 1024} MiB at a time.")
        *lines, self._tail = (self._tail + data).split(b"\n")
        if len(self._tail) > _MOST_LINE:
            raise BadRequest(f"Line {self._lines + len(lines) + 1} is longer than {_MOST_LINE} bytes.")
        for line in lines:
            self._take(line)
        return list(self._sealed(_CHUNK))

    def finish(self) -> list[tuple[int, bytes]]:
        """What is left at the end. Raises BadRequest."""
        self._take(self._tail)
        return list(self._sealed(1))

    def _take(self, line: bytes) -> None:
        self._lines += 1
        if not line.strip():
            return
        try:
            said: Any = json.loads(line)
            value, entity_type = said["value"], said["entity_type"]
        except (ValueError, KeyError, TypeError, RecursionError):
            value = entity_type = None
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not isinstance(entity_type, str) or len(said) > 2:  # noqa: PLR2004 - two keys
            raise BadRequest(f'Line {self._lines} is not of the form {{"value": "...", "entity_type": "..."}}.')
        if entity_type not in self._types:
            raise BadRequest(f"Line {self._lines} names an entity type that no list of direct identifiers takes.")
        if self._lines > MOST_VALUES:
            raise BodyTooLarge(f"A list takes at most {MOST_VALUES} values at a time.")
        if len(value) > _MOST_CHARS:
            self.skipped += 1
        else:
            self._waiting.setdefault(entity_type, []).append(" ".join(value.split()))

    def _sealed(self, least: int) -> Iterator[tuple[int, bytes]]:
        for entity_type, values in self._waiting.items():
            if len(values) >= least:
                kept = [value for value, fits in zip(values, fit(values).tolist(), strict=True) if fits]
                self.skipped += len(values) - len(kept)
                values.clear()
                if kept:
                    yield self._draft.seal(Chunk(entity_type, kept))


async def put_values(request: web.Request, gateway: Gateway) -> web.Response:
    """Replace a list by the NDJSON lines of the body, or with `?add=true` add to it."""
    begun = time.perf_counter()
    principal, name = await _asked(request, gateway)
    add = query_of(request, "add").get("add", "false")
    if add not in {"true", "false"}:
        raise BadRequest("`add` is true or false.", param="add")
    try:
        draft = await gateway.value_lists.begin(principal.tenant, name)
        try:
            reader = ValueReader(draft, _types(gateway))
            await _receive(request, reader, gateway, draft)
            await _check_room(gateway.value_lists, draft, replace=add == "false")
            await record(request, gateway, principal, "PUT:/sting/v1/values", **took(begun))
            state = await gateway.value_lists.commit(draft, replace=add == "false")
        except BaseException:
            await asyncio.shield(_abandon(gateway.value_lists, draft))
            raise
    except DatabaseUnavailable:
        raise _unavailable() from None
    await _refresh(gateway)
    return _json({**_shown(state), "skipped": reader.skipped})


async def _receive(request: web.Request, reader: ValueReader, gateway: Gateway, draft: Draft) -> None:
    lists, seconds = gateway.value_lists, gateway.services.settings.gateway.body_timeout_s
    try:
        async for data in paced(request.content.read, seconds):
            sealed = await asyncio.to_thread(reader.feed, data)
            if sealed:
                await lists.write(draft, sealed)
    except TooSlow:
        raise BodyTooSlow(
            f"{PIECE // 1024} KiB of the list took over {seconds:g} s (gateway.body_timeout_s). Nothing was kept."
        ) from None
    if sealed := await asyncio.to_thread(reader.finish):
        await lists.write(draft, sealed)


async def _check_room(lists: ValueLists, draft: Draft, *, replace: bool) -> None:
    others = await lists.total(draft.tenant, without=draft.upload.list_name if replace else None)
    if others + draft.counts.total() > MOST_OF_TENANT:
        raise BodyTooLarge(f"The lists of a tenant hold at most {MOST_OF_TENANT} values.")


async def get_values(request: web.Request, gateway: Gateway) -> web.Response:
    """Counts and version of a list."""
    principal, name = await _asked(request, gateway)
    try:
        state = await gateway.value_lists.state(principal.tenant, name)
    except DatabaseUnavailable:
        raise _unavailable() from None
    if state is None:
        raise _no_such_list()
    return _json(_shown(state))


async def delete_values(request: web.Request, gateway: Gateway) -> web.Response:
    """Shred a list."""
    begun = time.perf_counter()
    principal, name = await _asked(request, gateway)
    try:
        if await gateway.value_lists.state(principal.tenant, name) is None:
            raise _no_such_list()
        await record(request, gateway, principal, "DELETE:/sting/v1/values", **took(begun))
        await gateway.value_lists.delete(principal.tenant, name)
    except DatabaseUnavailable:
        raise _unavailable() from None
    await _refresh(gateway)
    return _json({"list": name, "deleted": True})


async def _asked(request: web.Request, gateway: Gateway) -> tuple[Principal, str]:
    """Who asks, and for which list; raises InvalidKey, Forbidden, BadRequest."""
    principal = await entitled(request, gateway.services.keys, gateway.services.settings, "values")
    name = request.match_info["list"]
    if not is_list_name(name):
        raise BadRequest("A list's name has 1 to 64 letters, digits, `_`, `.` and `-`.", param="list")
    return principal, name


def _types(gateway: Gateway) -> frozenset[str]:
    own = (name for policy in gateway.services.policies.values() for name in policy.entities)
    return frozenset(ENTITY_TYPES).union(own) - NOT_DIRECT


async def _abandon(lists: ValueLists, draft: Draft) -> None:
    with contextlib.suppress(DatabaseUnavailable):  # dropped by a later upload then
        await lists.abandon(draft)


async def _refresh(gateway: Gateway) -> None:
    """Know the change in this process before it is answered; the other ones see it within seconds."""
    with contextlib.suppress(DetectionFailed):  # every exchange of the tenant is refused until it can be loaded
        await gateway.services.known.refresh()


def _shown(state: ListState) -> dict[str, object]:
    return {"list": state.name, "version": state.version, "counts": state.counts, "total": sum(state.counts.values())}


def _no_such_list() -> NotFound:
    return NotFound("This key's tenant has no such list.")


def _unavailable() -> VaultUnavailable:
    return VaultUnavailable("The lists of known values cannot be reached: the database is not available.")


def _json(data: object) -> web.Response:
    headers = {"cache-control": "private, no-store"}
    return web.Response(body=json.dumps(data).encode(), content_type="application/json", headers=headers)
