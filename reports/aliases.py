"""Names out of the data in facts, tables and charts: replaced before a model, or a reader without the right, sees them.

A group of a personal column (`agent`) is a name. The gateway gives it a token; what it does not recognise gets an alias
of ours (`Person 3`). The report keeps tokens and aliases; both are turned back for readers who may see originals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from reports.document import Callout, Cell, Chart, DataTable
from reports.facts import Fact
from reports.numbers import TOKEN
from reports.results import AnalysisResult

ALIAS: Final = re.compile(r"\bPerson \d+\b")
_STANDS: Final = re.compile(f"{ALIAS.pattern}|{TOKEN.pattern}")


def personal_strings(results: Sequence[AnalysisResult]) -> list[str]:
    """All values of personal columns that stand in results, each once, in order."""
    found: dict[str, None] = {}
    for result in results:
        for fact in result.facts:
            if fact.personal:
                found |= dict.fromkeys(text for text in (fact.group, fact.value) if isinstance(text, str) and text)
        for table in (*result.tables, *(chart.data for chart in result.charts)):
            found |= dict.fromkeys(cell for _, cell in _personal_cells(table) if isinstance(cell, str) and cell)
    return list(found)


def names_for(strings: Sequence[str], scrambled: Sequence[str]) -> dict[str, str]:
    """What stands for each string: its token when the gateway replaced all of it, else an alias."""
    names: dict[str, str] = {}
    for text, token in zip(strings, scrambled, strict=True):
        whole = TOKEN.fullmatch(token.strip())
        names[text] = token.strip() if whole else f"Person {len(names) + 1}"
    return names


def renamed(result: AnalysisResult, names: Mapping[str, str]) -> AnalysisResult:
    """The result with every personal string replaced, also where it stands inside of labels, titles and sentences."""
    if not names:
        return result
    # a boundary on both sides: a name that is part of a longer word is another word
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in sorted(names, key=len, reverse=True)))

    def change(text: str) -> str:
        return pattern.sub(lambda match: names[match[0]], text)

    result = _with_new_ids(result, _neutral_ids(result.facts))
    return result.model_copy(
        update={
            "facts": tuple(_fact(fact, change) for fact in result.facts),
            "tables": tuple(_table(table, names, change) for table in result.tables),
            "charts": tuple(_chart(chart, names, change) for chart in result.charts),
            "callouts": tuple(_callout(callout, change) for callout in result.callouts),
        }
    )


def without_marked(result: AnalysisResult, marked: Iterable[str]) -> AnalysisResult:
    """The result with new ids for facts whose ids spell what a reviewer has marked: they stand in the JSON form."""
    spelled = [plain for text in marked if (plain := _plain(text))]
    found = [fact.id for fact in result.facts if any(plain in _plain(fact.id) for plain in spelled)]
    ids = {name: f"{name.partition('.')[0]}.marked-{place}" for place, name in enumerate(found, start=1)}
    return _with_new_ids(result, ids) if ids else result


def with_originals(text: str, originals: Mapping[str, str]) -> str:
    """`text` with aliases turned back; `originals` maps alias to original (in a ready-made report tokens too)."""
    return _STANDS.sub(lambda match: originals.get(match[0], match[0]), text) if originals else text


Change = Callable[[str], str]


def _neutral_ids(facts: Sequence[Fact]) -> dict[str, str]:
    """New ids for facts whose ids spell a name: ids leave too."""
    ids: dict[str, str] = {}
    for fact in facts:
        for name in (fact.group, fact.value) if fact.personal else ():
            spelled = _plain(name) if isinstance(name, str) else ""
            if spelled and spelled in _plain(fact.id):
                ids[fact.id] = f"{fact.id.partition('.')[0]}.person-{len(ids) + 1}"
    return ids


def _plain(text: str) -> str:
    """Letters and digits of a text, as ids spell them."""
    return re.sub(r"[^a-z0-9]+", "", unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower())


def _with_new_ids(result: AnalysisResult, ids: Mapping[str, str]) -> AnalysisResult:
    return result.model_copy(
        update={
            "facts": tuple(fact.model_copy(update={"id": ids.get(fact.id, fact.id)}) for fact in result.facts),
            "callouts": tuple(_with_ids(callout, ids) for callout in result.callouts),
        }
    )


def _with_ids(callout: Callout, ids: Mapping[str, str]) -> Callout:
    if not ids:
        return callout
    text, title = callout.text, callout.title
    for old, new in ids.items():
        text, title = text.replace(f"{{{old}}}", f"{{{new}}}"), title.replace(f"{{{old}}}", f"{{{new}}}")
    facts = tuple(ids.get(name, name) for name in callout.facts)
    return callout.model_copy(update={"text": text, "title": title, "facts": facts})


def _fact(fact: Fact, change: Change) -> Fact:
    if not fact.personal:
        return fact
    sentence = fact.sentence
    if sentence is not None:
        sentence = sentence.model_copy(
            update={"subject": change(sentence.subject), "rest": change(sentence.rest), "verb": change(sentence.verb)}
        )
    return fact.model_copy(
        update={
            "label": change(fact.label),
            "group": change(fact.group) if fact.group else fact.group,
            "value": change(fact.value) if isinstance(fact.value, str) else fact.value,
            "sentence": sentence,
        }
    )


def _personal_cells(table: DataTable) -> list[tuple[int, Cell]]:
    positions = [number for number, column in enumerate(table.columns) if column.name in table.personal]
    return [(position, row[position]) for row in table.rows for position in positions]


def _table(table: DataTable, names: Mapping[str, str], change: Change) -> DataTable:
    if not table.personal:
        return table
    positions = {number for number, column in enumerate(table.columns) if column.name in table.personal}
    rows = tuple(
        tuple(
            names.get(cell, change(cell)) if position in positions and isinstance(cell, str) else cell
            for position, cell in enumerate(row)
        )
        for row in table.rows
    )
    return table.model_copy(update={"rows": rows, "title": change(table.title)})


def _chart(chart: Chart, names: Mapping[str, str], change: Change) -> Chart:
    data = _table(chart.data, names, change)
    if data is chart.data:
        return chart
    return chart.model_copy(update={"data": data, "alt": change(chart.alt), "title": change(chart.title)})


def _callout(callout: Callout, change: Change) -> Callout:
    return callout.model_copy(update={"title": change(callout.title), "text": change(callout.text)})
