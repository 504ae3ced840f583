"""Trains the names tagger (docs/names-model.md); the product imports nothing of it."""
