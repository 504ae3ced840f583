"""Report runs, their finished steps and documents, share links, schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r001"
down_revision = None
branch_labels = ("reports",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("jar", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("sealed_request", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("progress", sa.BigInteger(), nullable=False),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("cancel_wanted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.Float(precision=53), nullable=True),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("approved_by", sa.String(length=80), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_runs")),
    )
    op.create_index(op.f("ix_report_runs_expires_at"), "report_runs", ["expires_at"])
    op.create_index(op.f("ix_report_runs_state"), "report_runs", ["state"])
    op.create_index(op.f("ix_report_runs_tenant_created"), "report_runs", ["tenant", "created_at"])
    op.create_table(
        "report_steps",
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["report_runs.id"], name=op.f("fk_report_steps_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "name", name=op.f("pk_report_steps")),
    )
    op.create_table(
        "report_documents",
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["report_runs.id"], name=op.f("fk_report_documents_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "version", name=op.f("pk_report_documents")),
    )
    op.create_table(
        "report_shares",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["report_runs.id"], name=op.f("fk_report_shares_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_report_shares")),
        sa.UniqueConstraint("id", name=op.f("uq_report_shares_id")),
    )
    op.create_index(op.f("ix_report_shares_run"), "report_shares", ["run"])
    op.create_table(
        "report_schedules",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("sealed_request", sa.LargeBinary(), nullable=False),
        sa.Column("cron", sa.String(length=120), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedules")),
    )
    op.create_index(op.f("ix_report_schedules_next_at"), "report_schedules", ["next_at"])
    op.create_index(op.f("ix_report_schedules_tenant"), "report_schedules", ["tenant"])


def downgrade() -> None:
    op.drop_index(op.f("ix_report_schedules_next_at"), table_name="report_schedules")
    op.drop_index(op.f("ix_report_schedules_tenant"), table_name="report_schedules")
    op.drop_table("report_schedules")
    op.drop_index(op.f("ix_report_shares_run"), table_name="report_shares")
    op.drop_table("report_shares")
    op.drop_table("report_documents")
    op.drop_table("report_steps")
    op.drop_index(op.f("ix_report_runs_expires_at"), table_name="report_runs")
    op.drop_index(op.f("ix_report_runs_state"), table_name="report_runs")
    op.drop_index(op.f("ix_report_runs_tenant_created"), table_name="report_runs")
    op.drop_table("report_runs")
