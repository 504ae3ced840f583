"""Object stores (S3 first; Azure and Google with the extra `cloud`): files under a prefix, read by the file kinds.

Credentials are those of the configuration or none at all: never those of the machine, which a person who may configure
connectors must not be able to use.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from importlib import import_module
from typing import Annotated, Any, BinaryIO, ClassVar, Literal, cast
from urllib.parse import urlsplit

import fsspec
from pydantic import Field

from connectors.base import Batch, ConnectorConfig, ConnectorProblem, Reached, Reading, Secret, SourceTable
from connectors.boundaries import MIB, Boundaries
from connectors.csv_file import CsvConfig, CsvFile
from connectors.excel_file import ExcelConfig, ExcelFile
from connectors.file_connector import FileConnector
from connectors.files import SourceFile
from connectors.json_file import JsonConfig, JsonFile
from connectors.network import refuse_link_local
from connectors.parquet_file import ParquetConfig, ParquetFile

MAX_FILES = 10_000
BLOCK = 8 * MIB


_ENDPOINT = r"^(https?://[^@\s]+)?$"


class S3Store(ConnectorConfig):
    """Amazon S3, or a server that speaks it."""

    kind: Literal["s3"]
    access_key: Annotated[str, Field(title="Access key", description="Empty: a public bucket.")] = ""
    secret_key: Annotated[Secret | None, Field(title="Secret key")] = None
    session_token: Annotated[Secret | None, Field(title="Session token")] = None
    region: Annotated[str, Field(title="Region", examples=["eu-central-1"])] = "us-east-1"
    endpoint: Annotated[str, Field(title="Address", description="Empty: Amazon's own.", pattern=_ENDPOINT)] = ""


class AzureStore(ConnectorConfig):
    """Azure Blob Storage; needs the extra `cloud`."""

    kind: Literal["az"]
    account: Annotated[str, Field(title="Storage account", pattern=r"^[a-z0-9]{3,24}$")]
    account_key: Annotated[Secret | None, Field(title="Account key")] = None
    sas_token: Annotated[Secret | None, Field(title="SAS token")] = None
    endpoint: Annotated[str, Field(title="Address", description="Empty: Microsoft's own.", pattern=_ENDPOINT)] = ""


class GoogleStore(ConnectorConfig):
    """Google Cloud Storage; needs the extra `cloud`."""

    kind: Literal["gs"]
    service_account: Annotated[Secret | None, Field(title="Service account", description="Its JSON key.")] = None
    endpoint: Annotated[str, Field(title="Address", description="Empty: Google's own.", pattern=_ENDPOINT)] = ""


class ObjectStoreConfig(ConnectorConfig):
    """Files in a bucket."""

    store: Annotated[S3Store | AzureStore | GoogleStore, Field(title="Store", discriminator="kind")]
    bucket: Annotated[str, Field(title="Bucket or container", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")]
    pattern: Annotated[
        str,
        Field(
            title="Files",
            description="Path below the bucket; `*` takes several, `**` folders too.",
            examples=["exports/2026/*.csv.gz"],
            pattern=r"^[^/].*$",
        ),
    ]
    format: Annotated[Literal["csv", "excel", "parquet", "json"], Field(title="Kind of the files")]
    csv: Annotated[CsvConfig, Field(title="How CSV files are read")] = CsvConfig()
    timeout_s: Annotated[float, Field(title="Time for one answer, in seconds", gt=0, le=600)] = 30


class StoredFile:
    """One object; named by its path below the bucket, because names alone may come twice."""

    def __init__(self, system: Any, path: str, size: int) -> None:  # noqa: ANN401 - fsspec has no types
        self._system, self._path = system, path
        self.name, self.size = path.partition("/")[2], size

    def open(self) -> BinaryIO:
        """The object from its beginning, fetched block by block."""
        try:
            return cast(
                "BinaryIO",
                self._system.open(self._path, "rb", block_size=BLOCK, cache_type="readahead", size=self.size),
            )
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise _problem(error) from None


class StoredFiles:
    """The objects that the pattern names."""

    def __init__(self, config: ObjectStoreConfig) -> None:
        self._config = config
        self._system: Any = None

    def files(self) -> Sequence[SourceFile]:
        """The objects, sorted by path. Raises ConnectorProblem."""
        try:
            self._system = system = self._system or _system(self._config)
            found = system.glob(f"{self._config.bucket}/{self._config.pattern}", detail=True)
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise _problem(error) from None
        files = [StoredFile(system, path, int(info["size"])) for path, info in sorted(found.items()) if _is_file(info)]
        if not files:
            raise ConnectorProblem(
                "No object is there under this path.",
                "Check bucket and path, and what the key may list.",
                code="not_found",
            )
        if len(files) > MAX_FILES:
            raise ConnectorProblem(
                f"The path names more than {MAX_FILES:,} objects.", "Narrow it down.", code="too_large"
            )
        return files

    def close(self) -> None:
        """Close the connections of S3; the other stores close theirs when they are let go."""
        system, self._system = self._system, None
        session = getattr(system, "_s3", None)
        if session is not None:
            system.close_session(system.loop, session)


class ObjectStore:
    """The connector of object stores; files are read by the connector of their kind."""

    title: ClassVar[str] = "Object store (S3, Azure, Google)"
    about: ClassVar[str] = "CSV, Excel, Parquet and JSON files in a bucket."
    Config = ObjectStoreConfig

    def __init__(self, config: ObjectStoreConfig, boundaries: Boundaries) -> None:
        self._config = config
        self._stored = StoredFiles(config)
        self._files = _reader(config, boundaries, self._stored)

    async def ping(self) -> Reached:
        """List the objects and open the first."""
        await self._check()
        try:
            return await self._files.ping()
        except ConnectorProblem:
            raise
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise _problem(error) from None

    async def describe(self) -> Sequence[SourceTable]:
        """The tables of all objects."""
        await self._check()
        try:
            return await self._files.describe()
        except ConnectorProblem:
            raise
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise _problem(error) from None

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The rows of one object."""
        await self._check()
        try:
            async for batch in self._files.read(reading):
                yield batch
        except ConnectorProblem:
            raise
        except Exception as error:  # noqa: BLE001 - each store has its own
            raise _problem(error) from None

    async def close(self) -> None:
        """Close the connections to the store."""
        await asyncio.to_thread(self._stored.close)

    async def _check(self) -> None:
        store = self._config.store
        if store.endpoint:
            parts = urlsplit(store.endpoint)
            await refuse_link_local(parts.hostname or "", parts.port or 443)


