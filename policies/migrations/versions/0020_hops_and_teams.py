"""How hops were secured, and the team of a key, in the audit; the team of a key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0014"
branch_labels = None
depends_on = None

_AUDIT = (("team", 64), ("tls_client", 300), ("tls_provider", 300))


def upgrade() -> None:
    for name, length in _AUDIT:
        op.add_column("audit_events", sa.Column(name, sa.String(length=length), nullable=False, server_default=""))
    op.add_column("virtual_keys", sa.Column("team", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("virtual_keys") as table:
        table.drop_column("team")
    with op.batch_alter_table("audit_events") as table:
        for name, _ in reversed(_AUDIT):
            table.drop_column(name)
