"""What this package keeps under the master key."""

from __future__ import annotations

from admin_ui.api.policy_cases import CONTEXT
from policies.records import RecordRow
from policies.resealing import SealedColumn

SEALED = (SealedColumn(RecordRow, "data", lambda _row: CONTEXT, only=RecordRow.kind == "cases", as_hex=True),)
