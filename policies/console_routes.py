"""How a package offers routes to the console: plain descriptions that the console mounts, guards and documents.

An entry point of the group `sting.console_routes` names an async context manager function that takes a
ConsoleContext and yields ConsoleRoutes; what it opened is closed when the console stops. Pure: no HTTP server here,
so handlers get their web request as an opaque object.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from policies.db import Database
from policies.sealing import Sealer
from policies.settings import Settings

GROUP = "sting.console_routes"
UserRole = Literal["viewer", "auditor", "editor", "admin"]
"""What a person may do: viewer looks, auditor also reads the audit, editor changes, admin does all."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The person, or the API key of a program, on whose behalf a console request runs.

    `user` is a stable id (`usr_...` or `key_...`), `name` what is shown of it.
    """

    user: str
    name: str
    tenant: str
    roles: frozenset[str]

    def has_role(self, role: UserRole) -> bool:
        """True when the role, or admin, was given."""
        return role in self.roles or "admin" in self.roles


@dataclass(frozen=True, slots=True)
class ConsoleCall:
    """One request as a handler gets it: who asks, the web framework's own request, the checked body and query.

    `path` holds the `{names}` of the route's path, `if_match` the version that the client wants to replace (the text
    inside the quotes of `If-Match`), None when it does not say.
    """

    caller: Caller
    request: Any
    body: Any = None
    query: Any = None
    path: Mapping[str, str] = field(default_factory=dict)
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class ConsoleAnswer:
    """What a handler returns when data alone does not say it: status, version (`ETag`), further headers.

    `subject` is the id or name of what was changed, for the audit; never a text of anybody's data. `originals`: the
    answer shows originals, and the look is recorded as an act before anything is sent.
    """

    data: Any = None
    status: int | None = None
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    originals: bool = False


@dataclass(frozen=True, slots=True)
class ConsoleContext:
    """What mounted routes may use; `policies.service_keys.gateway_access` tells them how to reach the gateway."""

    settings: Settings
    database: Database
    sealer: Sealer = field(repr=False)


Handler = Callable[[ConsoleCall], Awaitable[Any]]
"""Returns a pydantic model, a list of them, plain JSON data, None (204), a ConsoleAnswer around one of them, or a
response of the web framework."""


@dataclass(frozen=True, slots=True)
class ConsoleRoute:
    """One route of `/api/v1`. `path` may hold `{names}`; `roles`: any one of them (or admin) opens it.

    No roles at all: open to everybody, also without login. `body` and `query` are pydantic models that the console
    checks before the handler runs; with `answer` they make the OpenAPI description. `streams`: the handler reads the
    request's content or writes the response itself (uploads, server-sent events, downloads). `headers`: request
    headers that it needs, with what they hold. `act`: it changes something and is recorded in the audit, after it was
    done; None means every method but GET.

    Addresses stand in logs and histories: what somebody typed, or a name that comes from data, goes into the body or
    a header, never into `path` or `query`.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Handler
    summary: str
    tag: str
    roles: tuple[UserRole, ...] = ("viewer",)
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    streams: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    act: bool | None = None

    @property
    def recorded(self) -> bool:
        """Whether a call of it is an administrative act."""
        return self.method != "GET" if self.act is None else self.act


class Problem(Exception):
    """A request that cannot be done, told to the client as problem details (RFC 9457).

    `code` is a stable word for programs, the message tells a person what to do next. Never a value of anybody.
    `retry_after`: seconds after which it may be tried again.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        errors: Sequence[dict[str, str]] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = tuple(errors)
        self.retry_after = retry_after


Mounted = Callable[[ConsoleContext], AbstractAsyncContextManager[Sequence[ConsoleRoute]]]
"""The shape of what the entry point names."""


def version_of(content: object) -> str:
    """A version of what people edit and the database does not count: the same for the same content, JSON-ready."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def require_version(call: ConsoleCall, version: str) -> None:
    """Raise Problem when `If-Match` names another version than this: somebody else was faster."""
    if call.if_match not in (None, "*", version):
        raise Problem(412, "version_conflict", "Somebody else has changed this meanwhile. Load it again.")
