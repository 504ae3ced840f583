"""Sums of the audit by hour and day; the gateway that keeps the audit fills them, also from rows that are there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_KEY = (("tenant", 64), ("hours", 0), ("dimension", 16), ("at", 0), ("value", 200), ("model", 200))
_SUMS = (
    *("requests", "failed", "blocked", "findings", "restored", "unknown", "tokens_in", "tokens_out"),
    *("us_total", "us_detect", "us_vault", "us_upstream"),
)


def upgrade() -> None:
    names = [name for name, _ in _KEY]
    kinds = {name: sa.String(length=length) if length else sa.BigInteger() for name, length in _KEY}
    op.create_table(
        "audit_rollups",
        *(sa.Column(name, kind, nullable=False, autoincrement=False) for name, kind in kinds.items()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sa.PrimaryKeyConstraint(*names, name="pk_audit_rollups"),
    )
    op.create_table(
        "audit_rolled",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_rolled"),
    )


def downgrade() -> None:
    op.drop_table("audit_rolled")
    op.drop_table("audit_rollups")
