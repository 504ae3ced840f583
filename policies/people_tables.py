"""The tables of people who use the console. Times are UTC milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from policies.tables import Table


class UserRow(Table):
    """A person. `email` is in lower case; `password` an argon2 hash; `totp` none, pending or on.

    `failures` counts wrong logins since the last right one, `totp_step` is the time step of the last code that was
    used, `version` grows with every change that an administrator makes. `identity` is a digest of issuer and subject.
    """

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    roles: Mapped[str] = mapped_column(Text)
    password: Mapped[str | None] = mapped_column(String(200))
    totp: Mapped[str] = mapped_column(String(8))
    totp_step: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(BigInteger)
    locked_until: Mapped[int | None] = mapped_column(BigInteger)
    disabled: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_login_at: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
    identity: Mapped[str | None] = mapped_column(String(64), unique=True)


class UserSessionRow(Table):
    """A login that lasts: the digest of the cookie's secret, never the secret."""

    __tablename__ = "user_sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(String(32), ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class LoginLinkRow(Table):
    """A link that logs a person in once: the digest of its token."""

    __tablename__ = "login_links"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(String(32), ForeignKey("users.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[int] = mapped_column(BigInteger)
