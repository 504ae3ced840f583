"""Logging in to the console: passwords with lock-out, one-time codes, one-time links, sessions.

Secrets of sessions and links are 256 random bits of which the database holds a digest.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from policies.db import Database, DatabaseUnavailable
from policies.passwords import matches
from policies.people import Person, PersonProblem, checked_email, has_admin, person_of, room_for_one_more
from policies.people_tables import LoginLinkRow, UserRow, UserSessionRow
from policies.sealing import SealBroken, Sealer
from policies.tables import SecretRow

IDLE_MS = 12 * 3_600_000
"""A session ends when nobody used it for so long, and in any case after LIFE_MS."""
LIFE_MS = 7 * 86_400_000
LINK_MS = 30 * 60_000
FREE_FAILURES = 5
_LOCK_MS = 60_000
_LONGEST_LOCK_MS = 3_600_000
_SEEN_MS = 15 * 60_000
"""How exactly the last use is noted: a thousand people who look are not a thousand writes a minute."""
_STEP_SECONDS = 30


class LoginRefused(Exception):
    """Nobody was let in. `code` is `login_refused`, `code_needed` or `link_refused`; no part is named as wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Login:
    """A session that has just begun: the secret for the cookie, and whose it is."""

    secret: str = field(repr=False)
    person: Person


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody as an identity provider tells of them, with the roles that their groups give.

    `verified`: the provider says that the address is theirs; without that they may have typed any.
    """

    issuer: str
    subject: str
    email: str
    name: str
    tenant: str
    roles: tuple[str, ...]
    verified: bool = False


class Logins:
    """The ways in. `now` is UTC milliseconds. All methods raise DatabaseUnavailable."""

    def __init__(
        self, database: Database, sealer: Sealer, *, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._now = now

    async def by_password(self, email: str, password: str, code: str | None = None) -> Login:
        """Log in. After FREE_FAILURES wrong tries the account rests, longer each time. Raises LoginRefused."""
        row = await self._attempt(email.lower())
        right = await matches(row.password if row else None, password)
        if row is None or not right:
            raise _refused()
        if row.totp == "on":
            if not code:
                await self._uncount(row)
                raise LoginRefused("code_needed", "Type the code that your authenticator app shows.")
            if not await self._code_fits(row.id, code):
                raise _refused()
        await self._forgive(row.id)
        return await self.begin(row.id)

    async def by_link(self, token: str) -> Login:
        """Log in by a link, which is used up. Raises LoginRefused."""
        used = delete(LoginLinkRow).where(
            LoginLinkRow.digest == digest_of(token), LoginLinkRow.expires_at > self._now()
        )
        async with self._database.session(write=True) as session:
            user = (await session.execute(used.returning(LoginLinkRow.user))).scalar_one_or_none()
        if user is None:
            raise LoginRefused(
                "link_refused", "This link was used before, or it is too old. Get a new one with: sting users link"
            )
        return await self.begin(user)

    async def by_identity(self, who: Identity, *, most: int | None = None) -> Login:
        """Log in somebody whom an identity provider has vouched for; they are made at first, their roles follow it.

        A person is found by the provider's own id of them, else by e-mail address when nobody has claimed it yet: an
        address that was given to somebody else does not open the account, and one that nobody has verified none that
        has a password. `most`: how many people the tenant may have; None sets no limit. Raises LoginRefused, and
        PersonProblem where nobody more may be made.
        """
        mark = digest_of(f"{who.issuer}\n{who.subject}")
        async with self._database.session(write=True) as session:
            if "admin" not in who.roles:
                await has_admin(session, who.tenant)  # holds their rows: of several demoted at once one must stay
            query = select(UserRow).where(or_(UserRow.identity == mark, UserRow.email == who.email.lower()))
            rows = (await session.scalars(query.with_for_update())).all()
            row = next((one for one in rows if one.identity == mark), None)
            if row is None and rows:
                row = rows[0]
            if row is not None and (row.identity not in (None, mark) or row.tenant != who.tenant):
                raise _refused()
            if row is not None and row.identity is None and row.password is not None and not who.verified:
                raise _refused()
            if row is None:
                await room_for_one_more(session, who.tenant, most)
                row = UserRow(
                    id=f"usr_{secrets.token_hex(8)}",
                    email=checked_email(who.email),
                    tenant=who.tenant,
                    totp="none",
                    totp_step=0,
                    failures=0,
                    disabled=0,
                    created_at=self._now(),
                    version=0,
                )
                session.add(row)
            row.identity, row.name = mark, who.name[:200]
            row.roles = json.dumps(await _roles(session, row, who.roles))
            row.version += 1
            user = row.id
        return await self.begin(user)

    async def make_link(self, person: Person, *, life_ms: int = LINK_MS) -> str:
        """The token of a new link for the person; older ones stop working."""
        token = secrets.token_urlsafe(32)
        async with self._database.session(write=True) as session:
            await session.execute(delete(LoginLinkRow).where(LoginLinkRow.user == person.id))
            session.add(LoginLinkRow(digest=digest_of(token), user=person.id, expires_at=self._now() + life_ms))
        return token

    async def begin(self, user: str) -> Login:
        """A session for a person who has shown who they are. Raises LoginRefused when they are disabled."""
        secret, now = secrets.token_urlsafe(32), self._now()
        async with self._database.session(write=True) as session:
            row = await session.get(UserRow, user)
            if row is None or row.disabled:
                raise _refused()
            row.last_login_at = now
            await session.execute(delete(UserSessionRow).where(UserSessionRow.expires_at <= now))
            session.add(
                UserSessionRow(
                    digest=digest_of(secret), user=user, created_at=now, seen_at=now, expires_at=now + LIFE_MS
                )
            )
        return Login(secret, person_of(row))

    async def who(self, secret: str) -> Person | None:
        """Whose session it is; None for an unknown or ended one, or when the person is disabled."""
        now, digest = self._now(), digest_of(secret)
        query = (
            select(UserRow, UserSessionRow.seen_at)
            .join(UserSessionRow, UserSessionRow.user == UserRow.id)
            .where(
                UserSessionRow.digest == digest,
                UserSessionRow.expires_at > now,
                UserSessionRow.seen_at > now - IDLE_MS,
                UserRow.disabled == 0,
            )
        )
        async with self._database.session() as session:
            found = (await session.execute(query)).first()
        if found is None:
            return None
        if found.seen_at < now - _SEEN_MS:
            with suppress(DatabaseUnavailable):  # who may look is not refused because that cannot be noted now
                await self._note_use(digest, now)
        return person_of(found[0])

    async def _note_use(self, digest: str, now: int) -> None:
        async with self._database.session(write=True) as session:
            await session.execute(update(UserSessionRow).where(UserSessionRow.digest == digest).values(seen_at=now))

    async def end(self, secret: str) -> None:
        """Log out."""
        async with self._database.session(write=True) as session:
            await session.execute(delete(UserSessionRow).where(UserSessionRow.digest == digest_of(secret)))

    async def kept_password(self, user: str) -> str | None:
        """The hash of the person's password, to compare with; None without one."""
        async with self._database.session() as session:
            return await session.scalar(select(UserRow.password).where(UserRow.id == user))

    async def begin_totp(self, person: Person) -> str:
        """A new secret for the person's authenticator app (base32); it counts once a code of it was typed.

        Raises PersonProblem when codes are in use already.
        """
        from pyotp import random_base32  # noqa: PLC0415 - needed here only

        if person.has_totp:
            raise PersonProblem("totp_is_on", "Codes are in use already; switch them off first.")
        secret = random_base32()
        name = _totp_name(person.id)
        async with self._database.session(write=True) as session:
            await session.execute(delete(SecretRow).where(SecretRow.name == name))
            session.add(SecretRow(name=name, sealed=self._sealer.seal(secret.encode(), name)))
            await session.execute(update(UserRow).where(UserRow.id == person.id).values(totp="pending", totp_step=0))
        return secret

    async def confirm_totp(self, person: Person, code: str) -> None:
        """Switch codes on. Raises PersonProblem when the code does not fit."""
        if not await self._code_fits(person.id, code):
            raise PersonProblem("wrong_code", "The code does not fit. Check the clock of your phone and try the next.")
        async with self._database.session(write=True) as session:
            await session.execute(update(UserRow).where(UserRow.id == person.id).values(totp="on"))

    async def drop_totp(self, person: Person) -> None:
        """Switch codes off and forget the secret."""
        async with self._database.session(write=True) as session:
            await session.execute(delete(SecretRow).where(SecretRow.name == _totp_name(person.id)))
            await session.execute(update(UserRow).where(UserRow.id == person.id).values(totp="none"))

    async def _attempt(self, email: str) -> UserRow | None:
        """The account, with the try counted before it is looked at: parallel guesses count each; None when it rests."""
        now = self._now()
        async with self._database.session(write=True) as session:
            row = await session.scalar(select(UserRow).where(UserRow.email == email).with_for_update())
            if row is None or row.disabled or (row.locked_until or 0) > now:
                return None
            row.failures += 1
            over = row.failures - FREE_FAILURES
            row.locked_until = now + min(_LOCK_MS * 2 ** min(over, 10), _LONGEST_LOCK_MS) if over >= 0 else None
        return row

    async def _uncount(self, tried: UserRow) -> None:
        """Take back the one try that `_attempt` has counted: wrong codes before it stay counted."""
        own = UserRow.id == tried.id
        rested = update(UserRow).where(own, UserRow.locked_until == tried.locked_until)
        async with self._database.session(write=True) as session:
            await session.execute(
                update(UserRow).where(own, UserRow.failures > 0).values(failures=UserRow.failures - 1)
            )
            await session.execute(rested.values(locked_until=None))

    async def _forgive(self, user: str) -> None:
        async with self._database.session(write=True) as session:
            await session.execute(update(UserRow).where(UserRow.id == user).values(failures=0, locked_until=None))

    async def _code_fits(self, user: str, code: str) -> bool:
        """Whether the code is of this half minute or a neighbour, and was not used before (RFC 6238, 5.2)."""
        from pyotp import TOTP  # noqa: PLC0415 - needed here only

        name, step = _totp_name(user), self._now() // 1000 // _STEP_SECONDS
        async with self._database.session(write=True) as session:
            sealed = await session.scalar(select(SecretRow.sealed).where(SecretRow.name == name))
            row = await session.scalar(select(UserRow).where(UserRow.id == user).with_for_update())
            if sealed is None or row is None:
                return False
            try:
                totp = TOTP(self._sealer.open(sealed, name).decode())
            except SealBroken:
                return False
            fitting = [
                at
                for at in (step - 1, step, step + 1)
                if at > row.totp_step and hmac.compare_digest(totp.at(at * _STEP_SECONDS), code.replace(" ", ""))
            ]
            if not fitting:
                return False
            row.totp_step = fitting[0]
        return True


async def _roles(session: AsyncSession, row: UserRow, given: Sequence[str]) -> list[str]:
    """Those that the provider gives. The tenant's last administrator stays one: nobody could name another."""
    if "admin" in given or "admin" not in json.loads(row.roles or "[]"):
        return list(given)
    others = select(UserRow.roles).where(UserRow.tenant == row.tenant, UserRow.disabled == 0, UserRow.id != row.id)
    if any("admin" in json.loads(roles) for roles in await session.scalars(others)):
        return list(given)
    return [*given, "admin"]


def link_address(console_url: str, token: str) -> str:
    """The address that a person opens; what stands behind `#` is sent to no server and is in no log."""
    return f"{console_url}/login#token={token}"


def digest_of(secret: str) -> str:
    """SHA-256 (hex) of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_token(secret: str) -> str:
    """The token that requests of this session carry in X-CSRF-Token; it tells nothing of the session's secret."""
    return hashlib.sha256(b"sting/csrf/" + secret.encode("utf-8", "surrogatepass")).hexdigest()


def _totp_name(user: str) -> str:
    return f"totp/{user}"


def _refused() -> LoginRefused:
    return LoginRefused(
        "login_refused", "E-mail address, password or code is wrong, or the account rests after too many wrong tries."
    )
