"""Pages of the lists that routes give whole: `limit` and `cursor` for each of them, in one place.

These lists are read from the database as a whole (keys, people, policies and the like: thousands at most). The audit
and reports, which grow for ever, page in the database by queries of their own.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from pydantic import BaseModel, Field

from admin_ui.api.bodies import Body
from policies.console_routes import ConsoleAnswer, ConsoleCall, ConsoleRoute


class PageQuery(Body):
    """Which part of a list is wanted; all of it without a limit."""

    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,9}$", description="`next` of the page before")] = "0"
    limit: Annotated[int, Field(ge=1, le=1_000, description="entries of a page; all without it")] | None = None


def paged(route: ConsoleRoute) -> ConsoleRoute:
    """The route, which gives pages where it answers with a list and takes no query of its own."""
    if route.method != "GET" or route.query is not None or not _is_list(route.answer):
        return route

    async def handle(call: ConsoleCall) -> ConsoleAnswer:
        answer = await route.handler(call)
        wrapped = answer if isinstance(answer, ConsoleAnswer) else ConsoleAnswer(answer)
        return dataclasses.replace(wrapped, data=_cut(wrapped.data, call.query))

    return dataclasses.replace(route, handler=handle, query=PageQuery)


def _is_list(answer: Any) -> bool:  # noqa: ANN401 - whatever a route says it answers
    return isinstance(answer, type) and issubclass(answer, BaseModel) and {"items", "next"} <= set(answer.model_fields)


def _cut(data: Any, asked: PageQuery) -> Any:  # noqa: ANN401 - a model with `items` and `next`, or what is none
    if not isinstance(data, BaseModel):
        return data
    items: list[Any] = vars(data)["items"]
    first = int(asked.cursor)
    end = len(items) if asked.limit is None else first + asked.limit
    return data.model_copy(update={"items": items[first:end], "next": str(end) if end < len(items) else None})
