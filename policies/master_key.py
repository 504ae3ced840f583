"""Where the master key comes from: the configuration, a file in data_dir that is made once, or a key service."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

from policies.kms.base import KeyService, KeyServiceFailed
from policies.kms.opening import key_service
from policies.master_keys import MASTER_KEY_BYTES, decode_master_keys, decode_wrapped, is_wrapped, write_wrapped
from policies.sealing import Sealer
from policies.settings import Settings, SettingsError

FILE_NAME = "master.key"


def open_sealer(settings: Settings) -> Sealer:
    """The sealer of this installation. With `master_key: generate` the key file is made when there is none.

    With `kms` the keys are unwrapped here, once for each time this is called: at start. Raises SettingsError when the
    key service does not do it, when the file cannot be made or read, or when others may read it.
    """
    check_written(settings)
    written = settings.master_key.get_secret_value()
    service = opened_service(settings)
    if settings.generates_master_key:
        written = _generated(settings.data_dir, service)
    if service is None:
        return Sealer(decode_master_keys(written))
    try:
        return Sealer([unwrapped(service, one) for one in decode_wrapped(written)])
    except KeyServiceFailed as error:
        fault = SettingsError(f"kms: {error}")
    raise fault


def check_written(settings: Settings) -> None:
    """Raise SettingsError when the key is in the clear although a service wraps it, or wrapped and none unwraps it."""
    wrapped = is_wrapped(settings.master_key.get_secret_value())
    if settings.generates_master_key or wrapped == settings.wraps_master_key:
        return
    if not settings.wraps_master_key:
        raise SettingsError("master_key is wrapped: name the key service that unwraps it (kms)")
    raise SettingsError(
        "master_key is in the clear although kms is configured: run `sting master-key wrap` and take what it prints"
    )


def opened_service(settings: Settings) -> KeyService | None:
    """The configured key service, None without one. Raises SettingsError."""
    if not settings.wraps_master_key:
        return None
    try:
        return key_service(settings.kms)
    except KeyServiceFailed as error:
        fault = SettingsError(f"kms: {error}")
    raise fault


def unwrapped(service: KeyService, wrapped: bytes) -> bytes:
    """A master key. Raises KeyServiceFailed, also for what is none."""
    key = service.unwrap(wrapped)
    if len(key) != MASTER_KEY_BYTES:
        raise KeyServiceFailed("what was unwrapped is no master key; take what `sting master-key new` printed")
    return key


def _generated(data_dir: Path, service: KeyService | None) -> str:
    """What the key file holds, which is made when there is none: a key, or with a service a wrapped one."""
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path, service)
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path}: the master key cannot be made or read ({type(error).__name__}): "
            f"the folder must be writable for this user (uid {os.geteuid()}), or name another one as data_dir"
        ) from None
    if mode & 0o077:
        raise SettingsError(f"{path}: others may read the master key (mode {mode:04o}); run: chmod 600 {path}")
    if is_wrapped(text) != (service is not None):
        raise SettingsError(f"{path}: {_UNWRAPPED if service is not None else _WRAPPED}".format(path=path))
    try:
        (decode_master_keys if service is None else decode_wrapped)(text)
    except ValueError:
        raise SettingsError(f"{path}: this is no master key; restore it from a backup") from None
    return text


_WRAPPED = "the master key is wrapped; name the key service that unwraps it (`kms`)"
_UNWRAPPED = (
    "the master key lies here in the clear although `kms` is configured; run: sting master-key wrap < {path}, and put "
    "what it prints into the file"
)


def _create(path: Path, service: KeyService | None) -> None:
    """Write a new key so that the file is there whole or not at all; of several processes one wins."""
    key = secrets.token_bytes(MASTER_KEY_BYTES)
    try:
        text = base64.b64encode(key).decode() if service is None else write_wrapped(service.wrap(key))
    except KeyServiceFailed as error:
        text = f"kms: {error}"
        raise SettingsError(text) from None
    draft = path.with_name(f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails when another process was first: its key counts
        except FileExistsError:
            return
    finally:
        draft.unlink()
