"""The kinds of connectors; a kind is registered by one line. A kind's module is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from pydantic import ValidationError

from connectors.base import Connector, ConnectorConfig, ConnectorKind, ConnectorProblem
from connectors.boundaries import Boundaries
from connectors.files import FilePlace

KINDS: dict[str, str] = {
    "csv": "connectors.csv_file:CsvFile",
    "excel": "connectors.excel_file:ExcelFile",
    "parquet": "connectors.parquet_file:ParquetFile",
    "json": "connectors.json_file:JsonFile",
    "postgres": "connectors.postgres:Postgres",
    "mysql": "connectors.mysql:Mysql",
    "mongodb": "connectors.mongodb:Mongodb",
    "store": "connectors.object_store:ObjectStore",
    "http": "connectors.http_api:HttpApi",
    "sample": "connectors.sample:Sample",
}
"""Name of the kind, as stored and shown -> where its class is."""
FILE_KINDS = ("csv", "excel", "parquet", "json")
"""Those that read files, so uploads and object stores can be read with them."""


def kind_of(name: str) -> ConnectorKind:
    """The class of this kind. Raises ConnectorProblem."""
    where = KINDS.get(name)
    if where is None:
        known = ", ".join(KINDS)
        raise ConnectorProblem("There is no such kind of connector.", f"Take one of: {known}.", code="config")
    module, _, attribute = where.partition(":")
    return cast("ConnectorKind", getattr(import_module(module), attribute))


def schema_of(name: str) -> dict[str, Any]:
    """JSON schema of the kind's configuration, from which forms are made; secrets carry `x-sealed`."""
    kind = kind_of(name)
    return {**kind.Config.model_json_schema(), "title": kind.title, "description": kind.about}


def checked_config(name: str, config: Mapping[str, Any]) -> ConnectorConfig:
    """The configuration as its model. Raises ConnectorProblem that names the field, never what was typed."""
    try:
        return kind_of(name).Config.model_validate(dict(config))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the configuration"
        raise ConnectorProblem(
            f"{place}: {first['msg']}.", "Correct the field and save again.", code="config"
        ) from None


def open_connector(name: str, config: Mapping[str, Any], boundaries: Boundaries) -> Connector:
    """A connector of this kind; nothing is opened before its first use. Raises ConnectorProblem."""
    return kind_of(name)(checked_config(name, config), boundaries)


def open_files(name: str, config: Mapping[str, Any], boundaries: Boundaries, place: FilePlace) -> Connector:
    """A connector of a file kind on files that the caller has at hand, such as uploads. Raises ConnectorProblem."""
    if name not in FILE_KINDS:
        raise ConnectorProblem("This kind reads no files.", f"Take one of: {', '.join(FILE_KINDS)}.", code="config")
    kind: Any = kind_of(name)
    return cast("Connector", kind(checked_config(name, config), boundaries, place))
