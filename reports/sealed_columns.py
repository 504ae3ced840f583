"""What this package keeps under the master key."""

from __future__ import annotations

from policies.resealing import SealedColumn
from reports.store import sealed_for
from reports.tables import ReportDocumentRow, ReportRunRow, ReportScheduleRow, ReportStepRow

SEALED = (
    SealedColumn(ReportRunRow, "sealed_request", lambda row: sealed_for(row.id, "order")),
    SealedColumn(ReportScheduleRow, "sealed_request", lambda row: sealed_for(row.id, "order")),
    SealedColumn(ReportStepRow, "sealed", lambda row: sealed_for(row.run, f"step/{row.name}")),
    SealedColumn(ReportDocumentRow, "sealed", lambda row: sealed_for(row.run, "document")),
)
