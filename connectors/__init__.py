"""Worker bees: read-only connectors to files, databases and APIs; honey jars, not built yet."""
