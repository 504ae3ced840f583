"""A tenant's end: nothing sealed of theirs is left in any table, and the others notice nothing."""

from __future__ import annotations

from sqlalchemy import select

from policies.db import Database
from policies.key_rows import KeyRequest, create_key, find_key
from policies.keyring import CACHE_SECONDS, Keyring
from policies.logins import Logins
from policies.people import create_person, list_people
from policies.resealing import sealed_columns
from policies.sealing import Sealer
from policies.service_keys import service_key
from policies.shredding import shred_tenant
from policies.tables import PayloadRow, SecretRow, TenantRow
from policies.values import ValueLists
from tests.unit.policies.clock import Clock

SEALER = Sealer([b"\x05" * 32])


def test_every_sealed_table_is_shredded_by_tenant_or_goes_with_one_that_is() -> None:
    tables = {column.table for column in sealed_columns()}
    without = {table.__tablename__ for table in tables if not hasattr(table, "tenant")}
    children = {"report_steps", "report_documents"}  # of a run, which goes
    assert without == {"tenants", "installation_secrets", "records", *children}
    for name in children:
        keys = next(table for table in tables if table.__tablename__ == name).__table__.foreign_keys
        assert {key.ondelete for key in keys} == {"CASCADE"}


async def _fill(database: Database, ring: Keyring, tenant: str) -> tuple[str, str, str]:
    """A tenant with something of each kind: ids of its day key, a secret, and a session of somebody's."""
    await ring.naming_key(tenant, "o")
    day, _ = await ring.current_tree(tenant)
    made = await create_key(database, KeyRequest(name="app", tenant=tenant), now=1)
    await service_key(database, SEALER, tenant)
    lists = ValueLists(database, SEALER)
    draft = await lists.begin(tenant, "staff")
    await lists.commit(draft, replace=True)
    person = await create_person(database, f"ada@{tenant}.example", tenant=tenant, roles=("admin",), now=1)
    login = await Logins(database, SEALER).begin(person.id)
    async with database.session(write=True) as session:
        session.add(PayloadRow(exchange=f"ex_{tenant}", tenant=tenant, at=1, size=1, digest="", sealed=b"x"))
    return day, made.secret, login.secret


async def test_one_tenant_ends_and_the_other_goes_on(database: Database) -> None:
    clock = Clock()
    ring = Keyring(database, SEALER, now=clock.now, clock=clock)
    day, secret, cookie = await _fill(database, ring, "acme")
    other_day, other_secret, other_cookie = await _fill(database, ring, "acme-2")
    gone = await shred_tenant(database, "acme", sealed_columns(), now=7)
    expected = {"day_keys": 1, "tenants": 1, "known_value_uploads": 1, "audit_payloads": 1, "users": 1, "secrets": 1}
    assert gone == {**expected, "virtual_keys": 2}
    clock.pass_seconds(CACHE_SECONDS)
    logins = Logins(database, SEALER)
    assert await ring.tree(day) is None
    assert await ring.day_key(day) is None
    ended = await find_key(database, secret, now=8)
    assert ended is not None
    assert ended.revoked_at == 7
    assert await logins.who(cookie) is None
    assert await ring.tree(other_day) is not None
    assert await find_key(database, other_secret, now=8) is not None
    assert await logins.who(other_cookie) is not None
    async with database.session() as session:
        assert set(await session.scalars(select(TenantRow.name))) == {"acme-2"}
        assert set(await session.scalars(select(SecretRow.name))) == {"service-key/acme-2"}
    assert await shred_tenant(database, "acme", sealed_columns(), now=9) == {}


async def test_the_installations_own_people_stay(database: Database) -> None:
    await create_person(database, "root@example.com", roles=("admin",), now=1)
    await shred_tenant(database, "default", sealed_columns(), now=7)
    assert [person.email for person in await list_people(database)] == ["root@example.com"]
