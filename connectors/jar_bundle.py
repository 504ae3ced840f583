"""A jar as one file for another installation: encrypted under a passphrase and signed by the one that made it.

Layout: `STINGJAR1`, 16 bytes salt, 32 bytes public key (Ed25519), then frames (four bytes length, sealed bytes), a
length of zero, and 64 bytes signature over SHA-256 of everything before it. The first frame is JSON (the jar and its
columns), the others are rows as Arrow IPC. The key is scrypt of the passphrase (N 2^15, r 8, p 1).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import update

from connectors.base import Batch
from connectors.jar_filling import Filled, IncomingTable, fill
from connectors.jar_members import add_member
from connectors.jar_sources import Reach
from connectors.jar_summary import head, shown_table
from connectors.jar_tables import JarColumnRow, JarRow
from connectors.jars import JarProblem, Jars, JarSpec
from policies.sealing import KEY_BYTES, SealBroken, Sealer
from policies.tables import SecretRow

_MAGIC = b"STINGJAR1"
_SALT, _KEY, _SIGNATURE, _LENGTH = 16, 32, 64, 4
_MOST_FRAME = 256 * 1024 * 1024
_SIGNING = "jar-signing"
MIN_PASSPHRASE = 12


@dataclass(frozen=True, slots=True)
class Bundled:
    """What an export wrote: the file's rows, and the public key (hex) by which the other side recognises us."""

    rows: int
    signer: str


