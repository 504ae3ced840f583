"""Guardrails of the operator's own: asked before texts leave and after an answer has come. They see scrambled texts."""
