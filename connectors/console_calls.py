"""What all console routes of jars and connectors share: whose jars, which rights, failures as problems."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from connectors.base import ConnectorProblem
from connectors.boundaries import Boundaries
from connectors.gateway_client import GatewayClient, GatewayFailed, gateway_client
from connectors.jar_access import Access, Grant, JarKind, Person, access_of
from connectors.jar_imports import TakenOver
from connectors.jar_tables import GrantRow, JarRow
from connectors.jars import JarProblem, Jars
from connectors.objects import ObjectStore, StorageFailed
from policies.console_routes import ConsoleCall, ConsoleContext, Problem
from policies.quotas import quota_of
from policies.sealing import SealBroken
from policies.service_keys import gateway_access

_RIGHTS: dict[Access, str] = {
    "metadata": "see",
    "preview": "preview",
    "original": "see originals of",
    "use": "use",
    "manage": "change",
}


@dataclass(slots=True)
class Desk:
    """What the routes work with. `running`: imports that go on after their request was answered."""

    context: ConsoleContext
    store: ObjectStore
    boundaries: Boundaries
    running: set[asyncio.Task[Any]] = field(default_factory=set)

    def jars(self, call: ConsoleCall) -> Jars:
        """The jars of the caller's tenant."""
        return self.jars_of(call.caller.tenant)

    def jars_of(self, tenant: str) -> Jars:
        """The jars of a tenant."""
        context = self.context
        return Jars(
            context.database,
            context.sealer,
            self.store,
            tenant,
            most_rows=quota_of(context.settings.quotas).rows,
        )

    def gateway(self, call: ConsoleCall) -> AbstractAsyncContextManager[GatewayClient]:
        """The gateway with the service key of the caller's tenant."""
        return self.gateway_of(self.jars(call))

    @asynccontextmanager
    async def gateway_of(self, jars: Jars) -> AsyncIterator[GatewayClient]:
        """The gateway with the service key of a tenant."""
        context = self.context
        access = await gateway_access(context.settings, context.database, context.sealer, jars.tenant)
        async with gateway_client(access) as client:
            yield client

    async def close(self) -> None:
        """End what still runs; an import goes on when it is started again."""
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


def person_of(call: ConsoleCall) -> Person:
    """The caller as jars know people."""
    return Person(call.caller.user, frozenset(call.caller.roles))


async def access(jars: Jars, row: JarRow, call: ConsoleCall) -> frozenset[Access]:
    """All that the caller may do with the jar."""
    kind: JarKind = "team" if row.kind == "team" else "public" if row.kind == "public" else "private"
    return access_of(person_of(call), row.owner, kind, await grants(jars, row))


async def grants(jars: Jars, row: JarRow) -> list[Grant]:
    """The rights that were given on a jar."""
    async with jars.database.session() as session:
        rows = (await session.scalars(select(GrantRow).where(GrantRow.jar == row.id))).all()
    return [Grant(one.grantee, right) for one in rows for right in _RIGHTS if right == one.access]


async def allowed(jars: Jars, call: ConsoleCall, needed: Access) -> JarRow:
    """The jar that the path names. Raises Problem: 404 also for a jar that the caller may not know of."""
    name = call.path["name"]
    try:
        row = await jars.row(name)
    except LookupError:
        raise _no_jar() from None
    rights = await access(jars, row, call)
    if not rights:
        raise _no_jar()
    if needed not in rights:
        raise Problem(
            403, "jar_forbidden", f"You may not {_RIGHTS[needed]} this jar: its owner can give you the right."
        )
    return row


def _no_jar() -> Problem:
    return Problem(404, "no_jar", "There is no such jar, or you may not see it.")


Work = Callable[[Desk, ConsoleCall], Awaitable[Any]]


def handled(desk: Desk, work: Work) -> Callable[[ConsoleCall], Awaitable[Any]]:
    """A handler for the console; what can go wrong with jars becomes a problem that says what to do."""

    @functools.wraps(work)
    async def handler(call: ConsoleCall) -> Any:  # noqa: ANN401 - the console's own signature
        try:
            return await work(desk, call)
        except TakenOver:
            raise Problem(409, "import_taken_over", "The same table is imported by another request.") from None
        except JarProblem as error:
            raise Problem(error.status, error.code, str(error)) from None
        except ConnectorProblem as error:
            raise Problem(422, f"connector_{error.code}", str(error)) from None
        except GatewayFailed as error:
            raise Problem(502, "gateway_failed", f"The gateway did not answer as needed: {error}") from None
        except StorageFailed as error:
            raise Problem(503, "storage_failed", str(error)) from None
        except SealBroken:
            raise Problem(500, "seal_broken", "What is stored was sealed under another master key.") from None
        except LookupError as error:
            raise Problem(404, "not_found", str(error.args[0]) if error.args else "not found") from None

    return handler
