from __future__ import annotations

import secrets
from pathlib import Path

from policies.db import Database, open_database
from policies.key_rows import find_key
from policies.sealing import Sealer
from policies.service_keys import KEY_NAME, gateway_access, gateway_url, service_key
from policies.settings import Settings, load_settings


def settings_in(folder: Path, **overrides: object) -> Settings:
    return load_settings(None, environ={}, overrides={"data_dir": folder, **overrides})


async def test_the_key_is_made_once_and_works(tmp_path: Path) -> None:
    database = await open_database(settings_in(tmp_path))
    try:
        sealer = Sealer([secrets.token_bytes(32)])
        secret = await service_key(database, sealer, "acme")
        assert await service_key(database, sealer, "acme") == secret
        key = await find_key(database, secret, now=0)
    finally:
        await database.close()
    assert key is not None
    assert (key.principal.tenant, key.principal.key_name, key.principal.owner) == (
        "acme",
        KEY_NAME,
        f"vault:{KEY_NAME}",
    )


async def test_another_master_key_gives_the_same_key_a_fresh_secret(tmp_path: Path) -> None:
    database: Database = await open_database(settings_in(tmp_path))
    try:
        before = await service_key(database, Sealer([secrets.token_bytes(32)]), "default")
        after = await service_key(database, Sealer([secrets.token_bytes(32)]), "default")
        first = await find_key(database, before, now=0)
        second = await find_key(database, after, now=0)
    finally:
        await database.close()
    assert before != after
    assert first is not None
    assert second is not None
    assert first.principal.key_id == second.principal.key_id


async def test_the_address_is_the_configured_one(tmp_path: Path) -> None:
    assert gateway_url(settings_in(tmp_path)) == "http://127.0.0.1:8080"
    named = settings_in(tmp_path, **{"gateway.url": "http://gateway.internal:8080/"})
    assert gateway_url(named) == "http://gateway.internal:8080"
    database = await open_database(named)
    try:
        access = await gateway_access(named, database, Sealer([secrets.token_bytes(32)]), "default")
    finally:
        await database.close()
    assert access.url == "http://gateway.internal:8080"
    assert access.key not in repr(access)
