"""Where sealed bytes of jars and uploads lie: a folder, or an object store by fsspec. What is put here is sealed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Protocol

from policies.settings import Settings

FOLDER = "jars"


class StorageFailed(Exception):
    """The storage of jars cannot be written or read. The message holds no address and no value."""


class ObjectStore(Protocol):
    """Bytes by name; `/` parts a name. All methods block (use a thread) and raise StorageFailed."""

    def put(self, name: str, data: bytes) -> None:
        """Store `data`, all of it or nothing; what was there of that name is replaced."""
        ...

    def get(self, name: str) -> bytes:
        """The bytes."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Names of everything below the folder `prefix`."""
        ...

    def delete(self, name: str) -> None:
        """Remove it; fine when it is not there."""
        ...


def open_store(settings: Settings) -> ObjectStore:
    """The store that `storage.url` means. Raises StorageFailed."""
    url = settings.storage.url
    if url == "embedded":
        return FolderStore(settings.data_dir / FOLDER)
    return RemoteStore(url)


class FolderStore:
    """Files below `root` for the owner's eyes only."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        """Store `data`: written beside, synced, renamed."""
        path = self._root / name
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            for folder in reversed(path.relative_to(self._root).parents):  # with `parents` alone the umask decides
                (self._root / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _failed("written", error) from None

    def get(self, name: str) -> bytes:
        """The bytes."""
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise _failed("read", error) from None

    def names(self, prefix: str) -> list[str]:
        """Names below `prefix`, drafts of writers that died included."""
        folder = self._root / prefix
        return sorted(path.relative_to(self._root).as_posix() for path in folder.rglob("*") if path.is_file())

    def delete(self, name: str) -> None:
        """Remove a file, and its folder when that was the last one in it."""
        path = self._root / name
        try:
            path.unlink(missing_ok=True)
            if path.parent != self._root and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            raise _failed("deleted from", error) from None


class RemoteStore:
    """Objects in a bucket (s3://, az://, gs://); credentials come from where their libraries look for them."""

    def __init__(self, url: str, **options: Any) -> None:  # noqa: ANN401 - options of fsspec's file systems
        import fsspec  # noqa: PLC0415 - loaded when needed

        try:
            self._files, root = fsspec.core.url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise StorageFailed(
                f"storage.url cannot be used ({type(error).__name__}): for az:// and gs:// install sting-ce[cloud]"
            ) from None
        self._root = str(root).rstrip("/")

    def put(self, name: str, data: bytes) -> None:
        """Store `data` as one object."""
        try:
            self._files.pipe_file(f"{self._root}/{name}", data)
        except Exception as error:  # noqa: BLE001 - each store has errors of its own
            raise _failed("written", error) from None

    def get(self, name: str) -> bytes:
        """The bytes."""
        try:
            return bytes(self._files.cat_file(f"{self._root}/{name}"))
        except Exception as error:  # noqa: BLE001 - each store has errors of its own
            raise _failed("read", error) from None

    def names(self, prefix: str) -> list[str]:
        """Names below `prefix`."""
        try:
            self._files.invalidate_cache()
            found = self._files.find(f"{self._root}/{prefix}")
        except FileNotFoundError:
            return []
        except Exception as error:  # noqa: BLE001 - each store has errors of its own
            raise _failed("listed", error) from None
        return sorted(str(path).removeprefix(f"{self._root}/") for path in found)

    def delete(self, name: str) -> None:
        """Remove an object."""
        try:
            self._files.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 - each store has errors of its own
            raise _failed("deleted from", error) from None


def _failed(what: str, error: BaseException) -> StorageFailed:
    return StorageFailed(f"the storage of jars cannot be {what}: {type(error).__name__}; look at storage.url")
