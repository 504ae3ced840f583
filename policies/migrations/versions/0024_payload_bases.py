"""Of a body that begins as an earlier one the rest is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_payloads", sa.Column("base", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("audit_payloads", sa.Column("shared", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.execute("DELETE FROM audit_payloads WHERE base <> ''")  # without their base they tell nothing
    with op.batch_alter_table("audit_payloads") as table:
        table.drop_column("shared")
        table.drop_column("base")
