"""The tables of the report engine. SQL holds the truth about runs; the queue only says that there is work.

Times are UTC milliseconds. What people typed and what was computed from data lies sealed under the master key.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from policies.tables import Table


class ReportRunRow(Table):
    """One making of a report. `sealed_request` holds the order; `worker` and `lease_until` say who works on it.

    `jar` is the name as it was ordered, `jar_id` the jar itself.
    """

    __tablename__ = "report_runs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(80))
    owner_name: Mapped[str] = mapped_column(String(200))
    template: Mapped[str] = mapped_column(String(64))
    jar: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(16))
    sealed_request: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), index=True)
    step: Mapped[str] = mapped_column(String(80))
    progress: Mapped[int] = mapped_column(BigInteger)
    failure_code: Mapped[str | None] = mapped_column(String(64))
    failure: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(BigInteger)
    worker: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[int] = mapped_column(BigInteger)
    cancel_wanted: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    cost: Mapped[float | None] = mapped_column(Float(53))
    degraded: Mapped[bool] = mapped_column(Boolean)
    approved_by: Mapped[str | None] = mapped_column(String(80))
    approved_at: Mapped[int | None] = mapped_column(BigInteger)
    jar_id: Mapped[str | None] = mapped_column(String(32))

    @property
    def same_jar(self) -> str:
        """What finds the run's own jar and no later one of its name; the name alone for runs of older versions."""
        return self.jar_id or self.jar


Index("ix_report_runs_tenant_created", ReportRunRow.tenant, ReportRunRow.created_at)


class ReportStepRow(Table):
    """The sealed result of a finished step; it counts as long as `digest` is that of the step's inputs."""

    __tablename__ = "report_steps"
    run: Mapped[str] = mapped_column(ForeignKey("report_runs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(BigInteger)
    ms: Mapped[float] = mapped_column(Float(53))


class ReportDocumentRow(Table):
    """A version of a run's document, sealed; version 1 is what the run made, further ones are edits of people."""

    __tablename__ = "report_documents"
    run: Mapped[str] = mapped_column(ForeignKey("report_runs.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(80))


class ReportShareRow(Table):
    """A link that opens a report without an account: the digest of its secret, who gave it, until when it opens."""

    __tablename__ = "report_shares"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    run: Mapped[str] = mapped_column(ForeignKey("report_runs.id", ondelete="CASCADE"), index=True)
    tenant: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)


class ReportScheduleRow(Table):
    """A report that is made again and again; `cron` has five fields, in UTC."""

    __tablename__ = "report_schedules"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64), index=True)
    owner: Mapped[str] = mapped_column(String(80))
    owner_name: Mapped[str] = mapped_column(String(200))
    sealed_request: Mapped[bytes] = mapped_column(LargeBinary)
    cron: Mapped[str] = mapped_column(String(120))
    next_at: Mapped[int] = mapped_column(BigInteger, index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    jar_id: Mapped[str | None] = mapped_column(String(32))
