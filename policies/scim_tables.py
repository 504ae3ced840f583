"""The tables of what an identity provider keeps in step by SCIM. Groups only exist to give their members roles."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policies.tables import Table


class ScimUserRow(Table):
    """What the provider calls a person: `user_name` as it writes it, `external_id` its own id of them."""

    __tablename__ = "scim_users"
    user: Mapped[str] = mapped_column(String(32), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    user_name: Mapped[str] = mapped_column(String(254))
    external_id: Mapped[str] = mapped_column(String(200))


class ScimGroupRow(Table):
    """A group of the provider."""

    __tablename__ = "scim_groups"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(200))


class ScimMemberRow(Table):
    """A person in a group."""

    __tablename__ = "scim_members"
    group: Mapped[str] = mapped_column(String(32), ForeignKey("scim_groups.id", ondelete="CASCADE"), primary_key=True)
    user: Mapped[str] = mapped_column(
        String(32), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
