"""Alembic versions of the ground floor: tables of `policies.tables`."""
