"""A report for one reader: tokens and aliases turned back for those who may see originals, kept for all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.aliases import ALIAS, with_originals
from reports.document import FactsTable, ReportDocument
from reports.document_texts import texts_of, with_texts
from reports.facts import Fact, Plain, number_format
from reports.gateway import ReportGateway
from reports.numbers import TOKEN


async def restored(
    document: ReportDocument, gateway: ReportGateway, aliases: Mapping[str, str] | None = None
) -> ReportDocument:
    """The document with originals, but its appendix: that shows what the model saw. Raises GatewayFailed."""
    known = dict(aliases or {})
    wanted = [
        text
        for text in dict.fromkeys(
            [
                document.title,
                *document.parameters.values(),
                *(text for section in document.sections for text in texts_of(section)),
            ]
        )
        if TOKEN.search(text) or ALIAS.search(text)
    ]
    if not wanted:
        return document
    originals = dict(zip(wanted, await gateway.restore(wanted), strict=True))

    def back(text: str) -> str:
        return with_originals(originals.get(text, text), known)

    return document.model_copy(
        update={
            "title": back(document.title),
            "parameters": {name: back(value) for name, value in document.parameters.items()},
            "sections": tuple(with_texts(section, back) for section in document.sections),
        }
    )


class FactChange(Plain):
    """A fact in two reports; None where it is not in one of them. `change` is the difference of two numbers."""

    id: str
    label: str
    group: str | None = None
    before: str | None = None
    after: str | None = None
    change: float | None = None


def differences(before: ReportDocument, after: ReportDocument) -> list[FactChange]:
    """The facts that two reports tell differently, in the order of the newer one."""
    old, new = _facts(before), _facts(after)
    was, now = number_format(before.language), number_format(after.language)
    found: list[FactChange] = []
    for name in dict.fromkeys([*new, *old]):
        first, second = old.get(name), new.get(name)
        # What is written the same is the same to a reader: the last bits of a computed number are not.
        if first is not None and second is not None and first.written(now) == second.written(now):
            continue
        shown = second or first
        if shown is None:
            continue
        number = None
        if first is not None and second is not None:
            pair = (first.value, second.value)
            if isinstance(pair[0], int | float) and isinstance(pair[1], int | float):
                number = round(float(pair[1]) - float(pair[0]), 6)
        found.append(
            FactChange(
                id=name,
                label=shown.label,
                group=shown.group,
                before=first.written(was) if first else None,
                after=second.written(now) if second else None,
                change=number,
            )
        )
    return found


def _facts(document: ReportDocument) -> dict[str, Fact]:
    blocks: Sequence[FactsTable] = [
        block for section in document.sections for block in section.blocks if isinstance(block, FactsTable)
    ]
    return {fact.id: fact for block in blocks for fact in block.facts}
