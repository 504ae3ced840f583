"""The tables of honey jars, connectors and uploads. Times are UTC milliseconds. No row holds an original in clear.

What a person typed or what comes from data (settings of connectors, file names, watermarks) lies sealed; names of
tables and columns do not, they are what a jar's page is made of.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policies.tables import Table

_JAR = "jars.id"


class JarRow(Table):
    """A honey jar. `sealed_key`: the key of all its objects, under the master key; `tags` is a JSON list.

    `values_at`: when the gateway was told the jar's personal values; None when they have changed since.
    """

    __tablename__ = "jars"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)
    policy: Mapped[str | None] = mapped_column(String(64))
    review_required: Mapped[bool] = mapped_column(Boolean)
    retention_days: Mapped[int | None] = mapped_column(BigInteger)
    refresh_minutes: Mapped[int | None] = mapped_column(BigInteger)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[int] = mapped_column(BigInteger)
    values_at: Mapped[int | None] = mapped_column(BigInteger)


class GrantRow(Table):
    """One right on a jar. `grantee` is a user's id, `role:editor` and the like, or `*` for everybody of the tenant."""

    __tablename__ = "jar_grants"
    jar: Mapped[str] = mapped_column(String(32), ForeignKey(_JAR, ondelete="CASCADE"), primary_key=True)
    grantee: Mapped[str] = mapped_column(String(80), primary_key=True)
    access: Mapped[str] = mapped_column(String(24), primary_key=True)


class ConnectorRow(Table):
    """A connector that a person set up; all of its settings are sealed."""

    __tablename__ = "connectors"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    sealed_config: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[int] = mapped_column(BigInteger)


class UploadRow(Table):
    """A file that was uploaded, in sealed parts. It counts once `finished_at` is set; `sealed_name`: its file name."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    owner: Mapped[str] = mapped_column(String(80))
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class MemberRow(Table):
    """One source of a jar. `sealed_spec` is JSON: tables, a SELECT, a file name, the watermark column."""

    __tablename__ = "jar_members"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    jar: Mapped[str] = mapped_column(String(32), ForeignKey(_JAR, ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    connector: Mapped[str | None] = mapped_column(String(32))
    sealed_spec: Mapped[bytes] = mapped_column(LargeBinary)
    added_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[int] = mapped_column(BigInteger)
    refreshed_at: Mapped[int | None] = mapped_column(BigInteger)


class JarTableRow(Table):
    """A table of a jar as it counts now; `k` is JSON (see connectors/kanonymity.py)."""

    __tablename__ = "jar_tables"
    jar: Mapped[str] = mapped_column(String(32), ForeignKey(_JAR, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    member: Mapped[str] = mapped_column(String(32))
    import_id: Mapped[str] = mapped_column(String(32))
    rows: Mapped[int] = mapped_column(BigInteger)
    k: Mapped[str] = mapped_column(Text)


class JarColumnRow(Table):
    """One column with its class. `found` is JSON, entity type -> share of sampled rows; `decided_by` a person's id."""

    __tablename__ = "jar_columns"
    jar: Mapped[str] = mapped_column(String(32), ForeignKey(_JAR, ondelete="CASCADE"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(128), primary_key=True)
    name: Mapped[str] = mapped_column(String(256), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    dtype: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(24))
    entity_type: Mapped[str | None] = mapped_column(String(40))
    confidence: Mapped[float] = mapped_column(Float(53))
    share: Mapped[float] = mapped_column(Float(53))
    found: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)


class ValueReviewRow(Table):
    """What a person said of one value of a column. `digest` is keyed by the jar's key; `entity_type` None: nothing."""

    __tablename__ = "jar_value_reviews"
    jar: Mapped[str] = mapped_column(String(32), ForeignKey(_JAR, ondelete="CASCADE"), primary_key=True)
    table_name: Mapped[str] = mapped_column(String(128), primary_key=True)
    column_name: Mapped[str] = mapped_column(String(256), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    entity_type: Mapped[str | None] = mapped_column(String(40))
    decided_by: Mapped[str] = mapped_column(String(80))
    decided_at: Mapped[int] = mapped_column(BigInteger)


class ImportRow(Table):
    """One import of one table. Its chunks count when `state` is `committed`.

    `worker` is whoever writes now: another one that takes over changes it, and the first one's next write fails.
    `fingerprint` tells the same source in the same state, so that an import that was killed can go on.
    """

    __tablename__ = "jar_imports"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    jar: Mapped[str] = mapped_column(String(32), ForeignKey(_JAR, ondelete="CASCADE"), index=True)
    member: Mapped[str] = mapped_column(String(32))
    table_name: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16))
    worker: Mapped[str] = mapped_column(String(32))
    fingerprint: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigInteger)
    set_aside: Mapped[int] = mapped_column(BigInteger)
    sealed_watermark: Mapped[bytes | None] = mapped_column(LargeBinary)
    started_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)


class ChunkRow(Table):
    """Some rows of an import: the sealed object that holds them."""

    __tablename__ = "jar_chunks"
    import_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("jar_imports.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    object: Mapped[str] = mapped_column(String(160))
    rows: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)


class JarEventRow(Table):
    """What happened to a jar, and who saw originals of it. `detail` is JSON: names and counts, never values."""

    __tablename__ = "jar_events"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    jar: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[int] = mapped_column(BigInteger)
    person: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(Text)
