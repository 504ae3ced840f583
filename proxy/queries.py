"""What stands in the query of the gateway's own routes."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from policies.documents import suggestion
from proxy.errors import BadRequest

LONGEST_NUMBER = 15
"""Digits of a number in a query: databases take no more than 64 bits, and no time needs them."""


def query_of(request: web.Request, *known: str) -> Mapping[str, str]:
    """The query by name. Raises BadRequest for a name that is not `known`: a misspelt filter would filter nothing."""
    for name in request.query:
        if name not in known:  # the name itself is a client's text, and is not repeated
            raise BadRequest(f"This route takes {', '.join(known)} in its query{suggestion(name, known)}.")
        if len(request.query.getall(name)) > 1:
            raise BadRequest(f"`{name}` stands twice in the query.", param=name)
    return request.query


def number_of(text: str | None) -> int | None:
    """A whole number as it stands in a query; None without one. Raises BadRequest."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise BadRequest("since, until, before and size take whole numbers (UTC milliseconds for times).")
    return int(text)