async def export_jar(jars: Jars, row: JarRow, path: Path, passphrase: str, *, with_rows: bool) -> Bundled:
    """Write the jar to a new file. Raises JarProblem, and what reading rows raises."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise JarProblem(f"Take a passphrase of {MIN_PASSPHRASE} characters or more.")
    signing, salt = await _signing_key(jars), secrets.token_bytes(_SALT)
    signer = signing.public_key().public_bytes_raw()
    tables, columns = await jars.tables(row), await jars.columns(row)
    manifest = {"jar": head(row), "tables": [shown_table(table, columns) for table in tables]}
    digest, rows = hashlib.sha256(), 0
    try:
        with _new_file(path) as file:
            out = _Frames(file, digest, _sealer(passphrase, salt))
            out.plain(_MAGIC + salt + signer)
            out.frame(json.dumps(manifest).encode())
            for table in tables:
                async for frame in jars.stored(row, table.name):
                    part = frame if with_rows else frame.clear()
                    rows += part.height
                    out.frame(json.dumps(table.name).encode() + b"\n" + _ipc(part))
                    if not with_rows:
                        break
            out.plain(bytes(_LENGTH))
            file.write(signing.sign(digest.digest()))
    except FileExistsError:
        raise JarProblem("The file is there already: choose another name.") from None
    except BaseException:
        _remove(path)
        raise
    return Bundled(rows, signer.hex())


async def import_jar(
    jars: Jars, path: Path, passphrase: str, reach: Reach, *, name: str | None = None, signer: str | None = None
) -> tuple[JarRow, Filled]:
    """Make a jar of a bundle. With `signer`, only of that one, and its people's words on columns count here too.

    Raises JarProblem when the file was changed, is of somebody else, or the passphrase is wrong.
    """
    bundle = _Bundle(path, passphrase, signer)
    manifest: dict[str, Any] = json.loads(next(bundle.frames()))
    told = manifest["jar"]
    spec = JarSpec(
        name or told["name"], "private", told["description"], tuple(told["tags"]), told["policy"],
        told["review_required"], told["retention_days"],
    )  # fmt: skip
    row = await jars.create(spec, reach.person)
    try:
        member = await add_member(jars, row, "bundle", {"signer": bundle.signer}, person=reach.person)
        tables = [
            IncomingTable(table["name"], bundle.digest, bundle.batches(table["name"])) for table in manifest["tables"]
        ]
        filled = await fill(jars, row, member, tables, reach.gateway, person=reach.person, progress=reach.progress)
        await _take_classes(jars, row, manifest, trusted=signer is not None, person=reach.person)
    except BaseException:
        await jars.delete(row)
        raise
    return row, filled


async def _take_classes(jars: Jars, row: JarRow, manifest: dict[str, Any], *, trusted: bool, person: str) -> None:
    async with jars.database.session(write=True) as session:
        for column in (column for table in manifest["tables"] for column in table["columns"]):
            reviewed = trusted and column["reviewed"]
            found = await session.get(JarColumnRow, (row.id, column["table"], column["name"]))
            # A stranger's word may make a column personal here, never the other way.
            stricter = found is not None and found.entity_type is None and column["entity_type"] is not None
            if found is not None and (trusted or stricter):
                found.entity_type, found.role = column["entity_type"], column["role"]
                found.decided_by = person if reviewed else None
                found.decided_at = jars.now() if reviewed else None
        await session.execute(update(JarRow).where(JarRow.id == row.id).values(values_at=None))


def _new_file(path: Path) -> BinaryIO:
    """A file for the owner's eyes only. Raises FileExistsError."""
    return cast("BinaryIO", os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


class _Frames:
    """Writes what is signed."""

    def __init__(self, file: BinaryIO, digest: Any, sealer: Sealer) -> None:  # noqa: ANN401 - hashlib's object
        self._file, self._digest, self._sealer, self._count = file, digest, sealer, 0

    def plain(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)

    def frame(self, data: bytes) -> None:
        sealed = self._sealer.seal(data, f"bundle/{self._count}")
        self._count += 1
        self.plain(len(sealed).to_bytes(_LENGTH, "big") + sealed)


class _Bundle:
    """A bundle whose signature was checked: nothing of it is read before."""

    def __init__(self, path: Path, passphrase: str, signer: str | None) -> None:
        self._path = path
        with path.open("rb") as file:
            start = file.read(len(_MAGIC) + _SALT + _KEY)
            if not start.startswith(_MAGIC) or len(start) != len(_MAGIC) + _SALT + _KEY:
                raise JarProblem("This is no bundle of a jar.")
            self.signer, salt = start[-_KEY:].hex(), start[len(_MAGIC) : -_KEY]
            self.digest = _checked(file, start, self.signer)
        if signer is not None and signer != self.signer:
            raise JarProblem(f"The bundle was signed by {self.signer}, not by the one you named.")
        self._sealer = _sealer(passphrase, salt)

    def frames(self) -> Iterator[bytes]:
        """The frames' contents. Raises JarProblem."""
        with self._path.open("rb") as file:
            file.seek(len(_MAGIC) + _SALT + _KEY)
            number = 0
            while length := int.from_bytes(file.read(_LENGTH), "big"):
                try:
                    yield self._sealer.open(file.read(length), f"bundle/{number}")
                except SealBroken:
                    raise JarProblem("The passphrase is another one.") from None
                number += 1

    def batches(self, table: str) -> Any:  # noqa: ANN401 - what IncomingTable takes
        """Reads the rows of one table."""

        async def read() -> AsyncGenerator[Batch, None]:
            frames = self.frames()
            next(frames)
            for frame in frames:
                name, _, rows = frame.partition(b"\n")
                if json.loads(name) == table:
                    yield Batch(pl.read_ipc(io.BytesIO(rows)))

        return read


def _checked(file: BinaryIO, start: bytes, signer: str) -> str:
    """The digest of what was signed, in hex. Raises JarProblem."""
    digest = hashlib.sha256(start)
    while True:
        head_ = file.read(_LENGTH)
        digest.update(head_)
        length = int.from_bytes(head_, "big")
        if len(head_) < _LENGTH or length > _MOST_FRAME:
            raise JarProblem("The bundle is not whole.")
        if not length:
            break
        digest.update(file.read(length))
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer)).verify(file.read(), digest.digest())
    except InvalidSignature:
        raise JarProblem("The bundle was changed after it was signed, or is not whole.") from None
    return digest.hexdigest()


def _sealer(passphrase: str, salt: bytes) -> Sealer:
    return Sealer([Scrypt(salt=salt, length=KEY_BYTES, n=2**15, r=8, p=1).derive(passphrase.encode())])


def _ipc(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


async def _signing_key(jars: Jars) -> Ed25519PrivateKey:
    """The installation's key for bundles; it is made at first use."""
    async with jars.database.session(write=True) as session:
        row = await session.get(SecretRow, _SIGNING)
        if row is None:
            secret = Ed25519PrivateKey.generate().private_bytes_raw()
            session.add(SecretRow(name=_SIGNING, sealed=jars.sealer.seal(secret, _SIGNING)))
            return Ed25519PrivateKey.from_private_bytes(secret)
        return Ed25519PrivateKey.from_private_bytes(jars.sealer.open(row.sealed, _SIGNING))
