"""How master keys are written in the configuration: in the clear, or wrapped by a key service. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Final

MASTER_KEY_BYTES: Final = 32
GENERATE: Final = "generate"
WRAPPED: Final = "wrapped:"
_URL_SAFE = str.maketrans({"-": "+", "_": "/", "=": None})


def decode_master_keys(text: str) -> tuple[bytes, ...]:
    """The keys written in `text`: 32 bytes each as base64 or hex, the current one first, older ones after commas.

    Raises ValueError, without the text, when one is anything else.
    """
    keys = []
    for part in (piece.strip() for piece in text.split(",")):
        try:
            is_hex = len(part) == 2 * MASTER_KEY_BYTES
            key = bytes.fromhex(part) if is_hex else base64.b64decode(part.translate(_URL_SAFE) + "==")
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != MASTER_KEY_BYTES:
            raise ValueError("master_key must be `generate` or 32 bytes as base64 or hex: openssl rand -base64 32")
        keys.append(key)
    return tuple(keys)


def is_wrapped(text: str) -> bool:
    """Whether what is written are wrapped keys."""
    return text.strip().startswith(WRAPPED)


def write_wrapped(wrapped: bytes) -> str:
    """A wrapped key as the configuration takes it."""
    return WRAPPED + base64.b64encode(wrapped).decode()


def decode_wrapped(text: str) -> tuple[bytes, ...]:
    """The wrapped keys written in `text`, the current one first, older ones after commas. Raises ValueError."""
    found = []
    for part in (piece.strip() for piece in text.split(",")):
        try:
            found.append(base64.b64decode(part.removeprefix(WRAPPED), validate=True) if is_wrapped(part) else b"")
        except binascii.Error:
            found.append(b"")
    if not all(found):
        raise ValueError(
            "a wrapped master_key is what `sting master-key new` or `wrap` prints; all of them are wrapped"
        )
    return tuple(found)
