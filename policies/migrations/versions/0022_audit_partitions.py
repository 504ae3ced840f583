"""Indexes for a long audit trail; on PostgreSQL its table is partitioned by row number.

Existing rows become the first partition as they are: nothing is copied. Uniqueness of `exchange` holds within each
partition, and among them because appending looks for it; the foreign key of the counts per type gives way.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ROWS = 5_000_000
"""Rows of a partition; `policies.audit_partitions` goes on with the same."""
_OLD = {"ix_audit_events_tenant_seq": ("tenant", "seq"), "ix_audit_events_at": ("at",)}
_NEW = {
    "ix_audit_events_tenant_seq_at": ("tenant", "seq", "at"),
    "ix_audit_events_key_seq": ("key", "seq"),
    "ix_audit_events_tenant_dialect_seq": ("tenant", "dialect", "seq"),
    "ix_audit_events_at_seq": ("at", "seq"),
}
_KEPT = {
    "ix_audit_events_model_seq": ("model", "seq"),
    "ix_audit_events_outcome_seq": ("outcome", "seq"),
}
_FOREIGN = "fk_audit_event_entities_seq"


def upgrade() -> None:
    for name in _OLD:
        op.drop_index(name, table_name="audit_events")
    for name, columns in _NEW.items():
        op.create_index(name, "audit_events", list(columns))
    if op.get_bind().dialect.name == "postgresql":
        _partition()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _unpartition()
    for name in _NEW:
        op.drop_index(name, table_name="audit_events")
    for name, columns in _OLD.items():
        op.create_index(name, "audit_events", list(columns))


def _partition() -> None:
    newest = op.get_bind().scalar(sa.text("SELECT coalesce(max(seq), 0) FROM audit_events"))
    end = (newest // _ROWS + 1) * _ROWS
    op.drop_constraint(_FOREIGN, "audit_event_entities", type_="foreignkey")
    op.rename_table("audit_events", "audit_events_0")
    for name in ("pk_audit_events", *_NEW, *_KEPT):
        op.execute(f"ALTER INDEX {name} RENAME TO {name}_0")
    op.execute("ALTER TABLE audit_events_0 RENAME CONSTRAINT uq_audit_events_exchange TO uq_audit_events_0_exchange")
    op.execute("CREATE TABLE audit_events (LIKE audit_events_0 INCLUDING DEFAULTS) PARTITION BY RANGE (seq)")
    op.execute("ALTER TABLE audit_events ADD CONSTRAINT pk_audit_events PRIMARY KEY (seq)")
    for name, columns in {**_NEW, **_KEPT}.items():
        op.create_index(name, "audit_events", list(columns))
    op.execute(f"ALTER TABLE audit_events ATTACH PARTITION audit_events_0 FOR VALUES FROM (MINVALUE) TO ({end})")


def _unpartition() -> None:
    op.execute("CREATE TABLE audit_events_plain (LIKE audit_events INCLUDING DEFAULTS)")
    op.execute("INSERT INTO audit_events_plain SELECT * FROM audit_events")
    op.execute("DROP TABLE audit_events")
    op.rename_table("audit_events_plain", "audit_events")
    op.create_primary_key("pk_audit_events", "audit_events", ["seq"])
    op.create_unique_constraint("uq_audit_events_exchange", "audit_events", ["exchange"])
    for name, columns in {**_NEW, **_KEPT}.items():
        op.create_index(name, "audit_events", list(columns))
    op.create_foreign_key(_FOREIGN, "audit_event_entities", "audit_events", ["seq"], ["seq"], ondelete="CASCADE")
