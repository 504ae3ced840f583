"""Kinds `file` and `environment`: the wrapping key is in this process, kept apart from the database and its backups."""

from __future__ import annotations

import stat
from pathlib import Path

from policies.kms.base import KeyServiceFailed
from policies.master_keys import decode_master_keys
from policies.sealing import SealBroken, Sealer

_CONTEXT = "kms/master-key"


class LocalKeys:
    """Wraps by sealing. `text`: one key or several, the current one first, as the master key is written."""

    def __init__(self, text: str) -> None:
        try:
            self._sealer = Sealer(decode_master_keys(text.strip()))
        except ValueError:
            pass
        else:
            return
        raise KeyServiceFailed("its key is not 32 bytes as base64 or hex: openssl rand -base64 32")

    def wrap(self, key: bytes) -> bytes:
        """The key, sealed."""
        return self._sealer.seal(key, _CONTEXT)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key that was sealed. Raises KeyServiceFailed."""
        try:
            return self._sealer.open(wrapped, _CONTEXT)
        except SealBroken:
            pass
        raise KeyServiceFailed("the master key was wrapped by another key than the one that is configured, or changed")


def file_keys(path: Path) -> LocalKeys:
    """The keys in a file that nobody else may read. Raises KeyServiceFailed."""
    why = ""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = type(error).__name__
    if why:
        raise KeyServiceFailed(f"the file {path} cannot be read ({why})")
    if mode & 0o077:
        raise KeyServiceFailed(f"others may read {path} (mode {mode:04o}); run: chmod 600 {path}")
    return LocalKeys(text)
