"""What a vault offers. No storage lives here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose session it is: `tenant`, `owner` (the key's vault) and `session` id, all free text chosen by people.

    `ttl` in seconds slides with every use. Two scopes are the same session when tenant, owner and session are equal.
    """

    tenant: str
    owner: str
    session: str = field(repr=False)
    ttl: int = 86_400


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as one exchange sees it: the scope, its data key and what was already stored of the tokens asked for."""

    scope: Scope
    data_key: bytes = field(repr=False)
    known: Mapping[str, str] = field(repr=False, default_factory=dict)


class Vault(Protocol):
    """Keeps originals by token, per owner and session. Every failure is `proxy.errors.VaultUnavailable`."""

    async def open(self, scope: Scope, tokens: Collection[str]) -> OpenSession:
        """The session (made when new) and the stored originals of `tokens`, in one round trip."""
        ...

    async def save(self, session: OpenSession, entries: Mapping[str, str], intent: Mapping[str, str]) -> dict[str, str]:
        """Store token -> original and the audit intent in one pipelined round trip; slide the TTL.

        A token that already stands for another original is not overwritten: it comes back in the result with the
        stored original, and the caller names its value anew. An empty result means everything is stored.
        """
        ...

    async def fetch(self, scope: Scope, tokens: Collection[str]) -> dict[str, str]:
        """Originals of those `tokens` that this very session holds; a token of another session or owner is absent."""
        ...

    async def counts(self, scope: Scope) -> dict[str, int] | None:
        """Stored tokens per entity type; None when there is no such session."""
        ...

    async def forget(self, scope: Scope) -> bool:
        """Shred the session: its data key and all its tokens. False when there was none."""
        ...

    async def outcome(self, event: Mapping[str, str]) -> None:
        """Append the outcome of an exchange to the audit stream that `save` wrote its intent to."""
        ...

    async def ping(self) -> None:
        """Raise VaultUnavailable when the store cannot be used, with advice (for example on its eviction policy)."""
        ...
