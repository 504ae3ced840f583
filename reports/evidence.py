"""Evidence for a section: texts of the jar that are nearest in meaning to what the section is about, scrambled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from connectors.embedders import embedder_for
from connectors.gateway_client import GatewayFailed as JarGatewayFailed
from connectors.gateway_client import gateway_client
from connectors.jars import JarProblem, Jars
from connectors.objects import open_store
from connectors.searching import search, session_of
from policies.service_keys import gateway_access

if TYPE_CHECKING:
    from policies.db import Database
    from policies.sealing import Sealer
    from policies.settings import Settings
    from reports.templates import TemplateSection

MOST: Final = 3
_LONGEST_QUESTION: Final = 400
Found = list[tuple[str, str]]
"""Texts, with originals, and the tables that they are from."""
EvidenceFor = Callable[[str, str, str], Awaitable[Found]]
"""(tenant, jar, question) to the texts that answer it. Raises NoEvidence."""


class NoEvidence(Exception):
    """The jar cannot be searched by meaning; the message says what is missing and what to do."""


def question_of(section: TemplateSection) -> str:
    """What a section looks for: its title and purpose, in the template's words."""
    return f"{section.title}. {' '.join(section.purpose.split())}"[:_LONGEST_QUESTION]


def evidence_in_jars(settings: Settings, database: Database, sealer: Sealer) -> EvidenceFor:
    """Search in the index of a jar (`sting jars search JAR --build`), by the configured embedder."""
    store = open_store(settings)

    async def find(tenant: str, jar: str, question: str) -> Found:
        jars = Jars(database, sealer, store, tenant)
        row = await jars.row(jar)
        async with gateway_client(await gateway_access(settings, database, sealer, tenant)) as client:
            try:
                embedder = embedder_for(client, settings.connectors.embedding_model, session_of(row), row.policy)
                hits = await search(jars, row, question, client, embedder, most=MOST)
            except JarProblem as error:
                raise NoEvidence(str(error)) from None
            except JarGatewayFailed as error:
                raise NoEvidence(f"the gateway made no vectors: {error}") from None
        found: Found = []
        for hit in hits:
            frame = await anext(jars.stored(row, hit.table, [hit.column], rows=1, skip=hit.row))
            found.append((str(frame.item(0, 0)), hit.table))
        return found

    return find
