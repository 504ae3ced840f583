"""Which sessions belong to an object that the provider keeps: a response, a conversation.

One Redis string per object, `sting:{<keyed digest of tenant, owner and id>}:o`: the sessions' names and the provider's,
sealed under the day key of the day it was written (AES-256-GCM, bound to tenant, owner and id). So a dump tells neither
ids nor sessions, another owner's id is simply unknown, and dropping a tenant's day keys forgets these entries too.
Format: length of the key id (1 byte) | key id (UTF-8) | nonce (12) | ciphertext and tag (16).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.asyncio import RedisCluster

from policies.redis_client import Client
from proxy.errors import VaultUnavailable
from proxy.vault.base import Home, KeyRing
from proxy.vault.batches import Batches
from proxy.vault.connection import Sender, command
from proxy.vault.sealing import framed

_NONCE = 12
_BROKEN = "An entry on a provider's object does not open: it was altered in Redis."


class RedisObjects:
    """Implements `proxy.vault.base.ProviderObjects`.

    `address_key` (16 to 64 secret bytes, the same on all replicas) names the entries.
    """

    def __init__(self, client: Client, keyring: KeyRing, *, address_key: bytes) -> None:
        self._client: Sender = client if isinstance(client, RedisCluster) else Batches(client)
        self._keyring = keyring
        self._address_key = address_key

    async def link(self, tenant: str, owner: str, ids: Iterable[str], home: Home, ttl: int) -> None:
        """See ProviderObjects.link."""
        key_id, day_key = await self._current_day_key(tenant)
        plain = json.dumps([home.provider, *home.sessions]).encode()
        written = []
        for object_id in dict.fromkeys(ids):
            nonce = os.urandom(_NONCE)
            sealed = AESGCM(day_key).encrypt(nonce, plain, _aad(tenant, owner, object_id))
            name = key_id.encode()
            entry = bytes((len(name),)) + name + nonce + sealed
            written.append(command(self._client, "SET", self._key(tenant, owner, object_id), entry, "EX", ttl))
        failures = await asyncio.gather(*written, return_exceptions=True)
        for failure in failures:
            if isinstance(failure, BaseException):
                raise failure

    async def find(self, tenant: str, owner: str, object_id: str) -> Home | None:
        """See ProviderObjects.find."""
        entry = await command(self._client, "GET", self._key(tenant, owner, object_id))
        if entry is None:
            return None
        name, rest = entry[1 : 1 + entry[0]], entry[1 + entry[0] :]
        day_key = await self._day_key(name)
        if day_key is None:
            return None
        plain: bytes | None = None
        with suppress(InvalidTag, ValueError):  # ValueError: shorter than a nonce
            plain = AESGCM(day_key).decrypt(rest[:_NONCE], rest[_NONCE:], _aad(tenant, owner, object_id))
        if plain is None:
            raise VaultUnavailable(_BROKEN)
        provider, *sessions = json.loads(plain)
        return Home(provider, tuple(sessions))

    async def unlink(self, tenant: str, owner: str, object_id: str) -> None:
        """See ProviderObjects.unlink."""
        await command(self._client, "UNLINK", self._key(tenant, owner, object_id))

    def _key(self, tenant: str, owner: str, object_id: str) -> str:
        named = framed(tenant, owner, object_id)
        digest = hashlib.blake2b(named, key=self._address_key, digest_size=16, person=b"sting object").hexdigest()
        return f"sting:{{{digest}}}:o"

    async def _current_day_key(self, tenant: str) -> tuple[str, bytes]:
        try:
            return await self._keyring.current_day_key(tenant)
        except Exception:  # noqa: BLE001, S110 - whatever the key store raises; it may quote what it was asked
            pass
        raise VaultUnavailable("The key ring cannot be used: no day key to seal with.")

    async def _day_key(self, name: bytes) -> bytes | None:
        try:
            return await self._keyring.day_key(name.decode())
        except UnicodeDecodeError:
            problem = _BROKEN
        except Exception:  # noqa: BLE001 - as in _current_day_key
            problem = "The key ring cannot be used: the day key of an entry could not be read."
        raise VaultUnavailable(problem)


def _aad(tenant: str, owner: str, object_id: str) -> bytes:
    return framed("object", tenant, owner, object_id)
