"""Ground floor: settings, database, policy model, keys, audit. No HTTP server, no detection."""
