"""Whole files scrambled and restored: what is text in them changes, their form stays."""
