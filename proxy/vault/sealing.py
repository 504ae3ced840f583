"""AES-256-GCM for the vault: data keys wrapped by a day key, originals sealed by a data key.

No storage and no key management lives here. Formats (bytes):
wrapped data key: version 2 | length of the key id | key id (UTF-8) | index of its key in the day key's tree (5) |
                  nonce (12) | ciphertext (32) and tag (16); version 1, of before: no index, under the day key itself;
sealed original:  nonce (12) | ciphertext and tag (16).
Nonces are 96 random bits (NIST SP 800-38D, 8.2.2): a data key seals far fewer than 2**32 originals.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policies.puncturing import INDEX_BYTES

if TYPE_CHECKING:
    from proxy.vault.base import Scope

KEY_BYTES = 32
_NONCE_BYTES = 12
_PLAIN, _INDEXED = 1, 2
_SIZES = {_PLAIN: 0, _INDEXED: INDEX_BYTES}
"""Bytes of the index by version."""
_LONGEST_KEY_ID = 255


class Unsealable(Exception):
    """Bytes that do not open: altered, of another place, or under another key. Holds no value."""


def framed(*parts: str) -> bytes:
    """`parts` as one byte string that no other parts give: each in UTF-8 behind its length in four bytes.

    Lone surrogates are kept: JSON can hold them.
    """
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def address(scope: Scope, address_key: bytes) -> str:
    """32 hex characters that stand for the session in key names: keyed, for session ids may be e-mail addresses."""
    named = framed(scope.tenant, scope.owner, scope.session)
    return hashlib.blake2b(named, key=address_key, digest_size=16, person=b"sting session").hexdigest()


def new_data_key() -> bytes:
    """256 random bits."""
    return os.urandom(KEY_BYTES)


def wrap(data_key: bytes, key_id: str, key: bytes, scope: Scope, index: bytes = b"") -> bytes:
    """`data_key` sealed under a key of the day key's tree, for this session only.

    Without an `index` it is sealed under the day key itself, as before there were trees. Raises ValueError for an
    over-long key id.
    """
    name = key_id.encode()
    if len(name) > _LONGEST_KEY_ID:
        raise ValueError("a day key's id has at most 255 bytes")
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, data_key, _data_key_aad(scope))
    return bytes((_INDEXED if index else _PLAIN, len(name))) + name + index + nonce + sealed


def key_id_of(wrapped: bytes) -> str:
    """Id of the day key that wrapped this data key; raises Unsealable when it is no wrapped key."""
    return _head(wrapped)[0]


def index_of(wrapped: bytes) -> bytes:
    """Which key of the day key's tree wrapped it; empty: the day key itself. Raises Unsealable."""
    return _head(wrapped)[1]


def _head(wrapped: bytes) -> tuple[str, bytes]:
    size = _SIZES.get(wrapped[0]) if len(wrapped) > 1 else None
    if size is None or len(wrapped) != 2 + wrapped[1] + size + _NONCE_BYTES + KEY_BYTES + 16:
        raise Unsealable("not a wrapped data key")
    end = 2 + wrapped[1]
    try:
        return wrapped[2:end].decode(), wrapped[end : end + size]
    except UnicodeDecodeError:
        pass  # raised below, so that no context quotes the bytes
    raise Unsealable("not a wrapped data key")


def unwrap(wrapped: bytes, key: bytes, scope: Scope) -> bytes:
    """The data key; raises Unsealable when it was wrapped for another session or under another key."""
    _, index = _head(wrapped)
    return _opened(wrapped[2 + wrapped[1] + len(index) :], key, _data_key_aad(scope))


def seal(entries: Mapping[str, str], data_key: bytes, scope: Scope) -> dict[str, bytes]:
    """By token its original encrypted, bound to its session and token."""
    if not entries:
        return {}
    encrypt, place, random = AESGCM(data_key).encrypt, _entry_place(scope), os.urandom(_NONCE_BYTES * len(entries))
    sealed = {}
    for at, (token, original) in enumerate(entries.items()):
        nonce = random[_NONCE_BYTES * at : _NONCE_BYTES * (at + 1)]
        sealed[token] = nonce + encrypt(nonce, original.encode("utf-8", "surrogatepass"), place + framed(token))
    return sealed


def unseal(sealed: bytes, data_key: bytes, scope: Scope, token: str) -> str:
    """The original; raises Unsealable when bytes, key, session or token are not those of `seal`."""
    return _opened(sealed, data_key, _entry_place(scope) + framed(token)).decode("utf-8", "surrogatepass")


def _opened(sealed: bytes, key: bytes, aad: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):  # ValueError: shorter than a nonce
        pass  # raised below, so that no context quotes anything
    raise Unsealable("does not open under this key, session and token")


def _data_key_aad(scope: Scope) -> bytes:
    return framed(scope.tenant, scope.owner, scope.session, "data-key")


def _entry_place(scope: Scope) -> bytes:
    """What the token's name follows in the data that an entry is bound to."""
    return framed("entry", scope.tenant, scope.owner, scope.session)
