"""The tables of the report engine, as an Alembic branch of their own."""
