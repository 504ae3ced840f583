"""Sealed payloads of exchanges, tombstones of the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_payloads",
        sa.Column("exchange", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("exchange", name=op.f("pk_audit_payloads")),
    )
    op.create_index(op.f("ix_audit_payloads_at"), "audit_payloads", ["at"], unique=False)
    op.create_table(
        "audit_tombstones",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_tombstones")),
    )


def downgrade() -> None:
    op.drop_table("audit_tombstones")
    op.drop_index(op.f("ix_audit_payloads_at"), table_name="audit_payloads")
    op.drop_table("audit_payloads")
