"""Alembic environment; `policies.db` runs it."""
