"""Fixtures that any test may ask for."""

pytest_plugins = (
    "tests.valkey_fixture",
    "tests.gateway_fixture",
    "tests.console_fixture",
    "tests.jar_fixture",
    "tests.postgres_source",
    "tests.mariadb_source",
)
