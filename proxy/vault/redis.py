"""The vault on Redis or Valkey, single, sentinel or cluster.

A session is one hash, `sting:{<keyed digest of tenant, owner and session>}:s`: field `k` is the session's data key,
wrapped by a day key that lives outside of Redis; field `e`, in a session of more than a few tokens, is its edition;
every other field is a token with its sealed original.

How a warm exchange costs one round trip and stays right: when this process remembers the session's data key and every
token asked for as stored, `open` does not go to Redis. `save` sends along the wrapped key that it built on (the
stamp) and the names of the tokens that it believes to be stored, and the script writes nothing unless `k` is still
this stamp and those tokens are still there. A session that was shredded, expired, restored from an older replica or
begun anew has another stamp or none; `save` then forgets what it remembered, opens the session as Redis has it now,
and stores the exchange's own entries again under the data key it found there. So a shredded session never comes back
with what a process remembered of it: its data key is gone, and only what this very exchange issues is stored.
The stamp identifies one life of a session, and within it tokens are only ever added: that is why remembering is safe.
Many names need not be sent: each script that adds tokens gives the session another edition (random), so while it is the
one that this process has seen, all that was stored then is stored now. When it is not, the names are sent after all.

When the key ring no longer has the day key of a session (it was dropped), the session is dead: nobody can read it. It
is replaced, atomically and only if it is still the dead one, by a new empty session. A session that lives on is
wrapped anew under each day's key at its first use of the day, so it does not die while it is used.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from redis.asyncio import RedisCluster

from policies.audit_fields import together, written
from policies.redis_client import Client
from proxy.errors import VaultUnavailable
from proxy.vault import scripts, sealing
from proxy.vault.base import KeyRing, Noted, OpenSession, Scope
from proxy.vault.batches import Batches
from proxy.vault.cache import SessionCache
from proxy.vault.connection import Argument, Call, command, run, run_all
from proxy.vault.packing import (
    DATA_KEY_FIELD,
    RESERVED,
    begin_arguments,
    opened,
    refuse_reserved,
    save_arguments,
    sorted_out,
    taken_in,
)
from proxy.vault.readiness import check
from proxy.vault.session_keys import SessionKeys

DEFAULT_STREAM = "sting:{audit}:events"
_MOST_TYPES = 4096
"""Sessions whose types are remembered."""
_MOST_MARKS = 64
"""Sets of entries that are noted of one session."""
_ATTEMPTS = 5  # each repeat needs another process to shred or re-key the session at that very moment
_GONE, _BACKLOG, _OTHER_EDITION = 0, -1, -2  # answers of scripts.SAVE
_TOKEN = re.compile(r"([A-Z][A-Z0-9_]*)_[0-9A-Z]{8}")


class RedisVault:
    """Implements `proxy.vault.base.Vault`.

    `address_key` (16 to 64 secret bytes, the same on all replicas and for as long as sessions live) names sessions in
    Redis. `backlog_limit`: `save` refuses when the audit stream holds this many events; whoever drains the stream
    deletes what it has written. `on_shred` runs after each shred (the embedded server rewrites its journal).
    Raises VaultUnavailable for every failure of Redis, keys or decryption; no message holds a value.
    """

    def __init__(
        self,
        client: Client,
        keyring: KeyRing,
        *,
        address_key: bytes,
        stream: str = DEFAULT_STREAM,
        backlog_limit: int = 100_000,
        cache: SessionCache | None = None,
        on_shred: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        if not 16 <= len(address_key) <= 64:  # noqa: PLR2004 - 64 is BLAKE2b's limit
            raise ValueError("the address key has 16 to 64 bytes")
        self._server = client
        self._client = client if isinstance(client, RedisCluster) else Batches(client)
        self._cluster = client if isinstance(client, RedisCluster) else None
        self._stream = stream
        self._backlog_limit = backlog_limit
        self._cache = SessionCache() if cache is None else cache
        self._address = lru_cache(maxsize=4096)(lambda scope: sealing.address(scope, address_key))
        self._keys = SessionKeys(keyring, self._cache, self._address)
        self._on_shred = on_shred
        self._types: dict[str, tuple[bytes, int, frozenset[str]]] = {}

    async def open(self, scope: Scope, tokens: Collection[str]) -> OpenSession:
        """See Vault.open. No round trip when this process remembers the session and all `tokens`, else one."""
        remembered = self._cache.get(self._address(scope))
        if remembered is not None:
            stored = remembered.tokens
            all_known = len(tokens) == len(stored) and stored.keys() == set(tokens)
            known = dict(stored) if all_known else {token: stored[token] for token in tokens if token in stored}
            edition = remembered.edition  # of these tokens: others may follow while the key ring is asked
            if len(known) == len(tokens) and await self._keys.is_current(scope, remembered):
                return OpenSession(scope, remembered.data_key, known, remembered.stamp, edition)
        return await self._open_stored(scope, tokens, rewrap=True)

    async def save(self, session: OpenSession, entries: Mapping[str, str], intent: Mapping[str, str]) -> dict[str, str]:
        """See Vault.save. One round trip, or more when the session vanished since `open` (see the module)."""
        return await self._saved(session, entries, intent) or {}

    async def store(
        self, scope: Scope, entries: Mapping[str, str], intent: Mapping[str, str], noted: Noted | None = None
    ) -> dict[str, str] | None:
        """See Vault.store. One round trip where this process remembers the session, and where nobody has it yet.

        A session that is there and not remembered is opened first. What is not remembered of its tokens need not be
        asked for: the script that saves says which stand for something else.
        """
        address = self._address(scope)
        remembered = self._cache.get(address)
        if remembered is None or not await self._keys.is_current(scope, remembered):
            if noted is not None:
                return None
            session, stored = await self._begun(scope, entries, intent)
            if stored:
                return {}
        else:
            # In a cluster the intent is a command of its own, which would stay where the other one is refused.
            if noted is not None and (noted.mark not in remembered.marks or self._cluster is not None):
                return None
            known = {token: remembered.tokens[token] for token in entries if token in remembered.tokens}
            session = OpenSession(scope, remembered.data_key, known, remembered.stamp, remembered.edition)
        if noted is not None and not entries:
            return await self._still_there(session, noted, intent)
        return taken_in(session.known, entries) or await self._saved(session, entries, intent, noted)

    async def _still_there(
        self, session: OpenSession, noted: Noted, intent: Mapping[str, str]
    ) -> dict[str, str] | None:
        """The quick way of `_saved` when nothing is new, as in a request that was seen before."""
        args = save_arguments(session, (), {}, noted.tokens)
        answer, _ = await self._write(self._address(session.scope), args, intent)
        return None if answer in (_GONE, _OTHER_EDITION) else {}

    async def _saved(
        self,
        session: OpenSession,
        entries: Mapping[str, str],
        intent: Mapping[str, str],
        noted: Noted | None = None,
    ) -> dict[str, str] | None:
        """What `save` and `store` give; None when what was noted is there no longer."""
        if not intent:
            raise ValueError("an audit intent has at least one field")
        refuse_reserved(entries)
        scope, address = session.scope, self._address(session.scope)
        intent_owed = True
        for _ in range(_ATTEMPTS):
            taken, settled, sealed = sorted_out(session, entries)
            args = save_arguments(session, settled, sealed, noted.tokens if noted is not None else ())
            answer, intent_owed = await self._write(address, args, intent if intent_owed else None)
            if answer == _OTHER_EDITION:
                session = replace(session, edition=b"")
                continue
            if answer != _GONE:
                before, now, *lost = answer
                if not sealed and before == now == session.edition:
                    return taken  # nothing is new
                found = opened(session, dict(zip(map(bytes.decode, lost[::2]), lost[1::2], strict=True)))
                stored = {token: session.known.get(token, original) for token, original in entries.items()} | found
                self._remember(session, stored, (before, now), noted)
                return taken | {token: original for token, original in found.items() if original != entries[token]}
            self._cache.drop(address)
            if noted is not None:
                return None
            session = await self._open_stored(scope, entries, rewrap=False)
        raise VaultUnavailable("The session is being shredded again and again while it is used.")

    async def _begun(
        self, scope: Scope, entries: Mapping[str, str], intent: Mapping[str, str]
    ) -> tuple[OpenSession, bool]:
        """The session as Redis has it, and whether it is a new one in which all of this was stored already."""
        if self._cluster is not None:  # the intent belongs to another slot
            return await self._open_stored(scope, entries, rewrap=True), False
        if not intent:
            raise ValueError("an audit intent has at least one field")
        refuse_reserved(entries)
        proposal = await self._keys.proposal(scope)
        edition, args = begin_arguments(proposal, entries)
        keys = [_key_at(self._address(scope)), self._stream]
        answer = await run(self._client, scripts.BEGIN, keys, [*args, self._backlog_limit, *written(intent)])
        if answer == _BACKLOG:
            raise _too_long()
        if answer != 1:
            return await self._open_stored(scope, entries, rewrap=True, answer=answer), False
        self._remember(proposal, entries, (b"", edition))
        return proposal, True

    def note(self, scope: Scope, entries: Mapping[str, str], mark: int, beyond: int = 0) -> None:
        """See Vault.note. Only what is remembered as stored, with these originals, is noted."""
        remembered = self._cache.get(self._address(scope))
        if remembered is None or (beyond and beyond not in remembered.marks):
            return
        if entries.items() <= remembered.tokens.items():
            if len(remembered.marks) >= _MOST_MARKS:
                remembered.marks.clear()
            remembered.marks.add(mark)

    async def fetch(self, scope: Scope, tokens: Collection[str]) -> dict[str, str]:
        """See Vault.fetch. Always reads Redis; slides the TTL of a session that exists."""
        asked = [token for token in dict.fromkeys(tokens) if token not in RESERVED]
        if not asked:
            return {}
        args: list[Argument] = [scope.ttl, *asked]
        wrapped, *values = await run(self._client, scripts.FETCH, [self._key(scope)], args, again=True) or [None]
        data_key = None if wrapped is None else await self._keys.data_key(scope, wrapped)
        if data_key is None:
            return {}
        return opened(OpenSession(scope, data_key), dict(zip(asked, values, strict=True)))

    async def counts(self, scope: Scope) -> dict[str, int] | None:
        """See Vault.counts. Surrogates that are no tokens (style `realistic`) count as OTHER. The TTL stays."""
        wrapped = await command(self._client, "HGET", self._key(scope), DATA_KEY_FIELD)
        if wrapped is None or await self._keys.data_key(scope, wrapped) is None:
            return None
        counts: dict[str, int] = {}
        for name in await command(self._client, "HKEYS", self._key(scope)):
            if (token := name.decode()) not in RESERVED:
                shape = _TOKEN.fullmatch(token)
                entity_type = shape[1] if shape else "OTHER"
                counts[entity_type] = counts.get(entity_type, 0) + 1
        return counts

    async def types(self, scope: Scope) -> frozenset[str]:
        """See Vault.types. The names are read anew when there are more of them, or when the session began anew."""
        key = self._key(scope)
        wrapped, fields = await asyncio.gather(
            command(self._client, "HGET", key, DATA_KEY_FIELD), command(self._client, "HLEN", key)
        )
        if wrapped is None or await self._keys.data_key(scope, wrapped) is None:
            return frozenset()
        known = self._types.get(key)
        if known is None or known[:2] != (wrapped, fields):
            shapes = (_TOKEN.fullmatch(name.decode()) for name in await command(self._client, "HKEYS", key))
            if len(self._types) >= _MOST_TYPES:
                self._types.clear()
            known = self._types[key] = (wrapped, fields, frozenset(shape[1] for shape in shapes if shape))
        return known[2]

    async def invented(self, scope: Scope) -> frozenset[str]:
        """See Vault.invented."""
        names = {name.decode() for name in await command(self._client, "HKEYS", self._key(scope))}
        return frozenset(name for name in names if name not in RESERVED and not _TOKEN.fullmatch(name))

    async def forget(self, scope: Scope) -> bool:
        """See Vault.forget. On return the data key is gone from Redis, and what wrapped it from the key ring.

        So no copy of Redis brings the session back, whatever day it is of. `on_shred` has run too.
        """
        self._cache.drop(self._address(scope))
        for _ in range(_ATTEMPTS):
            wrapped = await command(self._client, "HGET", self._key(scope), DATA_KEY_FIELD)
            if wrapped is None:
                return False
            await self._keys.puncture(scope, wrapped)
            if await run(self._client, scripts.FORGET, [self._key(scope)], [wrapped]):
                if self._on_shred is not None:
                    await self._on_shred()
                return True
        raise VaultUnavailable("The session is being replaced again and again while it is shredded.")

    async def outcomes(self, events: Iterable[Mapping[str, str]], *, again: bool = False) -> None:
        """See Vault.outcomes. For the first time they are written whatever the backlog: the exchanges have happened."""
        limit = self._backlog_limit if again else 0
        for entry in together(events):
            if await run(self._client, scripts.APPEND, [self._stream], [limit, *entry]) == _BACKLOG:
                raise _too_long()

    async def ping(self) -> None:
        """See Vault.ping."""
        await check(self._server)

    def _key(self, scope: Scope) -> str:
        return _key_at(self._address(scope))

    async def _open_stored(
        self, scope: Scope, tokens: Collection[str], *, rewrap: bool, answer: Sequence[Any] = ()
    ) -> OpenSession:
        """The session as Redis has it, made when there is none or only a dead one.

        `rewrap`: wrap its data key under today's key if it is not; `save` leaves that out, so as to end. `answer`: of
        scripts.OPEN, where it has been asked.
        """
        asked = [token for token in dict.fromkeys(tokens) if token not in RESERVED]
        key = self._key(scope)
        for _ in range(_ATTEMPTS):
            proposal = await self._keys.proposal(scope)
            args: list[Argument] = [proposal.stamp, scope.ttl, *asked]
            stamp, edition, *values = answer or await run(self._client, scripts.OPEN, [key], args, again=True)
            answer = ()
            data_key = proposal.data_key if stamp == proposal.stamp else await self._keys.data_key(scope, stamp)
            if data_key is None:
                if not await run(self._client, scripts.REPLACE, [key], [stamp, proposal.stamp, scope.ttl]):
                    continue
                stamp, edition, data_key, values = proposal.stamp, None, proposal.data_key, [None] * len(asked)
            if rewrap and (anew := await self._keys.rewrapped(scope, stamp, data_key)) is not None:
                if anew:
                    await run(self._client, scripts.REWRAP, [key], [stamp, anew], again=True)
                continue
            edition = edition or b""
            session = OpenSession(scope, data_key, stamp=stamp, edition=edition)
            known = opened(session, dict(zip(asked, values, strict=True)))
            self._remember(session, known, (edition, edition))
            return replace(session, known=known)
        raise VaultUnavailable("The session is being replaced again and again while it is opened.")

    async def _write(self, address: str, args: list[Argument], intent: Mapping[str, str] | None) -> tuple[Any, bool]:
        """Run scripts.SAVE with the intent; its answer, and whether the intent is still owed."""
        key = _key_at(address)
        event: list[Argument] = [] if intent is None else [self._backlog_limit, *written(intent)]
        if intent is None:
            answer, appended = await run(self._client, scripts.SAVE, [key], args), 1
        elif self._cluster is not None:  # asking for the class takes a while: redis-py's are protocols
            calls: list[Call] = [(scripts.SAVE, (key,), args), (scripts.APPEND, (self._stream,), event)]
            answer, appended = await run_all(self._cluster, calls)
        else:
            answer = await run(self._client, scripts.SAVE, [key, self._stream], [*args, *event])
            appended = answer if answer in (_GONE, _BACKLOG, _OTHER_EDITION) else 1
        if appended == _BACKLOG:
            raise _too_long()
        return answer, appended != 1

    def _remember(
        self,
        session: OpenSession,
        tokens: Mapping[str, str],
        editions: tuple[bytes, bytes],
        noted: Noted | None = None,
    ) -> None:
        """Remember tokens as stored, and go on remembering what was noted, which the script has found there."""
        address, key_id = self._address(session.scope), sealing.key_id_of(session.stamp)
        before = self._cache.get(address)
        self._cache.put(address, session.stamp, session.data_key, key_id, tokens, editions)
        after = self._cache.get(address)
        if noted is not None and before is not None and after is not None and after is not before:
            still = {token: before.tokens[token] for token in noted.tokens if token in before.tokens}
            self._cache.put(address, session.stamp, session.data_key, key_id, still, (editions[1], editions[1]))
            after.marks.add(noted.mark)


def _too_long() -> VaultUnavailable:
    return VaultUnavailable("The audit stream is over its backlog limit; check that its events are drained.")


def _key_at(address: str) -> str:
    """Name of the hash; the braces keep all of a session in one slot of a cluster."""
    return f"sting:{{{address}}}:s"
