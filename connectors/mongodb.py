"""MongoDB: collections read in the order of their ids; nested documents come as dotted columns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar

from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS
from pydantic import Field
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.errors import ConfigurationError, InvalidName, InvalidURI, OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from connectors.base import Batch, ConnectorConfig, ConnectorProblem, Reached, Reading, Secret, SourceTable
from connectors.boundaries import Boundaries
from connectors.network import refuse_link_local
from connectors.shape import LEARNT, Numbered, Shape, flat

FIRST_ROWS = 500
BATCH_BYTES = 64 << 20


class MongoConfig(ConnectorConfig):
    """How to reach a MongoDB database. Reading only."""

    uri: Annotated[
        Secret,
        Field(
            title="Connection string",
            description="mongodb:// or mongodb+srv://, with user, password and `tls=true` as the server wants them.",
            examples=["mongodb://reader:PASSWORD@db.example.com/?tls=true"],
        ),
    ]
    database: Annotated[str, Field(title="Database", min_length=1, max_length=63)]
    collections: Annotated[tuple[str, ...], Field(title="Collections", description="Which to show; empty: all.")] = ()
    timeout_s: Annotated[float, Field(title="Time for one answer, in seconds", gt=0, le=600)] = 30


class Mongodb:
    """The connector of MongoDB databases; each call has a connection of its own."""

    title: ClassVar[str] = "MongoDB"
    about: ClassVar[str] = "Collections of a MongoDB database; nested documents become dotted columns."
    Config = MongoConfig

    def __init__(self, config: MongoConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries

    async def ping(self) -> Reached:
        """Connect and count the collections."""
        async with self._database() as database:
            info = await database.client.server_info()
            names = await self._names(database)
        return Reached(f"Connected, {len(names):,} collections.", f"MongoDB {info.get('version', '')}".strip())

    async def describe(self) -> Sequence[SourceTable]:
        """The collections, by their first documents; the number of documents is the server's own."""
        async with self._database() as database:
            tables = []
            for name in await self._names(database):
                shape = await self._shape(database[name])
                rows = await database[name].estimated_document_count()
                tables.append(SourceTable(name, shape.columns, rows=rows, exact=False, key=("_id",)))
            return tables

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The documents by id; those that do not fit the first ones are set aside."""
        if reading.since is not None:
            raise ConnectorProblem("This connector has no watermark.", "Leave the watermark out.", code="config")
        async with self._database() as database:
            if reading.table not in await self._names(database):
                raise ConnectorProblem(
                    f"There is no collection {reading.table!r}.", "Look at the source again.", code="not_found"
                )
            collection = database[reading.table]
            shape = await self._shape(collection)
            async with collection.find({}, batch_size=FIRST_ROWS).sort("_id", 1) as cursor:
                first, number, size = True, 0, min(FIRST_ROWS, reading.batch_rows)
                while True:
                    async with asyncio.timeout(self._config.timeout_s):
                        documents = await cursor.to_list(size)
                    if not documents and not first:
                        return
                    first = False
                    records = [(number + place, record(document)) for place, document in enumerate(documents, 1)]
                    number += len(documents)
                    frame, broken = shape.frame(records, reading.columns, reading.table)
                    size = _rows_at_once(records, reading.batch_rows)
                    yield Batch(frame, broken)

    async def close(self) -> None:
        """Nothing stays open between calls."""

    async def _names(self, database: Any) -> list[str]:  # noqa: ANN401 - pymongo's generics
        found = await database.list_collection_names(authorizedCollections=True, nameOnly=True)
        wanted = self._config.collections
        return sorted(name for name in found if not name.startswith("system.") and (not wanted or name in wanted))

    async def _shape(self, collection: Any) -> Shape:  # noqa: ANN401 - pymongo's generics
        documents = await collection.find({}).sort("_id", 1).limit(LEARNT).to_list()
        return Shape.learnt((record(document) for document in documents), ("_id",))

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Any]:
        client: Any = None
        try:
            uri = self._config.uri.get_secret_value()
            await self._check_hosts(uri)
            wait = int(self._config.timeout_s * 1000)
            client = AsyncMongoClient(
                uri,
                serverSelectionTimeoutMS=wait,
                connectTimeoutMS=wait,
                socketTimeoutMS=wait,
                appname="sting",
                retryReads=True,
                maxPoolSize=2,
            )
            options: Any = CodecOptions(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
            yield client.get_database(
                self._config.database, codec_options=options, read_preference=ReadPreference.SECONDARY_PREFERRED
            )
        except (PyMongoError, TimeoutError, OSError) as error:
            raise _problem(error) from None
        finally:
            if client is not None:
                await client.close()

    async def _check_hosts(self, uri: str) -> None:
        if uri.startswith("mongodb+srv://"):
            return  # names of a DNS record, reached by TLS only
        for host, port in parse_uri(uri, validate=False)["nodelist"]:
            await refuse_link_local(host, port or 27017)


def record(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as a flat record; dates outside Python's years come as their milliseconds' text."""
    return {name: str(value) if isinstance(value, DatetimeMS) else value for name, value in flat(document).items()}


def _rows_at_once(records: Sequence[Numbered], most: int) -> int:
    some = records[:100]
    size = sum(len(str(value)) for _, one in some for value in one.values()) or 1
    return max(1, min(most, BATCH_BYTES * len(some) // size)) if some else most


def _problem(error: Exception) -> ConnectorProblem:
    """What went wrong, without the driver's words: they may quote the connection string or a value."""
    if isinstance(error, InvalidURI | ConfigurationError | InvalidName):
        return ConnectorProblem(
            "The connection string or the database's name cannot be used.",
            "Write mongodb://USER:PASSWORD@HOST/, with special characters as %XX.",
            code="config",
        )
    if isinstance(error, OperationFailure) and error.code in (18, 8000):
        return ConnectorProblem("The server refuses this user or password.", "Check both.", code="refused")
    if isinstance(error, OperationFailure):
        return ConnectorProblem(
            f"The server refuses to read (code {error.code}).", "Give the user the role `read`.", code="forbidden"
        )
    timed_out = isinstance(error, TimeoutError)
    return ConnectorProblem(
        f"The server cannot be reached, or the connection was lost ({type(error).__name__}).",
        "Check host, port, TLS and firewall; the reading can be started again.",
        code="timeout" if timed_out else "unreachable",
        retryable=True,
    )
