"""Seeded demo data with labelled personal values."""
