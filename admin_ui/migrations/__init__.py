"""The tables of the console, as an Alembic branch of their own."""
