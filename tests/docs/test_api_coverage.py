"""docs/api-coverage.md names every route that the application has, and refuses what it says it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from proxy.app import create_app

PAGE = Path(__file__).parents[2] / "docs" / "api-coverage.md"
_ROW = re.compile(r"\| ([A-Z]+) \| `([^`]+)` \| ([a-z-]+) \|")
_SERVED = frozenset({"full", "mask-only", "local"})


def rows() -> list[tuple[str, str, str]]:
    """Method, route and handling of every row of the page."""
    return _ROW.findall(PAGE.read_text())


def application() -> web.Application:
    """The application without anything behind it: only its routes are looked at."""
    settings = SimpleNamespace(gateway=SimpleNamespace(max_body_mb=1))
    return create_app(cast("Any", SimpleNamespace(services=SimpleNamespace(settings=settings))))


def routes_of(app: web.Application) -> set[tuple[str, str]]:
    """Method and route without patterns, without those that only leave out `/v1`, HEAD and the one that refuses."""
    found = set()
    for route in app.router.routes():
        path = re.sub(r"\{(\w+):[^{}]*\}", r"{\1}", route.resource.canonical if route.resource else "")
        if route.method != "HEAD" and path != "/{tail}":
            found.add((route.method, path))
    return {(method, path) for method, path in found if (method, f"/v1{path}") not in found}


def test_the_page_names_exactly_the_routes_that_are_served() -> None:
    served = {(method, path) for method, path, handling in rows() if handling in _SERVED}
    assert routes_of(application()) == served


@pytest.mark.parametrize(("method", "path", "handling"), [row for row in rows() if row[2] == "refused"])
async def test_a_route_that_the_page_calls_refused_is_refused(method: str, path: str, handling: str) -> None:
    del handling
    app = application()
    app.freeze()
    found = await app.router.resolve(make_mocked_request(method, re.sub(r"\{\w+\}", "x", path), app=app))
    assert found.get_info().get("formatter") == "/{tail}"


def test_every_row_has_a_known_handling() -> None:
    assert rows()
    assert {handling for _, _, handling in rows()} <= _SERVED | {"refused"}
