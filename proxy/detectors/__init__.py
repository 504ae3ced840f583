"""Detection: texts in, findings out. Presidio and spaCy are imported below here only."""
