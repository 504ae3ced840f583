"""Answers of providers that are kept to be given again: one Redis string each, `sting:{<keyed digest>}:a`.

An entry is sealed under a key derived from its session's data key (AES-256-GCM, bound to its name). So it opens in this
session only, and is dead once the session is forgotten or the tenant's day keys are dropped.
Format: nonce (12) | ciphertext and tag (16).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from redis.asyncio import RedisCluster

from policies.redis_client import Client
from proxy.vault.base import OpenSession
from proxy.vault.batches import Batches
from proxy.vault.connection import Sender, command
from proxy.vault.sealing import framed

_NONCE = 12


class RedisAnswers:
    """Implements `proxy.vault.base.Answers`. `address_key` (16 to 64 secret bytes, the same on all replicas)."""

    def __init__(self, client: Client, *, address_key: bytes) -> None:
        self._client: Sender = client if isinstance(client, RedisCluster) else Batches(client)
        self._address_key = address_key

    async def find(self, session: OpenSession, asked: bytes) -> bytes | None:
        """See Answers.find."""
        address = self._address(session, asked)
        sealed = await command(self._client, "GET", _key(address))
        plain: bytes | None = None
        if sealed is not None:
            with suppress(InvalidTag, ValueError):  # ValueError: shorter than a nonce
                plain = AESGCM(_answer_key(session)).decrypt(sealed[:_NONCE], sealed[_NONCE:], address.encode())
        return plain

    async def keep(self, session: OpenSession, asked: bytes, answer: bytes, ttl: int) -> None:
        """See Answers.keep."""
        address = self._address(session, asked)
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(_answer_key(session)).encrypt(nonce, answer, address.encode())
        await command(self._client, "SET", _key(address), sealed, "EX", ttl)

    def _address(self, session: OpenSession, asked: bytes) -> str:
        """What names the entry: whoever has the store only cannot tell whether two requests are the same."""
        scope = session.scope
        named = framed(scope.tenant, scope.owner, scope.session) + hashlib.sha256(asked).digest()
        return hashlib.blake2b(named, key=self._address_key, digest_size=32, person=b"sting answer").hexdigest()


def _key(address: str) -> str:
    return f"sting:{{{address}}}:a"


def _answer_key(session: OpenSession) -> bytes:
    return hmac.digest(session.data_key, b"sting cached answer", "sha256")
