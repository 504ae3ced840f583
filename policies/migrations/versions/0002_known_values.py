"""Known values: versions, uploads, chunks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_value_versions",
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", name=op.f("pk_known_value_versions")),
    )
    op.create_table(
        "known_value_uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("list_name", sa.String(length=64), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_value_uploads")),
    )
    op.create_index(op.f("ix_known_value_uploads_tenant"), "known_value_uploads", ["tenant"], unique=False)
    op.create_table(
        "known_value_chunks",
        sa.Column("upload", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload"],
            ["known_value_uploads.id"],
            name=op.f("fk_known_value_chunks_upload"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload", "position", name=op.f("pk_known_value_chunks")),
    )


def downgrade() -> None:
    op.drop_table("known_value_chunks")
    op.drop_index(op.f("ix_known_value_uploads_tenant"), table_name="known_value_uploads")
    op.drop_table("known_value_uploads")
    op.drop_table("known_value_versions")
