"""What a vault offers. No storage lives here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from policies.puncturing import Tree


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose session it is: `tenant`, `owner` (the key's vault) and `session` id, all free text chosen by people.

    `ttl` in whole seconds (at least 1) slides with every use. Two scopes are the same session when tenant, owner and
    session are equal. Raises ValueError for a `ttl` under 1: it would delete the session.
    """

    tenant: str
    owner: str
    session: str = field(repr=False)
    ttl: int = 86_400

    def __post_init__(self) -> None:
        if self.ttl < 1:
            raise ValueError("a session's ttl is at least one second")


@dataclass(slots=True)
class OpenSession:
    """A session as one exchange sees it: the scope, its data key and what was already stored of the tokens asked for.

    `stamp` is the wrapped data key as it was stored: `save` compares it to notice a session that was shredded,
    expired or re-keyed since `open`. `edition`: the session's in which `known` is stored; empty when it has none.
    """

    scope: Scope
    data_key: bytes = field(repr=False)
    known: Mapping[str, str] = field(repr=False, default_factory=dict)
    stamp: bytes = field(repr=False, default=b"")
    edition: bytes = b""


class Noted(NamedTuple):
    """Entries that are stored, as `Vault.note` was told: by their mark, with their tokens."""

    mark: int
    tokens: Collection[str]


@dataclass(frozen=True, slots=True)
class Home:
    """Where an object of the provider belongs: the provider's configured name and our sessions, the newest first."""

    provider: str
    sessions: tuple[str, ...] = field(repr=False)


class KeyRing(Protocol):
    """Keys per tenant and day, kept outside of Redis: when one is dropped, what it wrapped is dead everywhere.

    The vault asks with every use of a session and keeps no day key itself; an implementation may cache, and its
    cache is how long a dropped key lives on. Key ids are stored in clear in Redis: at most 255 bytes of UTF-8.
    """

    async def current_day_key(self, tenant: str) -> tuple[str, bytes]:
        """Id and 32 bytes of today's key, made when there is none; after a drop another id than the dropped one."""
        ...

    async def day_key(self, key_id: str) -> bytes | None:
        """The 32 bytes of this key; None only when it is certain that it was dropped, raises when it cannot tell.

        An id that this replica has not seen is looked up where all replicas keep them: None makes the vault begin
        the session anew.
        """
        ...

    async def current_tree(self, tenant: str) -> tuple[str, Tree]:
        """Id of today's key and its keys for sessions."""
        ...

    async def tree(self, key_id: str) -> Tree | None:
        """What this key has for sessions; None as for `day_key`."""
        ...

    async def puncture(self, tenant: str, index: bytes) -> None:
        """Take one session's key out of every day key of the tenant, for good."""
        ...


class Vault(Protocol):
    """Keeps originals by token, per owner and session. Every failure is `proxy.errors.VaultUnavailable`."""

    async def open(self, scope: Scope, tokens: Collection[str]) -> OpenSession:
        """The session (made when new) and the stored originals of `tokens`, in at most one round trip.

        `known` may come from this process's memory; `save` finds out when that is stale. Whoever decides on a token
        that only the client typed asks `fetch`, which always reads the store.
        """
        ...

    async def save(self, session: OpenSession, entries: Mapping[str, str], intent: Mapping[str, str]) -> dict[str, str]:
        """Store token -> original and the audit intent in one pipelined round trip; slide the TTL.

        `entries` are all tokens that the exchange issues, those in `session.known` too: what is known to be stored
        is not sent again, but is stored anew when the session has vanished since. `intent` has at least one field.
        A token that already stands for another original is not overwritten: it comes back in the result with the
        stored original, and the caller names its value anew. An empty result means everything is stored.
        """
        ...

    async def store(
        self, scope: Scope, entries: Mapping[str, str], intent: Mapping[str, str], noted: Noted | None = None
    ) -> dict[str, str] | None:
        """`open` and `save` in one; nothing is written while a token stands for another original as far as is known.

        `noted`: further entries, which are stored already. None when this process does not remember them, or the
        store has them no longer: nothing was written, and all entries are to be given.
        """
        ...

    def note(self, scope: Scope, entries: Mapping[str, str], mark: int, beyond: int = 0) -> None:
        """Remember, while this process remembers the session, that `entries` are stored: for `store`.

        `mark` stands for these entries and for those that were noted as `beyond`, and for none else in this process.
        """
        ...

    async def fetch(self, scope: Scope, tokens: Collection[str]) -> dict[str, str]:
        """Originals of those `tokens` that this very session holds; a token of another session or owner is absent."""
        ...

    async def counts(self, scope: Scope) -> dict[str, int] | None:
        """Stored tokens per entity type; None when there is no such session."""
        ...

    async def types(self, scope: Scope) -> frozenset[str]:
        """Entity types of the tokens that the session holds; none when there is no such session."""
        ...

    async def invented(self, scope: Scope) -> frozenset[str]:
        """Surrogates of the session that are no tokens (style `realistic`); none when there is no such session."""
        ...

    async def forget(self, scope: Scope) -> bool:
        """Shred the session: its data key and all its tokens. False when there was none."""
        ...

    async def outcomes(self, events: Iterable[Mapping[str, str]], *, again: bool = False) -> None:
        """Append outcomes of exchanges to the audit stream that `save` wrote their intents to.

        `again`: they have been there before; refused as intents are while the backlog is over its limit.
        """
        ...

    async def ping(self) -> None:
        """Raise VaultUnavailable when the store cannot be used, with advice (for example on its eviction policy)."""
        ...


class Answers(Protocol):
    """Keeps answers of providers, sealed for one session each. Every failure of the store is VaultUnavailable."""

    async def find(self, session: OpenSession, asked: bytes) -> bytes | None:
        """The answer that was kept for these bytes in this session; None for none, and for one that does not open."""
        ...

    async def keep(self, session: OpenSession, asked: bytes, answer: bytes, ttl: int) -> None:
        """Keep an answer for `ttl` seconds, or until its session is forgotten."""
        ...


class ProviderObjects(Protocol):
    """Remembers to which sessions the objects belong that a provider keeps. Every failure is VaultUnavailable."""

    async def link(self, tenant: str, owner: str, ids: Iterable[str], home: Home, ttl: int) -> None:
        """Remember `home` for these ids, in place of what was remembered, for `ttl` seconds."""
        ...

    async def find(self, tenant: str, owner: str, object_id: str) -> Home | None:
        """Where the object belongs; None when this owner knows no such object (another owner's is not told apart)."""
        ...

    async def unlink(self, tenant: str, owner: str, object_id: str) -> None:
        """Forget the object."""
        ...
