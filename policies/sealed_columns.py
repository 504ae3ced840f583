"""What this package keeps under the master key."""

from __future__ import annotations

from policies.keyring import day_context, tenant_context
from policies.payloads import payload_context
from policies.resealing import SealedColumn
from policies.tables import DayKeyRow, PayloadRow, SecretRow, TenantRow
from policies.values import KnownUploadRow, upload_context

SEALED = (
    SealedColumn(TenantRow, "sealed_secret", lambda row: tenant_context(row.name)),
    SealedColumn(DayKeyRow, "sealed_key", lambda row: day_context(row.tenant, row.id)),
    SealedColumn(SecretRow, "sealed", lambda row: str(row.name)),
    SealedColumn(KnownUploadRow, "sealed_key", lambda row: upload_context(row.tenant, row.id)),
    SealedColumn(PayloadRow, "sealed", lambda row: payload_context(row.tenant, row.exchange, row.base, row.shared)),
)
