"""How many rows a tenant's jars may hold, as `quotas.profile` says: asked while rows come in, and when they count."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.jar_imports import RUNNING
from connectors.jar_tables import ImportRow, JarRow, JarTableRow
from connectors.jars import JarProblem, Jars
from policies.quotas import QuotaExceeded, check_quota


async def check_rows(jars: Jars, row: JarRow, replaced: Collection[str], before: int, rows: int) -> None:
    """Raise OverQuota when these rows, in the place of the jar's `replaced` tables, are more than the tenant may have.

    `before`: rows that came with them already.
    """
    if jars.most_rows is None:
        return
    async with jars.database.session() as session:
        others = await _rows_besides(session, jars.tenant, row.id, replaced)
    _check(jars, others + before + rows)


async def check_rows_to_commit(session: AsyncSession, jars: Jars, row: JarRow, coming: Mapping[str, int]) -> None:
    """The same in the transaction in which the rows begin to count: of two imports the second one sees the first."""
    if jars.most_rows is None:
        return
    if jars.database.engine.dialect.name == "postgresql":
        await session.execute(select(JarRow.id).where(JarRow.tenant == jars.tenant).with_for_update())
    _check(jars, await _rows_besides(session, jars.tenant, row.id, coming.keys()) + sum(coming.values()))


async def drop_imports(jars: Jars, row: JarRow, member: str, tables: Collection[str]) -> None:
    """Forget imports that may not be finished; what they stored is swept away."""
    async with jars.database.session(write=True) as session:
        await session.execute(
            delete(ImportRow).where(
                ImportRow.jar == row.id,
                ImportRow.member == member,
                ImportRow.table_name.in_(tables),
                ImportRow.state == RUNNING,
            )
        )
    await jars.imports(row).sweep(jars.now())


def _check(jars: Jars, wanted: int) -> None:
    try:
        check_quota(jars.most_rows, wanted, "rows of all honey jars")
    except QuotaExceeded as error:
        raise OverQuota(f"Nothing was imported: {error}.") from None


class OverQuota(JarProblem):
    """The tenant's jars would hold more rows than its profile allows."""


async def _rows_besides(session: AsyncSession, tenant: str, jar: str, replaced: Collection[str]) -> int:
    """Rows of all the tenant's jars, but for the tables that are replaced."""
    query = (
        select(func.sum(JarTableRow.rows))
        .join(JarRow, JarRow.id == JarTableRow.jar)
        .where(JarRow.tenant == tenant, or_(JarTableRow.jar != jar, JarTableRow.name.not_in(replaced)))
    )
    return await session.scalar(query) or 0
