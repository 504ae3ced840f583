"""Sealing under the master key: AES-256-GCM with associated data, and HKDF-SHA256 for keys derived from others.

A sealed value is: one byte format version, four bytes that tell which master key sealed it, twelve bytes nonce,
ciphertext with tag. It does not store anything and does not choose where the master key comes from.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_FORMAT = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER = len(_FORMAT) + _KEY_ID_BYTES + _NONCE_BYTES


class SealBroken(Exception):
    """A sealed value was not made here, not under these keys, not for this context, or was changed."""


def derive(secret: bytes, context: str, *, salt: bytes = b"", length: int = KEY_BYTES) -> bytes:
    """`length` bytes by HKDF-SHA256 (RFC 5869) from `secret`; `context` separates uses."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt or None, info=context.encode()).derive(secret)


class Sealer:
    """Seals with the first of `master_keys` (32 bytes each) and opens what any of them sealed."""

    __slots__ = ("_current", "_keys")

    def __init__(self, master_keys: Sequence[bytes]) -> None:
        if not master_keys or any(len(key) != KEY_BYTES for key in master_keys):
            raise ValueError("a master key has 32 bytes")
        self._keys = {_key_id(key): AESGCM(derive(key, "sting/seal")) for key in reversed(master_keys)}
        self._current = _key_id(master_keys[0])

    def __repr__(self) -> str:
        return f"Sealer({len(self._keys)} keys)"

    def seal(self, plain: bytes, context: str) -> bytes:
        """`plain`, sealed; it opens only with the same `context` (who and what it is for)."""
        nonce = os.urandom(_NONCE_BYTES)
        header = _FORMAT + self._current
        return header + nonce + self._keys[self._current].encrypt(nonce, plain, header + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """What was sealed. Raises SealBroken."""
        header = sealed[: len(_FORMAT) + _KEY_ID_BYTES]
        key = self._keys.get(header[len(_FORMAT) :])
        if header[: len(_FORMAT)] != _FORMAT or key is None or len(sealed) < _HEADER:
            raise SealBroken("sealed under a master key that is not configured, or not sealed by this product")
        try:
            return key.decrypt(sealed[len(header) : _HEADER], sealed[_HEADER:], header + context.encode())
        except InvalidTag:
            raise SealBroken("a sealed value was changed, or belongs to something else") from None

    def is_current(self, sealed: bytes) -> bool:
        """False when an older master key sealed it: time to open and seal it again."""
        return sealed[len(_FORMAT) : len(_FORMAT) + _KEY_ID_BYTES] == self._current


def _key_id(key: bytes) -> bytes:
    return derive(key, "sting/key-id", length=_KEY_ID_BYTES)
