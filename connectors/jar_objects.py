"""A jar's objects: frames as Arrow IPC, sealed under the jar's key. Deleting the key shreds them all."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Sequence

import polars as pl

from connectors.objects import ObjectStore
from policies.sealing import Sealer, derive


class JarObjects:
    """Seals and opens the objects of one jar (or upload). `key`: its 32 bytes. Methods block; use a thread."""

    __slots__ = ("_digest_key", "_id", "_sealer", "_store")

    def __init__(self, store: ObjectStore, owner_id: str, key: bytes) -> None:
        self._store = store
        self._id = owner_id
        self._sealer = Sealer([key])
        self._digest_key = derive(key, "sting/jar-digest")

    def __repr__(self) -> str:
        return f"JarObjects({self._id})"

    def name(self, *parts: str) -> str:
        """The name of an object of this jar."""
        return "/".join((self._id, *parts))

    def put_frame(self, name: str, frame: pl.DataFrame) -> int:
        """Store rows; returns the object's size in bytes. Raises StorageFailed."""
        buffer = io.BytesIO()
        frame.write_ipc(buffer, compression="zstd")
        return self.put(name, buffer.getvalue())

    def get_frame(self, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of an object. Raises StorageFailed, SealBroken."""
        chosen = list(columns) if columns is not None else None
        return pl.read_ipc(io.BytesIO(self.get(name)), columns=chosen)

    def put(self, name: str, plain: bytes) -> int:
        """Store bytes, sealed for this name; returns the object's size."""
        sealed = self._sealer.seal(plain, name)
        self._store.put(name, sealed)
        return len(sealed)

    def get(self, name: str) -> bytes:
        """The bytes of an object. Raises StorageFailed, SealBroken."""
        return self._sealer.open(self._store.get(name), name)

    def seal(self, plain: bytes, context: str) -> bytes:
        """A small thing for a row of the database."""
        return self._sealer.seal(plain, f"{self._id}/{context}")

    def open(self, sealed: bytes, context: str) -> bytes:
        """What `seal` sealed. Raises SealBroken."""
        return self._sealer.open(sealed, f"{self._id}/{context}")

    def digest(self, value: str) -> str:
        """A keyed digest of a value: it recognises the value and tells nothing without the jar's key."""
        return hmac.new(self._digest_key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def sweep(self, prefix: str, keep: set[str]) -> int:
        """Delete what lies below `prefix` and is not in `keep`; returns how many objects that were."""
        gone = [name for name in self._store.names(prefix) if name not in keep]
        for name in gone:
            self._store.delete(name)
        return len(gone)
