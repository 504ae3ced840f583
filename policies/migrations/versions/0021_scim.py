"""People and groups as an identity provider keeps them in step; who has made a virtual key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scim_users",
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("user_name", sa.String(length=254), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_scim_users_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_scim_users")),
    )
    op.create_table(
        "scim_groups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scim_groups")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_scim_groups_tenant_name")),
    )
    op.create_table(
        "scim_members",
        sa.Column("group", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["group"], ["scim_groups.id"], name=op.f("fk_scim_members_group"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_scim_members_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group", "user", name=op.f("pk_scim_members")),
    )
    op.create_index(op.f("ix_scim_members_user"), "scim_members", ["user"])
    op.add_column("virtual_keys", sa.Column("made_by", sa.String(length=80), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("virtual_keys") as table:
        table.drop_column("made_by")
    for name in ("scim_members", "scim_groups", "scim_users"):
        op.drop_table(name)
