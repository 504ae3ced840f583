"""Positions of audit feeds; who an exchange was for, and its tag."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_feeds",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_feeds")),
    )
    for name, length in (("end_user", 32), ("tag", 64)):
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("audit_events", column)


def downgrade() -> None:
    with op.batch_alter_table("audit_events") as table:
        table.drop_column("tag")
        table.drop_column("end_user")
    op.drop_table("audit_feeds")
