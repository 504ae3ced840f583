"""docs/api-coverage.md names every route that the application has, and refuses what it says it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anthropic
import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from proxy.app import create_app
from proxy.dialects.openai_other_refused import REFUSED, why_refused

PAGE = Path(__file__).parents[2] / "docs" / "api-coverage.md"
_ROW = re.compile(r"\| ([A-Z]+) \| `([^`]+)` \| ([a-z-]+) \|")
_CALL = re.compile(r'self\._(get|post|put|patch|delete|get_api_list)\(\s*(?:path_template\(\s*)?f?"(/[^"?]*)')
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


def sdk_calls() -> Iterator[tuple[str, str]]:
    """Method and path of every call that the official SDKs make."""
    for sdk in (openai, anthropic):
        for source in (Path(str(sdk.__file__)).parent / "resources").rglob("*.py"):
            for name, path in _CALL.findall(source.read_text()):
                below = path.removeprefix("/v1")
                yield ("GET" if name == "get_api_list" else name.upper()), f"/v1{below}"


async def test_every_route_of_the_sdks_is_served_or_refused_with_a_reason_of_its_own() -> None:
    app, unknown, calls = application(), set(), set(sdk_calls())
    app.freeze()
    for method, path in calls:
        asked = re.sub(r"\{[^}]*\}", "x", path)
        found = await app.router.resolve(make_mocked_request(method, asked, app=app))
        if found.get_info().get("formatter") == "/{tail}" and why_refused(asked) is None:
            unknown.add((method, path))
    assert len(calls) > 300
    assert not unknown


def test_what_is_refused_with_a_reason_stands_on_the_page() -> None:
    paths = [path for _, path, _ in rows()]
    assert {start for start in REFUSED if not any(path.startswith(f"/v1{start}") for path in paths)} == set()
