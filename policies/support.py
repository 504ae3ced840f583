"""What an installation looks like, for somebody who helps from outside: shapes, numbers and versions, never text.

By what is let through, not by what is taken out: of a setting only numbers, switches and words out of a fixed list are
told; any other text, names and addresses too, is `set` or
`empty`. So a secret in a field that is new tomorrow stays in.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr

from policies.db import Database, DatabaseUnavailable, database_url, newest_revisions
from policies.settings import Settings

_DISTRIBUTION = "sting-ce"


async def support_bundle(settings: Settings) -> dict[str, Any]:
    """Versions, the configuration's shape, the database's state and the sizes of `data_dir`; ready for JSON."""
    return {
        "product": _version(_DISTRIBUTION),
        "python": platform.python_version(),
        "system": {"name": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "packages": packages(),
        "settings": shape(settings),
        "database": await _database(settings),
        "data_dir": sizes(settings.data_dir),
    }


def packages() -> dict[str, str]:
    """Installed versions of what the product depends on."""
    try:
        required = distribution(_DISTRIBUTION).requires or []
    except PackageNotFoundError:
        return {}
    names = {part.split(";")[0].strip() for part in required if "extra ==" not in part}
    plain = {
        "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in name).split()[0] for name in names
    }
    return {name: _version(name) for name in sorted(plain)}


def shape(value: object, annotation: object = None) -> object:
    """`value` without its texts; `annotation` tells which words its field may hold."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {name: shape(getattr(value, name), field.annotation) for name, field in fields.items()}
    if isinstance(value, Mapping):
        inner = {f"#{number}": shape(entry, annotation) for number, entry in enumerate(value.values(), 1)}
        return {"entries": len(value), **inner}
    if isinstance(value, tuple | list | set | frozenset):
        return [shape(entry, annotation) for entry in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(value, str) and value in words(annotation):
        return value
    return "set" if text else "empty"


def words(annotation: object) -> frozenset[object]:
    """The literal words within a type."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return frozenset(parts)
    return frozenset[object]().union(*(words(part) for part in parts))


def sizes(folder: Path) -> dict[str, int]:
    """How much `data_dir` holds; names of its files may be those of somebody's data."""
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return {"files": len(files), "bytes": sum(path.stat().st_size for path in files)}


async def _database(settings: Settings) -> dict[str, object]:
    """Kind of the database, whether it answers and whether its tables are those of this version. Makes nothing."""
    kind = "embedded" if settings.database.embedded else "external"
    if settings.database.embedded and not any(settings.data_dir.glob("*.db")):
        return {"kind": kind, "state": "not made yet"}
    database = Database(database_url(settings))
    try:
        current = await database.revisions() == newest_revisions()
    except DatabaseUnavailable:
        return {"kind": kind, "state": "cannot be reached"}
    finally:
        await database.close()
    return {"kind": kind, "state": "current" if current else "tables of another version"}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
