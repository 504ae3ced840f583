"""What a report lacks, in words that help: which columns were found, which are missing, and what they may be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from connectors.jar_model import HoneyJar
from reports.analytics.mapping import nearest
from reports.jars import DataMissing
from reports.language import spoken
from reports.results import AnalysisResult, ColumnRef, Inputs, RoleNeed

_NAMES_SHOWN = 4


def with_headings(result: AnalysisResult, made: Inputs, roles: Sequence[RoleNeed], language: str) -> AnalysisResult:
    """The result; what it needs is told with a title and headings that are understood, and only what is not there."""
    if not result.missing:
        return result
    known = {need.name: need for need in roles}
    there = spoken(language)
    titles = there.roles if there else {}

    def said(name: str) -> str:
        need = known.get(name)
        return name if need is None else f"{name} ({titles.get(need.title, need.title)}: {_headings(need)})"

    missing = tuple(
        one.model_copy(update={"needed": tuple(said(name) for name in one.needed if not _is_there(name, made))})
        for one in result.missing
    )
    return result.model_copy(update={"missing": missing})


def nothing(
    jar: HoneyJar,
    template: str,
    roles: Sequence[RoleNeed],
    mapped: Mapping[str, ColumnRef],
    samples: Mapping[str, pl.DataFrame],
    k: int,
) -> DataMissing:
    """Why nothing can be computed of a jar, and what to do."""
    if not any(table.rows for table in jar.tables):
        return DataMissing(
            f"The jar {jar.name!r} holds no rows: fill it (`sting jars add {jar.name} FILE`) and order again"
        )
    required: dict[str, set[str]] = {}
    for need in roles:
        if need.required:
            required.setdefault(need.name.partition(".")[0], set()).add(need.name)
    # a number of customers alone is in every list, and says nothing
    whole = {kind for kind, names in required.items() if names <= mapped.keys() and names != {"customer.id"}}
    near = nearest(jar, samples, [need for need in roles if need.name.partition(".")[0] not in whole])
    if whole and max(len(required[kind]) for kind in whole) >= len(near):
        found = _places({name: ref for name, ref in mapped.items() if name.partition(".")[0] in whole})
        return DataMissing(
            f"The columns of the jar {jar.name!r} are understood ({found}), but nothing can be told of it: figures "
            f"about fewer than {k} are left out (`--k` sets how many), and the analyses need more rows than there are"
        )
    found = f"Found: {_places(near)}. " if near else ""
    begun = {name.partition(".")[0] for name in near}  # what is nearly there is told of, not all that could be
    needed = "; ".join(
        f"{need.name} ({need.title.lower()}), called {_headings(need, ' or ')}"
        for need in roles
        if need.required and need.name not in near and (not begun or need.name.partition(".")[0] in begun)
    )
    return DataMissing(
        f"The jar {jar.name!r} holds nothing that the template {template!r} can use by itself. {found}Say "
        f"which columns play these roles (`--column ROLE=TABLE.COLUMN`, as many as you have; `sting jars show "
        f"{jar.name}` lists its columns): {needed}"
    )


def _places(roles: Mapping[str, ColumnRef]) -> str:
    return ", ".join(f"{name} in {ref.table}.{ref.column}" for name, ref in roles.items())


def _headings(need: RoleNeed, joint: str = ", ") -> str:
    plain = [word for word in need.words if word.isascii()]
    return joint.join((plain or list(need.words))[:_NAMES_SHOWN])


def _is_there(name: str, made: Inputs) -> bool:
    kind, _, column = name.partition(".")
    return kind in made and column in made[kind].columns
