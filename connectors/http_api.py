"""HTTP APIs: lists of JSON records, page by page, by hand or out of an OpenAPI description."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, ClassVar
from urllib.parse import urljoin

import jmespath
from jmespath.exceptions import JMESPathError

from connectors.base import Batch, BrokenRow, ConnectorProblem, Reached, Reading, SourceTable
from connectors.boundaries import Boundaries
from connectors.http_client import Answer, ApiClient
from connectors.http_config import Cursor, HttpConfig, HttpResource, LinkHeader, NextAddress, Offsets, PageNumbers
from connectors.openapi import resources_of
from connectors.shape import MAX_DEPTH, Numbered, Shape, flat

LEARNT = 1_000
"""Records that are fetched before the columns are settled."""
Page = tuple[list[Numbered], list[BrokenRow], int | None]
"""Records of a page, what is none, and the number of all records where the API states it."""


class HttpApi:
    """The connector of HTTP APIs; each call has its own connections."""

    title: ClassVar[str] = "HTTP API"
    about: ClassVar[str] = "Lists of JSON records that an API gives page by page."
    Config = HttpConfig

    def __init__(self, config: HttpConfig, boundaries: Boundaries) -> None:
        self._config, self._boundaries = config, boundaries
        given = {resource.name: resource for resource in config.resources}
        described = resources_of(config.openapi) if config.openapi else []
        self._resources = {**{resource.name: resource for resource in described}, **given}
        if not self._resources:
            raise ConnectorProblem("No list is configured.", "Add a list, or an OpenAPI description.", code="config")

    async def ping(self) -> Reached:
        """Ask for the first page of the first list."""
        resource = next(iter(self._resources.values()))
        async with aclosing(self._pages(resource)) as pages:
            records, _, _ = await anext(pages)
        return Reached(f"The list {resource.name!r} answers with {len(records):,} records on its first page.")

    async def describe(self) -> Sequence[SourceTable]:
        """The lists, by their first records."""
        return [await self._described(resource) for resource in self._resources.values()]

    async def read(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        """The records in the API's order."""
        resource = self._resources.get(reading.table)
        if resource is None:
            raise ConnectorProblem(
                f"There is no list {reading.table!r}.", "Look at the source again.", code="not_found"
            )
        if reading.since is not None:
            raise ConnectorProblem("An HTTP API has no watermark.", "Leave the watermark out.", code="config")
        shape: Shape | None = None
        waiting: list[Numbered] = []
        broken: list[BrokenRow] = []
        async with aclosing(self._pages(resource)) as pages:
            async for records, none, _ in pages:
                waiting += records
                broken += none
                if shape is None and len(waiting) < LEARNT:
                    continue
                shape = shape or self._learnt(resource, waiting)
                while len(waiting) >= reading.batch_rows:
                    yield _batch(shape, waiting[: reading.batch_rows], broken, reading)
                    waiting, broken = waiting[reading.batch_rows :], []
        shape, first = shape or self._learnt(resource, waiting), shape is None
        while waiting or broken or first:
            yield _batch(shape, waiting[: reading.batch_rows], broken, reading)
            waiting, broken, first = waiting[reading.batch_rows :], [], False

    async def close(self) -> None:
        """Nothing stays open between calls."""

    async def _described(self, resource: HttpResource) -> SourceTable:
        seen: list[Numbered] = []
        total: int | None = None
        async with aclosing(self._pages(resource)) as pages:
            async for records, _, stated in pages:
                seen += records
                total = stated if total is None else total
                if len(seen) >= LEARNT:
                    break
            else:
                total = len(seen)
        return SourceTable(resource.name, self._learnt(resource, seen).columns, rows=total)

    def _learnt(self, resource: HttpResource, records: Sequence[Numbered]) -> Shape:
        return Shape.learnt((record for _, record in records[:LEARNT]), tuple(resource.columns))

    async def _pages(self, resource: HttpResource) -> AsyncGenerator[Page, None]:
        """Page by page; the first always comes."""
        client = ApiClient(self._config, self._boundaries)
        try:
            url = self._config.base_url + resource.path
            parameters, number = dict(resource.parameters), 0
            seen: set[str] = set()
            parameters |= _first(resource)
            for _ in range(self._config.max_pages):
                answer = await client.get(url, parameters)
                page = _page(resource, answer, number)
                yield page
                number += len(page[0]) + len(page[1])
                step = _next(resource, answer, parameters, url, page)
                if step is None:
                    return
                url, parameters = step
                mark = f"{url} {sorted(parameters.items())}"
                if mark in seen:
                    raise ConnectorProblem("The API's pages go in circles.", "Check how the list goes on.")
                seen.add(mark)
            raise ConnectorProblem(
                f"The list has more than {self._config.max_pages:,} pages.", "Allow more pages.", code="too_large"
            )
        finally:
            await client.close()


def _page(resource: HttpResource, answer: Answer, before: int) -> Page:
    found = _searched(resource.records, answer.value)
    if found is None:
        found = []
    if not isinstance(found, list):
        raise ConnectorProblem(
            "The answer has no list where Records says.", "Correct the JMESPath expression of the records."
        )
    records: list[Numbered] = []
    broken: list[BrokenRow] = []
    for place, record in enumerate(found, before + 1):
        if not isinstance(record, Mapping):
            broken.append(BrokenRow(place, "it is no object", str(record)[:2_000]))
        elif resource.columns:
            picked = {name: _searched(path, record) for name, path in resource.columns.items()}
            records.append((place, flat(picked, depth=MAX_DEPTH)))
        else:
            records.append((place, flat(record)))
    total = _searched(resource.total, answer.value) if resource.total else None
    return records, broken, total if isinstance(total, int) else None


def _first(resource: HttpResource) -> dict[str, str]:
    paging = resource.paging
    if isinstance(paging, PageNumbers):
        return {paging.parameter: str(paging.first)}
    return {paging.parameter: "0"} if isinstance(paging, Offsets) else {}


def _next(
    resource: HttpResource, answer: Answer, parameters: dict[str, str], url: str, page: Page
) -> tuple[str, dict[str, str]] | None:
    """Address and parameters of the next page; None after the last."""
    paging, count = resource.paging, len(page[0]) + len(page[1])
    if isinstance(paging, PageNumbers | Offsets):
        step = 1 if isinstance(paging, PageNumbers) else count
        at = int(parameters[paging.parameter]) + step
        return (url, {**parameters, paging.parameter: str(at)}) if count else None
    if isinstance(paging, Cursor):
        cursor = _searched(paging.next, answer.value)
        return (url, {**parameters, paging.parameter: str(cursor)}) if cursor not in (None, "", False) else None
    if isinstance(paging, NextAddress):
        target = _searched(paging.next, answer.value)
        return (urljoin(answer.url, str(target)), {}) if target else None
    if isinstance(paging, LinkHeader) and answer.link_next:
        return urljoin(answer.url, answer.link_next), {}
    return None


def _searched(path: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    try:
        return jmespath.search(path, value)
    except JMESPathError:
        raise ConnectorProblem("A JMESPath expression does not fit the answer.", "Correct it.", code="config") from None


def _batch(shape: Shape, records: Sequence[Numbered], broken: Sequence[BrokenRow], reading: Reading) -> Batch:
    frame, misfits = shape.frame(records, reading.columns, reading.table)
    return Batch(frame, (*broken, *misfits))
