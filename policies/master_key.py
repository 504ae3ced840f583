"""Where the master key comes from: the configuration, or a file in data_dir that is made once."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

from policies.sealing import Sealer
from policies.settings import MASTER_KEY_BYTES, Settings, SettingsError, decode_master_keys

FILE_NAME = "master.key"


def open_sealer(settings: Settings) -> Sealer:
    """The sealer of this installation. With `master_key: generate` the key file is made when there is none.

    Raises SettingsError when the file cannot be made or read, or when others may read it.
    """
    if settings.generates_master_key:
        return Sealer(_generated(settings.data_dir))
    return Sealer(decode_master_keys(settings.master_key.get_secret_value()))


def _generated(data_dir: Path) -> tuple[bytes, ...]:
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the master key cannot be made or read: {type(error).__name__}") from None
    if mode & 0o077:
        raise SettingsError(f"{path}: others may read the master key (mode {mode:04o}); run: chmod 600 {path}")
    try:
        return decode_master_keys(text.strip())
    except ValueError:
        raise SettingsError(f"{path}: this is no master key; restore it from a backup") from None


def _create(path: Path) -> None:
    """Write a new key so that the file is there whole or not at all; of several processes one wins."""
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails when another process was first: its key counts
        except FileExistsError:
            return
    finally:
        draft.unlink()
