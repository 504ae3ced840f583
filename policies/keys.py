"""Who a secret belongs to: the keys of the configuration (bootstrap) and those of the database, with a cache.

Making, listing, revoking and rotating keys is `policies.key_rows`.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from policies.db import Database
from policies.key_rows import find_key
from policies.principals import SECRET_PREFIX, Principal, VirtualKey, owner_of, shown_prefix
from policies.refreshed import Refreshed
from policies.sections import BootstrapKey

CACHE_SECONDS = 2.0
"""How long an answer of the database counts: a revocation reaches every gateway within this time."""
_CACHE_ENTRIES = 10_000
_MAX_SECRET = 512
_LONG_SECRET = 40


class KeyStore(Protocol):
    """Knows whom a secret belongs to."""

    async def authenticate(self, secret: str) -> Principal | None:
        """The principal, or None for an unknown, revoked or expired key.

        Raises DatabaseUnavailable when it cannot be told; nobody is let in then.
        """
        ...


class VirtualKeys:
    """The KeyStore of the gateway. `database` None: bootstrap keys alone. `clock` counts seconds, never backwards.

    Secrets are looked up by a digest under a key of this process, so that the time a look-up takes tells nothing
    about how much of a guess was right; the cache holds digests, no secrets.
    """

    def __init__(
        self,
        database: Database | None,
        bootstrap: Iterable[BootstrapKey] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._database = database
        self._now = now
        self._process_key = secrets.token_bytes(32)
        self._bootstrap: dict[bytes, Principal] = {}
        for key in bootstrap:
            if key.secret is not None:
                self._bootstrap[self._digest(key.secret.get_secret_value())] = bootstrap_principal(key)
        self._cache: Refreshed[bytes, VirtualKey | None] = Refreshed(CACHE_SECONDS, _CACHE_ENTRIES, clock)

    async def authenticate(self, secret: str) -> Principal | None:
        """See KeyStore. A key that was seen in the last two seconds costs no input or output."""
        if not 0 < len(secret) <= _MAX_SECRET:
            return None
        digest = self._digest(secret)
        principal = self._bootstrap.get(digest)
        if principal is not None:
            return principal
        if self._database is None or not secret.startswith(SECRET_PREFIX):
            return None
        key = await self._cache.get(digest, partial(self._find, self._database, secret))
        return key.principal if key is not None and key.is_valid(self._now()) else None

    def forget_cache(self) -> None:
        """Ask the database again for every key, at once."""
        self._cache.clear()

    async def close(self) -> None:
        """Wait for what is on its way from the database."""
        await self._cache.close()

    async def _find(self, database: Database, secret: str, _known: VirtualKey | None) -> VirtualKey | None:
        return await find_key(database, secret, self._now())

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), key=self._process_key, digest_size=32).digest()


def bootstrap_principal(key: BootstrapKey) -> Principal:
    """The principal of a key of the configuration: its id is made of its name, so that a new secret keeps its vault."""
    key_id = f"config.{key.name}"
    return Principal(
        key_id=key_id,
        key_name=key.name,
        tenant=key.tenant,
        owner=owner_of(key_id, key.vault),
        policy=key.policy,
        policies=key.policies,
        models=key.models,
        roles=frozenset(key.roles),
        limits=key.limits,
        team=key.team or "",
    )


def bootstrap_keys(keys: Iterable[BootstrapKey]) -> list[VirtualKey]:
    """The keys of the configuration that have a secret, as they are listed; of short secrets nothing is shown."""
    return [
        VirtualKey(bootstrap_principal(key), _shown(key.secret.get_secret_value()), "config")
        for key in keys
        if key.secret is not None
    ]


def _shown(secret: str) -> str:
    return shown_prefix(secret) if secret.startswith(SECRET_PREFIX) and len(secret) >= _LONG_SECRET else secret[:3]
