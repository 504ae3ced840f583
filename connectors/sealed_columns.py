"""What this package keeps under the master key; all else lies under the keys of jars and uploads."""

from __future__ import annotations

from connectors.jar_tables import ConnectorRow, JarRow, UploadRow
from policies.resealing import SealedColumn

SEALED = (
    SealedColumn(JarRow, "sealed_key", lambda row: f"jar/{row.tenant}/{row.id}"),
    SealedColumn(ConnectorRow, "sealed_config", lambda row: f"connector/{row.tenant}/{row.id}"),
    SealedColumn(UploadRow, "sealed_key", lambda row: f"upload/{row.tenant}/{row.id}"),
)
