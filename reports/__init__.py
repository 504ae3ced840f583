"""Report engine: a client of the gateway, not built yet."""
