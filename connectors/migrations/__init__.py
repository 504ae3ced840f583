"""The tables of connectors and honey jars, as an Alembic branch of their own."""
