"""Honey jars, connectors, uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c001"
down_revision = None
branch_labels = ("connectors",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connectors",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("sealed_config", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connectors")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_connectors_tenant_name")),
    )
    op.create_table(
        "jar_events",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jar_events")),
    )
    op.create_index(op.f("ix_jar_events_jar"), "jar_events", ["jar"], unique=False)
    op.create_index(op.f("ix_jar_events_tenant"), "jar_events", ["tenant"], unique=False)
    op.create_table(
        "jars",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("review_required", sa.Boolean(), nullable=False),
        sa.Column("retention_days", sa.BigInteger(), nullable=True),
        sa.Column("refresh_minutes", sa.BigInteger(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("values_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jars")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_jars_tenant_name")),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_tenant"), "uploads", ["tenant"], unique=False)
    op.create_table(
        "jar_columns",
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("dtype", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("entity_type", sa.String(length=40), nullable=True),
        sa.Column("confidence", sa.Float(precision=53), nullable=False),
        sa.Column("share", sa.Float(precision=53), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["jar"], ["jars.id"], name=op.f("fk_jar_columns_jar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("jar", "table_name", "name", name=op.f("pk_jar_columns")),
    )
    op.create_table(
        "jar_grants",
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("grantee", sa.String(length=80), nullable=False),
        sa.Column("access", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["jar"], ["jars.id"], name=op.f("fk_jar_grants_jar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("jar", "grantee", "access", name=op.f("pk_jar_grants")),
    )
    op.create_table(
        "jar_imports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("member", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("set_aside", sa.BigInteger(), nullable=False),
        sa.Column("sealed_watermark", sa.LargeBinary(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["jar"], ["jars.id"], name=op.f("fk_jar_imports_jar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jar_imports")),
    )
    op.create_index(op.f("ix_jar_imports_jar"), "jar_imports", ["jar"], unique=False)
    op.create_table(
        "jar_members",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("connector", sa.String(length=32), nullable=True),
        sa.Column("sealed_spec", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("refreshed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["jar"], ["jars.id"], name=op.f("fk_jar_members_jar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jar_members")),
    )
    op.create_index(op.f("ix_jar_members_jar"), "jar_members", ["jar"], unique=False)
    op.create_table(
        "jar_tables",
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("member", sa.String(length=32), nullable=False),
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("k", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["jar"], ["jars.id"], name=op.f("fk_jar_tables_jar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("jar", "name", name=op.f("pk_jar_tables")),
    )
    op.create_table(
        "jar_value_reviews",
        sa.Column("jar", sa.String(length=32), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("column_name", sa.String(length=256), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("entity_type", sa.String(length=40), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["jar"], ["jars.id"], name=op.f("fk_jar_value_reviews_jar"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("jar", "table_name", "column_name", "digest", name=op.f("pk_jar_value_reviews")),
    )
    op.create_table(
        "jar_chunks",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("object", sa.String(length=160), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["jar_imports.id"], name=op.f("fk_jar_chunks_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_jar_chunks")),
    )


def downgrade() -> None:
    op.drop_table("jar_chunks")
    op.drop_table("jar_value_reviews")
    op.drop_table("jar_tables")
    op.drop_index(op.f("ix_jar_members_jar"), table_name="jar_members")
    op.drop_table("jar_members")
    op.drop_index(op.f("ix_jar_imports_jar"), table_name="jar_imports")
    op.drop_table("jar_imports")
    op.drop_table("jar_grants")
    op.drop_table("jar_columns")
    op.drop_index(op.f("ix_uploads_tenant"), table_name="uploads")
    op.drop_table("uploads")
    op.drop_table("jars")
    op.drop_index(op.f("ix_jar_events_tenant"), table_name="jar_events")
    op.drop_index(op.f("ix_jar_events_jar"), table_name="jar_events")
    op.drop_table("jar_events")
    op.drop_table("connectors")
