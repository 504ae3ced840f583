"""Admin UI and its JSON API, not built yet."""
