"""Data keys of sessions, each wrapped under a day key of the key ring."""

from __future__ import annotations

import os
from collections.abc import Callable

from policies.puncturing import INDEX_BYTES, Tree
from proxy.errors import VaultUnavailable
from proxy.vault import sealing
from proxy.vault.base import KeyRing, OpenSession, Scope
from proxy.vault.cache import Remembered, SessionCache

_ATTEMPTS = 5


class SessionKeys:
    """Makes, wraps and opens data keys; what it opened is remembered. Raises VaultUnavailable, no message quotes a key.

    `address` names a session, as in `cache`.
    """

    def __init__(self, keyring: KeyRing, cache: SessionCache, address: Callable[[Scope], str]) -> None:
        self._keyring = keyring
        self._cache = cache
        self._address = address

    async def is_current(self, scope: Scope, remembered: Remembered) -> bool:
        """Whether a session is wrapped under today's key, by one that was not taken away."""
        key_id, tree = await self._current_tree(scope)
        index = sealing.index_of(remembered.stamp)
        return key_id == remembered.key_id and bool(index) and tree.holds(index)

    async def _current_tree(self, scope: Scope) -> tuple[str, Tree]:
        try:
            return await self._keyring.current_tree(scope.tenant)
        except Exception:  # noqa: BLE001, S110 - whatever the key store raises; it may quote what it was asked
            pass
        raise VaultUnavailable("The key ring cannot be used: no day key to wrap session keys with.")

    async def data_key(self, scope: Scope, wrapped: bytes) -> bytes | None:
        """The data key inside `wrapped`; None when its day key was dropped. Remembered for the next use."""
        remembered = self._cache.get(self._address(scope))
        problem = "The key ring cannot be used: the day key of a session could not be read."
        try:
            key_id, index = sealing.key_id_of(wrapped), sealing.index_of(wrapped)
            wrapping = await self._wrapping_key(key_id, index)
            if wrapping is None:
                self._cache.drop(self._address(scope))
                return None
            if remembered is not None and remembered.stamp == wrapped:
                return remembered.data_key
            data_key = sealing.unwrap(wrapped, wrapping, scope)
        except sealing.Unsealable:
            problem = "A session's data key does not open: Redis holds what another key ring or a stranger wrote."
        except Exception:  # noqa: BLE001, S110 - as in _current_tree
            pass
        else:
            self._cache.put(self._address(scope), wrapped, data_key, key_id, {})
            return data_key
        raise VaultUnavailable(problem)

    async def _wrapping_key(self, key_id: str, index: bytes) -> bytes | None:
        """What wrapped a data key; None when it was dropped or taken away."""
        if not index:
            return await self._keyring.day_key(key_id)
        tree = await self._keyring.tree(key_id)
        return None if tree is None else tree.key(index)

    async def proposal(self, scope: Scope) -> OpenSession:
        """A session that nobody has yet, with a data key of its own, wrapped under today's key."""
        for _ in range(_ATTEMPTS):
            key_id, tree = await self._current_tree(scope)
            index = os.urandom(INDEX_BYTES)
            if wrapping := tree.key(index):  # else by chance it is one that was taken away
                data_key = sealing.new_data_key()
                return OpenSession(scope, data_key, stamp=sealing.wrap(data_key, key_id, wrapping, scope, index))
        raise VaultUnavailable("The key ring has no room for another session today.")

    async def rewrapped(self, scope: Scope, stamp: bytes, data_key: bytes) -> bytes | None:
        """The session's key wrapped anew; None when it is under today's key, empty when it cannot be by chance."""
        key_id, tree = await self._current_tree(scope)
        kept = sealing.index_of(stamp)
        if kept and sealing.key_id_of(stamp) == key_id:
            return None
        # Through all days a session has one index: shredding it takes that out of all of them.
        index = kept or os.urandom(INDEX_BYTES)
        under = tree.key(index)
        return sealing.wrap(data_key, key_id, under, scope, index) if under else b""

    async def puncture(self, scope: Scope, wrapped: bytes) -> None:
        """Take what wrapped a data key out of the key ring; a stranger's bytes have nothing there."""
        try:
            index = sealing.index_of(wrapped)
        except sealing.Unsealable:
            return
        try:
            if index:
                await self._keyring.puncture(scope.tenant, index)
        except Exception:  # noqa: BLE001, S110 - as in _current_tree
            pass
        else:
            return
        raise VaultUnavailable("The key ring cannot be used: the session's key was not taken away.")
