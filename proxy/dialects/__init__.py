"""Dialects: what the fields of each API mean. Pure, like the core."""
