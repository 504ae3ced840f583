"""Names of sessions: that of a conversation which the client gave none, and what the audit calls one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from proxy.vault.sealing import framed


def derived_session(key: bytes, seed: Sequence[str], messages: bytes = b"") -> str:
    """Name of a conversation that the client gave none: a digest, under the vault's key, of how it begins.

    `messages`: digest of the texts of its first messages (`seed_of`), where `seed` is what stands before them.
    """
    return _named(key, framed(*seed) + messages) if seed else _known_name(key, messages)


def _named(key: bytes, beginning: bytes) -> str:
    return f"auto-{hashlib.blake2b(beginning, key=key, digest_size=16, person=b'sting derived').hexdigest()}"


@lru_cache(maxsize=4096)
def _known_name(key: bytes, messages: bytes) -> str:
    """The name where nothing but messages, of which the digest is given, names it: no text is kept."""
    return _named(key, framed() + messages)


def seed_of(texts: Sequence[str]) -> bytes:
    """Digest of the texts that name a conversation."""
    return hashlib.sha256(framed(*texts)).digest()


@lru_cache(maxsize=4096)
def session_mark(key: bytes, session: str) -> str:
    """The session as the audit knows it: a keyed digest, for a client may have named it after somebody."""
    return hmac.digest(key, b"audit\x1f" + session.encode("utf-8", "surrogatepass"), "sha256").hex()[:24]


@lru_cache(maxsize=4096)
def digest_of(key: bytes) -> str:
    """What stands for a key where the key itself must not."""
    return hashlib.sha256(key).hexdigest()
