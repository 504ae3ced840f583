"""Tenants, day keys, virtual keys, audit chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = ("policies",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_checkpoints",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("exchange", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("dialect", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("session", sa.String(length=80), nullable=False),
        sa.Column("entities", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("restored", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.BigInteger(), nullable=False),
        sa.Column("ms_detect", sa.Float(precision=53), nullable=False),
        sa.Column("ms_vault", sa.Float(precision=53), nullable=False),
        sa.Column("ms_upstream", sa.Float(precision=53), nullable=False),
        sa.Column("ms_total", sa.Float(precision=53), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("exchange", name=op.f("uq_audit_events_exchange")),
    )
    op.create_index(op.f("ix_audit_events_at"), "audit_events", ["at"], unique=False)
    op.create_index("ix_audit_events_model_seq", "audit_events", ["model", "seq"], unique=False)
    op.create_index("ix_audit_events_outcome_seq", "audit_events", ["outcome", "seq"], unique=False)
    op.create_index("ix_audit_events_tenant_seq", "audit_events", ["tenant", "seq"], unique=False)
    op.create_table(
        "day_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("drop_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_keys")),
        sa.UniqueConstraint("tenant", "day", name=op.f("uq_day_keys_tenant_day")),
    )
    op.create_index(op.f("ix_day_keys_drop_at"), "day_keys", ["drop_at"], unique=False)
    op.create_table(
        "installation_secrets",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_secrets")),
    )
    op.create_table(
        "tenants",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tenants")),
    )
    op.create_table(
        "virtual_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=True),
        sa.Column("previous_until", sa.BigInteger(), nullable=True),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=True),
        sa.Column("policies", sa.Text(), nullable=True),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_virtual_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_virtual_keys_digest")),
        sa.UniqueConstraint("previous_digest", name=op.f("uq_virtual_keys_previous_digest")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_virtual_keys_tenant_name")),
    )
    op.create_table(
        "audit_event_entities",
        sa.Column("entity_type", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"], ["audit_events.seq"], name=op.f("fk_audit_event_entities_seq"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entity_type", "seq", name=op.f("pk_audit_event_entities")),
    )
    op.create_index(op.f("ix_audit_event_entities_seq"), "audit_event_entities", ["seq"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_event_entities_seq"), table_name="audit_event_entities")
    op.drop_table("audit_event_entities")
    op.drop_table("virtual_keys")
    op.drop_table("tenants")
    op.drop_table("installation_secrets")
    op.drop_index(op.f("ix_day_keys_drop_at"), table_name="day_keys")
    op.drop_table("day_keys")
    op.drop_index("ix_audit_events_tenant_seq", table_name="audit_events")
    op.drop_index("ix_audit_events_outcome_seq", table_name="audit_events")
    op.drop_index("ix_audit_events_model_seq", table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_at"), table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_table("audit_checkpoints")
