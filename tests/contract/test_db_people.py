"""People, logins, versioned records and figures, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from policies.audit import AuditChain, AuditEvent, verify_chain
from policies.db import Database, DatabaseUnavailable
from policies.figures import findings_by_type, series, totals, usage
from policies.key_rows import KeyRequest, create_key, revoke_key
from policies.leavers import leavers
from policies.logins import IDLE_MS, Identity, LoginRefused, Logins
from policies.people import PersonChange as Change
from policies.people import PersonProblem, change_person, create_person, find_person, list_people, remove_person
from policies.records import Editor, VersionConflict, current_records, history, put_record, records_state
from policies.scim import Directory, Group, Wanted
from policies.sealing import Sealer
from policies.sections_console import Scim
from tests.contract.test_db import KEY, postgres_server  # noqa: F401 - the fixture of the PostgreSQL class

SEALER = Sealer([b"\x03" * 32])
EDITOR = Editor("usr_1", "Ada", 5, "why")


class PeopleContract:
    """Subclasses bring `url`, the address of an empty database."""

    @pytest.fixture
    async def database(self, url: str) -> AsyncIterator[Database]:
        opened = Database(url)
        await opened.migrate()
        yield opened
        await opened.migrate("base")
        await opened.close()

    async def test_a_link_logs_one_of_many_in(self, database: Database) -> None:
        logins = Logins(database, SEALER)
        person = await create_person(database, "ada@example.com", roles=("admin",), now=1)
        token = await logins.make_link(person)
        done = await asyncio.gather(*(logins.by_link(token) for _ in range(8)), return_exceptions=True)
        entered = [one for one in done if not isinstance(one, BaseException)]
        assert len(entered) == 1
        assert all(isinstance(one, LoginRefused) for one in done if isinstance(one, BaseException))
        assert (await logins.who(entered[0].secret)) is not None
        await logins.end(entered[0].secret)
        assert await logins.who(entered[0].secret) is None

    async def test_use_keeps_a_session_also_where_it_cannot_be_noted(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = [1_000]
        logins = Logins(database, SEALER, now=lambda: clock[0])
        ada = await create_person(database, "ada@example.com", now=1)
        session = await logins.begin(ada.id)
        whole, noted = database.session, []

        @asynccontextmanager
        async def full_disk(*, write: bool = False) -> AsyncIterator[AsyncSession]:
            noted.append(write)
            if write:
                raise DatabaseUnavailable("the disk is full")
            async with whole() as opened:
                yield opened

        clock[0] += IDLE_MS - 1
        with monkeypatch.context() as patched:
            patched.setattr(database, "session", full_disk)
            assert await logins.who(session.secret) is not None
        assert True in noted
        assert await logins.who(session.secret) is not None  # and now it is noted
        clock[0] += IDLE_MS - 1
        assert await logins.who(session.secret) is not None
        clock[0] += IDLE_MS + 1
        assert await logins.who(session.secret) is None

    async def test_an_identity_provider_never_demotes_the_last_administrator(self, database: Database) -> None:
        logins = Logins(database, SEALER)

        async def login(who: str, *roles: str) -> tuple[str, ...]:
            asked = Identity("https://idp.example", who, f"{who}@example.com", who, "default", roles, verified=True)
            return (await logins.by_identity(asked)).person.roles

        assert await login("ada", "viewer", "admin") == ("viewer", "admin")
        assert await login("ada", "viewer") == ("viewer", "admin"), "nobody else could administrate"
        assert await login("bob", "admin") == ("admin",)
        assert await login("ada", "viewer") == ("viewer",)
        await change_person(database, "bob@example.com", Change(roles=["admin", "editor"]))
        assert await login("bob", "editor") == ("editor", "admin")

    async def test_of_administrators_demoted_at_the_same_moment_one_stays(self, database: Database) -> None:
        logins = Logins(database, SEALER)

        async def login(who: str, role: str) -> None:
            asked = Identity("https://idp.example", who, f"{who}@example.com", who, "default", (role,), verified=True)
            await logins.by_identity(asked)

        for who in ("ada", "bob", "eve"):
            await login(who, "admin")
        await asyncio.gather(*(login(who, "viewer") for who in ("ada", "bob", "eve")))
        assert sum("admin" in one.roles for one in await list_people(database)) == 1

    async def test_who_is_disabled_or_removed_has_left(self, database: Database) -> None:
        await create_person(database, "root@example.com", roles=("admin",), now=1)
        stays, rests, goes = [
            (await create_person(database, f"{name}@example.com", now=1)).id for name in ("stays", "rests", "goes")
        ]
        await change_person(database, rests, Change(disabled=True))
        await remove_person(database, goes)
        made = [await create_key(database, KeyRequest(name), now=1) for name in ("kept", "ended")]
        expires = await create_key(database, KeyRequest("expires", expires_at=50), now=1)
        kept, ended, expiring = [one.key.principal.key_id for one in (*made, expires)]
        await revoke_key(database, "ended", now=3)
        ids = [stays, rests, goes, "local", "key_local", "usr_1", kept, ended, expiring, "key_0123456789abcdef"]
        assert await leavers(database, ids, now=49) == {rests, goes, ended, "key_0123456789abcdef"}
        assert await leavers(database, ids, now=50) == {rests, goes, ended, "key_0123456789abcdef", expiring}
        assert await leavers(database, [], now=1) == set()

    async def test_who_never_administrated_leaves_where_nobody_administrates(self, database: Database) -> None:
        """Keys and commands administrate then; a leaver who could not be disabled would keep sessions and keys."""
        ada, bob = [(await create_person(database, f"{name}@example.com", now=1)).id for name in ("ada", "bob")]
        key = await create_key(database, KeyRequest("hers", made_by=ada), now=1)
        assert (await change_person(database, ada, Change(disabled=True), revoke_at=5)).disabled
        await remove_person(database, bob)
        directory = Directory(database, Scim(token="t" * 32, roles={"Privacy": "editor"}))
        asked = Wanted("eve@example.com", "eve@example.com", "Eve", active=True, external_id="")
        eve = await directory.add(asked, now=1)
        await directory.put_group(Group("", "Privacy", "", [eve.person.id]))
        assert (await directory.member(eve.person.id)).person.roles == ("editor",)
        await directory.change(eve.person.id, replace(asked, active=False), now=2)
        assert await leavers(database, [ada, bob, eve.person.id, key.key.principal.key_id], now=9) == {
            ada, bob, eve.person.id, key.key.principal.key_id,
        }  # fmt: skip

    async def test_two_administrators_that_leave_at_the_same_time_leave_one(self, database: Database) -> None:
        for turn in range(5):
            tenant = f"tenant-{turn}"
            both = [
                (await create_person(database, f"{name}{turn}@example.com", tenant=tenant, roles=("admin",), now=1)).id
                for name in ("ada", "bob")
            ]
            first, second = await asyncio.gather(
                change_person(database, both[0], Change(disabled=True)),
                remove_person(database, both[1]),
                return_exceptions=True,
            )
            left = [one for one in await list_people(database, tenant) if not one.disabled and "admin" in one.roles]
            assert len(left) == 1, (first, second)

    async def test_parallel_guesses_count_each(self, database: Database) -> None:
        logins = Logins(database, SEALER)
        await create_person(database, "ada@example.com", password="correct horse battery", now=1)

        async def guess(number: int) -> bool:
            try:
                await logins.by_password("ada@example.com", f"guess {number}")
            except LoginRefused:
                return False
            return True

        assert not any(await asyncio.gather(*(guess(number) for number in range(8))))
        assert (await find_person(database, "ada@example.com")).locked_until is not None
        with pytest.raises(LoginRefused):
            await logins.by_password("ada@example.com", "correct horse battery")

    async def test_the_life_of_a_person(self, database: Database) -> None:
        ada = await create_person(database, "Ada@example.com", roles=("admin",), now=1)
        with pytest.raises(PersonProblem, match="already"):
            await create_person(database, "ada@EXAMPLE.com", now=1)
        await create_person(database, "bob@example.com", tenant="acme", roles=("admin", "viewer"), now=1)
        assert [one.email for one in await list_people(database, "acme")] == ["bob@example.com"]
        with pytest.raises(PersonProblem) as caught:
            await remove_person(database, ada.id)
        assert caught.value.code == "last_admin"
        eve = await create_person(database, "eve@example.com", roles=("admin",), now=1)
        assert (await change_person(database, eve.id, Change(name="Eve"), expected=1)).version == 2
        with pytest.raises(PersonProblem) as caught:
            await change_person(database, eve.id, Change(name="X"), expected=1)
        assert caught.value.code == "version_conflict"
        await remove_person(database, ada.id)
        with pytest.raises(PersonProblem):
            await find_person(database, ada.id)

    async def test_of_many_edits_of_one_version_one_counts(self, database: Database) -> None:
        first = await put_record(database, "policy", "house", "one", EDITOR, expected=0)
        edits = (put_record(database, "policy", "house", f"edit {n}", EDITOR, expected=1) for n in range(6))
        done = await asyncio.gather(*edits, return_exceptions=True)
        assert sum(1 for one in done if not isinstance(one, BaseException)) == 1
        assert all(isinstance(one, VersionConflict) for one in done if isinstance(one, BaseException))
        assert [one.version for one in await history(database, "policy", "house")] == [2, 1]
        assert first.version == 1
        await put_record(database, "model", "house", "{}", EDITOR)
        assert list(await current_records(database, "policy")) == ["house"]
        state = await records_state(database)
        await put_record(database, "policy", "house", None, EDITOR, expected=2)
        assert (await current_records(database, "policy"), await records_state(database)) == ({}, state + 1)

    async def test_figures_are_the_same(self, database: Database) -> None:
        chain = AuditChain(database, KEY)
        await chain.append(
            [
                AuditEvent(
                    f"ex_{n}",
                    1_000 * n,
                    tenant="t",
                    model="m",
                    entities={"PERSON": 2},
                    outcome="ok",
                    ms_total=float(n),
                    tokens_in=3,
                    status=200,
                )
                for n in range(100)
            ]
        )
        await chain.append([AuditEvent("act_1", 5, tenant="t", dialect="console")])
        sums = await totals(database, 0, 50_000, tenant="t")
        assert (sums.requests, sums.findings, sums.tokens_in, sums.ms_total) == (50, 100, 150, 24.5)
        assert sums.ms_total_p == (24.0, 46.0, 48.0)
        assert await findings_by_type(database, 0, 50_000, tenant="t") == {"PERSON": 100}
        assert [one.requests for one in await series(database, 0, 100_000, 25_000)] == [25, 25, 25, 25]
        assert [(one.name, one.requests, one.models) for one in await usage(database, "model", 0, 10**6)] == [
            ("m", 100, {"m": (300, 0)})
        ]

    async def test_two_writers_of_the_chain_take_turns(self, database: Database, url: str) -> None:
        other = Database(url)
        chains = [AuditChain(database, KEY), AuditChain(other, KEY)]
        await asyncio.gather(
            *(chains[n % 2].append([AuditEvent(f"x{n}", 1)]) for n in range(20)), *(c.checkpoint(1) for c in chains)
        )
        verdict = await verify_chain(database, chains[0].public_key)
        assert (verdict.intact, verdict.rows) == (True, 20)
        await other.close()


class TestSqlite(PeopleContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite+aiosqlite:///{tmp_path}/sting.db"


@pytest.mark.system
@pytest.mark.xdist_group("postgres")
class TestPostgres(PeopleContract):
    @pytest.fixture
    def url(self, postgres_server: Path) -> str:  # noqa: F811 - the imported fixture
        return f"postgresql+asyncpg://sting@/postgres?host={postgres_server}"
