"""Alembic's entry: `policies.db` hands over the connection; there is no other way to run it."""

from __future__ import annotations

from alembic import context

import policies.alerts
import policies.audit_feeds
import policies.people_tables
import policies.records
import policies.values  # noqa: F401 - brings the tables of known values
from policies.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
