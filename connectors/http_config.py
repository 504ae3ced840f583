"""How an HTTP API is described: who we are to it, where its lists are, how they go on."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field

from connectors.base import ConnectorConfig, Secret


def _expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError:
        raise ValueError("this is no JMESPath expression") from None
    return text


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("expected https://HOST/PATH without a user in it")
    return text.rstrip("/")


JmesPath = Annotated[str, AfterValidator(_expression), Field(max_length=500)]
Url = Annotated[str, AfterValidator(_http_url), Field(max_length=2_000)]


class NoAuth(ConnectorConfig):
    """The API asks for nothing."""

    kind: Literal["none"] = "none"


class BearerAuth(ConnectorConfig):
    """A token in the Authorization header."""

    kind: Literal["bearer"]
    token: Annotated[Secret, Field(title="Token")]


class BasicAuth(ConnectorConfig):
    """User and password."""

    kind: Literal["basic"]
    user: Annotated[str, Field(title="User")]
    password: Annotated[Secret, Field(title="Password")]


class ApiKeyAuth(ConnectorConfig):
    """A key in a header or in the query."""

    kind: Literal["api_key"]
    name: Annotated[str, Field(title="Name of the header or parameter", pattern=r"^[A-Za-z0-9_.-]+$")] = "X-API-Key"
    value: Annotated[Secret, Field(title="Key")]
    place: Annotated[Literal["header", "query"], Field(title="Where it goes")] = "header"


class OAuthAuth(ConnectorConfig):
    """OAuth 2 client credentials: a token is fetched, and again when it has run out."""

    kind: Literal["oauth2"]
    token_url: Annotated[Url, Field(title="Token address")]
    client_id: Annotated[str, Field(title="Client id")]
    client_secret: Annotated[Secret, Field(title="Client secret")]
    scope: Annotated[str, Field(title="Scope")] = ""


Auth = Annotated[NoAuth | BearerAuth | BasicAuth | ApiKeyAuth | OAuthAuth, Field(discriminator="kind")]


class OnePage(ConnectorConfig):
    """Everything comes at once."""

    kind: Literal["none"] = "none"


class PageNumbers(ConnectorConfig):
    """Pages are counted; the first empty one ends the list."""

    kind: Literal["page"]
    parameter: Annotated[str, Field(title="Parameter of the page")] = "page"
    first: Annotated[int, Field(title="Number of the first page", ge=0, le=1)] = 1


class Offsets(ConnectorConfig):
    """Records are counted; the first empty answer ends the list."""

    kind: Literal["offset"]
    parameter: Annotated[str, Field(title="Parameter of the offset")] = "offset"


class Cursor(ConnectorConfig):
    """Each answer names the cursor of the next."""

    kind: Literal["cursor"]
    parameter: Annotated[str, Field(title="Parameter of the cursor")] = "cursor"
    next: Annotated[JmesPath, Field(title="Next cursor in the answer", examples=["meta.next_cursor"])]


class NextAddress(ConnectorConfig):
    """Each answer holds the address of the next."""

    kind: Literal["next"]
    next: Annotated[JmesPath, Field(title="Next address in the answer", examples=["links.next"])]


class LinkHeader(ConnectorConfig):
    """The header `Link` with rel="next" (RFC 8288), as GitHub has it."""

    kind: Literal["link"]


Paging = Annotated[OnePage | PageNumbers | Offsets | Cursor | NextAddress | LinkHeader, Field(discriminator="kind")]


class HttpResource(ConnectorConfig):
    """One list of the API, shown as a table."""

    name: Annotated[str, Field(title="Name", description="Shown as a table.", min_length=1, max_length=100)]
    path: Annotated[str, Field(title="Path", pattern=r"^/[^?#]*$", examples=["/v1/contacts"])]
    parameters: Annotated[
        dict[str, str], Field(title="Parameters", examples=[{"limit": "100"}], description="Sent with every request.")
    ] = Field(default_factory=dict)
    records: Annotated[
        JmesPath, Field(title="Records", description="Where the list is in the answer.", examples=["data", "items[]"])
    ] = "@"
    columns: Annotated[
        dict[str, JmesPath],
        Field(
            title="Columns",
            description="Column -> where it is in a record; empty: every field, nested ones with dots.",
            examples=[{"name": "profile.full_name", "first_tag": "tags[0]"}],
        ),
    ] = Field(default_factory=dict)
    total: Annotated[JmesPath | None, Field(title="Number of records in the answer", examples=["meta.total"])] = None
    paging: Annotated[Paging, Field(title="How the list goes on")] = OnePage()


class HttpConfig(ConnectorConfig):
    """An HTTP API whose lists are read with GET. Private addresses only where the operator allows them."""

    base_url: Annotated[Url, Field(title="Address", examples=["https://api.example.com"])]
    auth: Annotated[Auth, Field(title="Authentication")] = NoAuth()
    headers: Annotated[
        dict[str, Secret], Field(title="Further headers", description="Kept sealed, because they often hold keys.")
    ] = Field(default_factory=dict)
    resources: Annotated[tuple[HttpResource, ...], Field(title="Lists", max_length=200)] = ()
    openapi: Annotated[
        str,
        Field(
            title="OpenAPI description",
            description="Its JSON text: every GET that needs no argument and answers with a list becomes a table. "
            "Lists given above win.",
            max_length=20_000_000,
        ),
    ] = ""
    requests_per_second: Annotated[float, Field(title="Requests per second, at most", gt=0, le=1_000)] = 5
    timeout_s: Annotated[float, Field(title="Time for one answer, in seconds", gt=0, le=600)] = 30
    max_pages: Annotated[int, Field(title="Pages of one list, at most", ge=1, le=10_000_000)] = 100_000