def _reader(config: ObjectStoreConfig, boundaries: Boundaries, place: StoredFiles) -> FileConnector:
    if config.format == "csv":
        return CsvFile(config.csv, boundaries, place)
    if config.format == "excel":
        return ExcelFile(ExcelConfig(), boundaries, place)
    if config.format == "parquet":
        return ParquetFile(ParquetConfig(), boundaries, place)
    return JsonFile(JsonConfig(), boundaries, place)


def _system(config: ObjectStoreConfig) -> Any:  # noqa: ANN401 - fsspec has no types
    """The file system with the configured credentials only, and no listing kept from earlier."""
    store = config.store
    common = {"skip_instance_cache": True, "use_listings_cache": False}
    if isinstance(store, S3Store):
        timeouts = {
            "connect_timeout": config.timeout_s,
            "read_timeout": config.timeout_s,
            "retries": {"max_attempts": 3},
        }
        return fsspec.filesystem(
            "s3",
            anon=not store.access_key,
            key=store.access_key or None,
            secret=_text(store.secret_key),
            token=_text(store.session_token),
            client_kwargs={"region_name": store.region},
            endpoint_url=store.endpoint or None,
            config_kwargs=timeouts,
            **common,
        )
    try:
        if isinstance(store, AzureStore):
            return fsspec.filesystem("az", **_azure_access(store), **common)
        plain = import_module("gcsfs.core").GCSFileSystem  # the name `gs` may stand for one that also speaks gRPC
        return plain(token=_google_token(store), endpoint_url=store.endpoint or None, **common)
    except ImportError:
        raise ConnectorProblem(
            "The packages for Azure and Google are not installed.",
            "Install them: pip install 'sting-ce[cloud]'.",
            code="config",
        ) from None


def _azure_access(store: AzureStore) -> dict[str, Any]:
    """Account and credentials as the file system takes them: an address of its own goes into a connection string."""
    secrets = {"account_key": _text(store.account_key), "sas_token": _text(store.sas_token)}
    if store.endpoint:
        parts = {"BlobEndpoint": store.endpoint, "AccountName": store.account}
        parts |= {"AccountKey": secrets["account_key"] or "", "SharedAccessSignature": secrets["sas_token"] or ""}
        return {"connection_string": ";".join(f"{name}={value}" for name, value in parts.items() if value)}
    return {"account_name": store.account, "anon": not any(secrets.values()), **secrets}


def _google_token(store: GoogleStore) -> Any:  # noqa: ANN401 - a name or the key's content
    import json  # noqa: PLC0415 - only here

    text = _text(store.service_account)
    return json.loads(text) if text else "anon"


def _text(secret: Any) -> str | None:  # noqa: ANN401 - a secret or none
    return secret.get_secret_value() if secret is not None else None


def _is_file(info: dict[str, Any]) -> bool:
    return info.get("type") == "file"


def _problem(error: Exception) -> ConnectorProblem:
    """What went wrong, without the store's words: they may quote keys and names."""
    if isinstance(error, ConnectorProblem):
        return error
    if isinstance(error, PermissionError):
        return ConnectorProblem("The store refuses the key.", "Check it and what it may list and read.", code="refused")
    if isinstance(error, FileNotFoundError):
        return ConnectorProblem("There is no such bucket or object.", "Check bucket and path.", code="not_found")
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return ConnectorProblem("The store did not answer in time.", "Try again.", code="timeout", retryable=True)
    return ConnectorProblem(
        f"The store cannot be reached, or broke off ({type(error).__name__}).",
        "Check address, region and firewall; the reading can be started again.",
        code="unreachable",
        retryable=True,
    )
