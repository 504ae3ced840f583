"""The tables of the ground floor. Times are UTC milliseconds since 1970, as in the audit stream."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """Base of all tables; names of constraints follow from the columns, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


class TenantRow(Table):
    """A tenant and its sealed secret, from which the naming keys of its vaults are derived."""

    __tablename__ = "tenants"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(BigInteger)


class DayKeyRow(Table):
    """The sealed key that wraps the session keys that a tenant's vault makes on one UTC day."""

    __tablename__ = "day_keys"
    __table_args__ = (UniqueConstraint("tenant", "day"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    day: Mapped[int] = mapped_column(BigInteger)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    drop_at: Mapped[int] = mapped_column(BigInteger, index=True)


class VirtualKeyRow(Table):
    """A virtual key: the digest of its secret, never the secret. Lists are JSON texts."""

    __tablename__ = "virtual_keys"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    tenant: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    previous_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    previous_until: Mapped[int | None] = mapped_column(BigInteger)
    prefix: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(80))
    policy: Mapped[str | None] = mapped_column(String(64))
    policies: Mapped[str | None] = mapped_column(Text)
    models: Mapped[str] = mapped_column(Text)
    roles: Mapped[str] = mapped_column(Text)
    limits: Mapped[str | None] = mapped_column(Text)
    team: Mapped[str] = mapped_column(String(64), server_default="")
    made_by: Mapped[str] = mapped_column(String(80), server_default="")
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)


class SecretRow(Table):
    """A sealed secret by name: the key that signs audit checkpoints, service keys, provider keys, secrets of codes."""

    __tablename__ = "installation_secrets"
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class AuditRow(Table):
    """One exchange in the hash chain; `seq` counts from 1 without gaps. Ids, counts and durations, never text.

    On PostgreSQL partitioned by `seq` (`policies.audit_partitions`): `exchange` is unique in each partition there.
    """

    __tablename__ = "audit_events"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    exchange: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[int] = mapped_column(BigInteger)
    tenant: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(80))
    model: Mapped[str] = mapped_column(String(200))
    provider: Mapped[str] = mapped_column(String(64))
    dialect: Mapped[str] = mapped_column(String(64))
    route: Mapped[str] = mapped_column(String(200))
    policy: Mapped[str] = mapped_column(String(64))
    session: Mapped[str] = mapped_column(String(80))
    entities: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(BigInteger)
    restored: Mapped[int] = mapped_column(BigInteger)
    unknown: Mapped[int] = mapped_column(BigInteger)
    ms_detect: Mapped[float] = mapped_column(Float(53))
    ms_vault: Mapped[float] = mapped_column(Float(53))
    ms_upstream: Mapped[float] = mapped_column(Float(53))
    ms_total: Mapped[float] = mapped_column(Float(53))
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    output: Mapped[str] = mapped_column(Text, server_default="")
    end_user: Mapped[str] = mapped_column(String(32), server_default="")
    tag: Mapped[str] = mapped_column(String(64), server_default="")
    team: Mapped[str] = mapped_column(String(64), server_default="")
    tls_client: Mapped[str] = mapped_column(String(300), server_default="")
    tls_provider: Mapped[str] = mapped_column(String(300), server_default="")
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


Index("ix_audit_events_tenant_seq_at", AuditRow.tenant, AuditRow.seq, AuditRow.at)
Index("ix_audit_events_key_seq", AuditRow.key, AuditRow.seq)
Index("ix_audit_events_tenant_dialect_seq", AuditRow.tenant, AuditRow.dialect, AuditRow.seq)
Index("ix_audit_events_at_seq", AuditRow.at, AuditRow.seq)
Index("ix_audit_events_model_seq", AuditRow.model, AuditRow.seq)
Index("ix_audit_events_outcome_seq", AuditRow.outcome, AuditRow.seq)


class AuditEntityRow(Table):
    """How many findings of one type an exchange had: what makes queries by entity type quick.

    On PostgreSQL without the foreign key.
    """

    __tablename__ = "audit_event_entities"
    entity_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    seq: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("audit_events.seq", ondelete="CASCADE"), primary_key=True, index=True
    )
    count: Mapped[int] = mapped_column(BigInteger)


class RollUpRow(Table):
    """Sums over the exchanges of an hour or a day (`hours`: 1 or 24) that begins at `at`, by one dimension.

    Computed from the audit's rows (`policies.rollups`), so never more than these say. `us_*` are microseconds.
    """

    __tablename__ = "audit_rollups"
    tenant: Mapped[str] = mapped_column(String(64), primary_key=True)
    hours: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    dimension: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    value: Mapped[str] = mapped_column(String(200), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    blocked: Mapped[int] = mapped_column(BigInteger)
    findings: Mapped[int] = mapped_column(BigInteger)
    restored: Mapped[int] = mapped_column(BigInteger)
    unknown: Mapped[int] = mapped_column(BigInteger)
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    us_total: Mapped[int] = mapped_column(BigInteger)
    us_detect: Mapped[int] = mapped_column(BigInteger)
    us_vault: Mapped[int] = mapped_column(BigInteger)
    us_upstream: Mapped[int] = mapped_column(BigInteger)


class RolledRow(Table):
    """Up to which row of the audit the roll-ups count: one row, `id` 1."""

    __tablename__ = "audit_rolled"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)


class CheckpointRow(Table):
    """A signature over the chain's state after row `seq`."""

    __tablename__ = "audit_checkpoints"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger)
    public_key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


class TombstoneRow(Table):
    """Rows up to `seq` were deleted when their time was over; the chain goes on from `digest`. Signed."""

    __tablename__ = "audit_tombstones"
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger)
    signature: Mapped[str] = mapped_column(String(128))


class PayloadRow(Table):
    """What left in an exchange, scrambled, sealed; `size` and `digest` (SHA-256) are of the whole body.

    Where there is a `base` (an exchange), `sealed` is what follows the first `shared` bytes of that one's body.
    """

    __tablename__ = "audit_payloads"
    exchange: Mapped[str] = mapped_column(String(64), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    base: Mapped[str] = mapped_column(String(64), server_default="", default="")
    shared: Mapped[int] = mapped_column(Integer, server_default="0", default=0)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
