"""Who a person is to the identity provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("identity", sa.String(length=64), nullable=True))
        table.create_unique_constraint(op.f("uq_users_identity"), ["identity"])


def downgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.drop_constraint(op.f("uq_users_identity"), type_="unique")
        table.drop_column("identity")
