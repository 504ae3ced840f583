"""Runs and schedules know their jar by its id: a jar that later takes the name of a deleted one is another jar.

Rows from before hold no id and go on by name.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r002"
down_revision = "r001"
branch_labels = None
depends_on = None

_TABLES = ("report_runs", "report_schedules")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("jar_id", sa.String(length=32), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("jar_id")
