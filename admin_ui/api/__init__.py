"""The console's own routes, one module per subject; each offers `routes(parts)`."""
