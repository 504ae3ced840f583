"""Reports that a demo shows at once: made beforehand of the demo sets by `scripts/demo_reports.py --ready`.

A file holds a document with its tokens and what these stand for: invented people of the demo data. They are put into
the database sealed, like any report. What the model saw stands in them as it left then; the exchanges lie in the audit
of the installation that made them, so their ids are left out.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import Field

from reports.document import ReportDocument
from reports.facts import Plain
from reports.order import Order
from reports.steps import Protected
from reports.store import Person, RunStore

FOLDER: Final = Path(__file__).parent / "ready_made"
READY: Final = (
    ("customer-insights", "techcorp"),
    ("operational-efficiency", "techcorp"),
    ("compliance-audit", "financial"),
    ("healthcare-operations", "healthcare"),
    ("financial-risk", "financial"),
)
"""Template and jar of each."""
PICTURED: Final = (*READY, ("healthcare-audit", "healthcare"), ("financial-audit", "financial"), ("blank", "techcorp"))
"""Those of every template, for the pictures of the documentation."""
_OWNER: Final = Person("demo", "Demo")
_BEFOREHAND: Final = " This report was made beforehand; its exchanges are not in the audit of this installation."


class ReadyReport(Plain):
    """A document with tokens, and what the tokens and aliases in it stand for."""

    document: ReportDocument
    originals: dict[str, str] = Field(repr=False)


def packed(document: ReportDocument, originals: Mapping[str, str]) -> bytes:
    """A file: the same bytes for the same report."""
    content = {"document": document.model_dump(mode="json"), "originals": dict(sorted(originals.items()))}
    return gzip.compress(json.dumps(content, ensure_ascii=False).encode(), mtime=0)


def ready_reports(wanted: Sequence[tuple[str, str]] = READY) -> list[ReadyReport]:
    """Those that were made beforehand, in the order that is wanted."""
    paths = [FOLDER / f"{template}.{jar}.json.gz" for template, jar in wanted]
    return [unpacked(path.read_bytes()) for path in paths if path.exists()]


def unpacked(content: bytes) -> ReadyReport:
    """The report in a file, with the note that it was made beforehand and without ids that lead nowhere."""
    found = ReadyReport.model_validate_json(gzip.decompress(content))
    seen = found.document.seen
    told = seen.model_copy(
        update={
            "explanation": seen.explanation + _BEFOREHAND,
            "exchanges": (),
            "checkpoint": None,
            "prompts": tuple(prompt.model_copy(update={"exchange": ""}) for prompt in seen.prompts),
        }
    )
    return found.model_copy(update={"document": found.document.model_copy(update={"seen": told})})


async def put_ready_reports(store: RunStore, *, tenant: str, now: int) -> list[str]:
    """Put them into the database as finished reports; returns the ids of those that were not there yet."""
    put = []
    for number, one in enumerate(ready_reports()):
        document = one.document
        jar = document.jars[0]
        identity = f"rpt_{hashlib.sha256(f'{tenant}/{document.template}/{jar}'.encode()).hexdigest()[:20]}"
        if await store.run(identity) is not None:
            continue
        order = Order(template=document.template, jar=jar, level=document.level)
        prompts = document.seen.prompts
        row = store.new_run(order, tenant, _OWNER, now=now - number)
        row.id, row.sealed_request = identity, store.seal_order(order, identity)
        row.state, row.progress, row.finished_at, row.started_at = "done", 100, now, now
        row.tokens_in = sum(prompt.input_tokens for prompt in prompts)
        row.tokens_out = sum(prompt.output_tokens for prompt in prompts)
        row.cost = document.seen.cost
        row.degraded = any(section.degraded for section in document.sections)
        seen = document.seen.model_copy(update={"session": f"report-{identity}"})
        document = document.model_copy(update={"id": identity, "seen": seen})
        stands = Protected(results={}, aliases=one.originals)
        await store.put(row, document.model_dump_json().encode(), stands.model_dump_json().encode(), now=now)
        put.append(identity)
    return put
