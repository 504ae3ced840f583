"""Which column plays which role: a proposal with confidence that a person can review, and the frames made from it.

A score is made of the column's name (words of the role, the best first), of its type, of its values (a sample) and of
the jar's classification; all roles of one kind of row must come from one table, so tables are weighed as a whole.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from connectors.jar_model import HoneyJar, JarColumn, JarTable
from reports.analytics.roles import HOURS, IN_MINUTES, TABLE_WORDS, TELLING
from reports.analytics.tidying import ENOUGH, Unread, as_kind, said, tidy
from reports.results import ColumnKind, ColumnRef, Inputs, RoleNeed

LOWEST = 0.35
"""Under this confidence no column is proposed."""
_OTHER = "other."
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


_NAME_PART = re.compile(r"[a-z]+|\d+|[^\W\d_a-z]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one role: the column (None: nothing fits), 0 to 1 how sure, why, and what else might fit."""

    role: str
    column: ColumnRef | None
    confidence: float
    reason: str
    others: tuple[ColumnRef, ...] = ()


_BIRTH = "DATE_OF_BIRTH"
_NAMES_PEOPLE = 0.6
"""How well a column of names does as an id, where one of numbers or addresses scores in full: people share names."""


def words_of(name: str) -> str:
    """A column's name as lower-case words: `KundenNr_Alt` is `kunden nr alt`. Letters of other scripts stay."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name)).lower().translate(_UMLAUTS)
    return " ".join(_NAME_PART.findall("".join(map(_plain, split))))


def _plain(sign: str) -> str:
    """A letter without its accents; one of another script as it is."""
    bare = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return bare or ("" if unicodedata.name(sign, "").startswith("LATIN") else sign)


def propose(jar: HoneyJar, samples: Mapping[str, pl.DataFrame], roles: Sequence[RoleNeed]) -> tuple[Proposal, ...]:
    """One proposal per role, in their order. `samples`: some rows per table; without, names decide."""
    proposals: dict[str, Proposal] = {}
    for kind in dict.fromkeys(need.name.split(".")[0] for need in roles):
        needs = [need for need in roles if need.name.startswith(f"{kind}.")]
        best = max(
            (_table(jar_table, samples.get(jar_table.name), kind, needs) for jar_table in jar.tables),
            key=lambda found: found[0],
            default=(0.0, {}),
        )
        for need in needs:
            nothing = Proposal(need.name, None, 0.0, "no column fits")
            proposals[need.name] = best[1].get(need.name, nothing) if best[0] > 0 else nothing
    return tuple(proposals[need.name] for need in roles)


def _table(
    table: JarTable, sample: pl.DataFrame | None, kind: str, needs: Sequence[RoleNeed]
) -> tuple[float, dict[str, Proposal]]:
    """How well this table fits a kind of row (0: a required role has no column) and the columns it would give."""
    found = _columns(table, sample, needs)
    if any(need.required and need.name not in found for need in needs) or not found:
        return 0.0, {}
    if not _tells(table, kind, found):
        return 0.0, {}
    fit = sum(found[need.name].confidence * (2 if need.required else 1) for need in needs if need.name in found)
    possible = sum(2 if need.required else 1 for need in needs)
    return fit / possible + named(words_of(table.name), TABLE_WORDS.get(kind, ())), found


def nearest(jar: HoneyJar, samples: Mapping[str, pl.DataFrame], roles: Sequence[RoleNeed]) -> dict[str, ColumnRef]:
    """The required roles of the kind of row that a jar comes nearest to, with their columns; no kind may be whole."""
    best: dict[str, ColumnRef] = {}
    for kind in dict.fromkeys(need.name.partition(".")[0] for need in roles):
        needs = [need for need in roles if need.required and need.name.startswith(f"{kind}.")]
        for table in jar.tables:
            found = _columns(table, samples.get(table.name), needs)
            here = {name: one.column for name, one in found.items() if one.column is not None}
            best = here if len(here) > len(best) else best
    return best


def _columns(table: JarTable, sample: pl.DataFrame | None, needs: Sequence[RoleNeed]) -> dict[str, Proposal]:
    """The columns of a table that fit some roles best, each column once."""
    scored = sorted(
        (
            (*_score(need, column, None if sample is None else sample.get_column(column.name)), need, column)
            for need in needs
            for column in table.columns
            if sample is None or column.name in sample.columns
        ),
        key=lambda entry: (-entry[0], needs.index(entry[2])),
    )
    found: dict[str, Proposal] = {}
    taken: set[str] = set()
    for score, reason, need, column in scored:
        if score < LOWEST or need.name in found or column.name in taken:
            continue
        others = tuple(
            ColumnRef(table=table.name, column=other.name)
            for value, _why, wanted, other in scored
            if wanted.name == need.name and other.name != column.name and value >= LOWEST
        )
        ref = ColumnRef(table=table.name, column=column.name)
        found[need.name] = Proposal(need.name, ref, round(score, 2), reason, others[:3])
        taken.add(column.name)
    return found


def _tells(table: JarTable, kind: str, found: Mapping[str, Proposal]) -> bool:
    """Whether anything says that rows are of this kind: a date alone makes no ticket, and an amount with it no cost."""
    telling = TELLING.get(kind, ())
    names = (words_of(proposal.column.column) for proposal in found.values() if proposal.column is not None)
    return (
        not telling
        or named(words_of(table.name), TABLE_WORDS.get(kind, ())) > 0
        or any(word in name for name in names for word in telling)
    )


def named(name: str, words: Sequence[str]) -> float:
    """0 to 1: how well a name fits words of which the first are the best."""
    best = 0.0
    for rank, word in enumerate(words):
        worth = 1.0 - 0.04 * min(rank, 8)
        if name == word or name.replace(" ", "") == word.replace(" ", ""):
            return max(best, worth)
        if f" {word} " in f" {name} ":
            best = max(best, worth * 0.85)
        elif (len(word) > 4 or not word.isascii()) and (word.replace(" ", "") in name.replace(" ", "")):
            best = max(best, worth * 0.75)  # Japanese and Chinese put no blanks between words
        elif difflib.SequenceMatcher(None, name, word).ratio() > 0.84:
            best = max(best, worth * 0.65)
    return best


def _score(need: RoleNeed, column: JarColumn, sample: pl.Series | None) -> tuple[float, str]:
    fit_of_name = named(words_of(column.name), need.words)
    if not fit_of_name or (column.entity_type == _BIRTH and not need.name.endswith(".birth_date")):
        return 0.0, ""  # a birth date is nobody's time of an event
    fit, values = _values(need.kind, column, sample)
    if need.kind == "id" and column.entity_type == "PERSON":
        fit, values = fit * _NAMES_PEOPLE, "but people share names"
    return fit_of_name * fit, f"the name {column.name!r} fits, {values}"


def _values(kind: ColumnKind, column: JarColumn, sample: pl.Series | None) -> tuple[float, str]:
    """0 to 1: how well the values fit a kind, and in words why."""
    if kind == "text":
        return (1.0, "it holds free text") if column.role == "text" or _long(sample) else (0.4, "its texts are short")
    cells = None if sample is None else said(sample)  # `n/a` is a missing value, not a text among numbers
    if cells is None:
        return 0.7, "its values are not known"
    if cells.is_empty():
        return 0.1, "but it is empty"
    return _fitting(kind, column, cells)


def _fitting(kind: ColumnKind, column: JarColumn, cells: pl.Series) -> tuple[float, str]:
    read = 1.0 - as_kind(cells, kind).null_count() / len(cells)
    if read < ENOUGH:
        return 0.2 * read, f"but its values are no {kind}"
    if kind == "category":
        if column.role in {"identifier", "text"} or (len(cells) > 50 and cells.n_unique() > len(cells) * 0.5):
            return 0.3, "but it has too many different values"
        return 1.0, "and its values are few and repeat"
    if kind == "number" and column.role == "identifier":
        return 0.2, "but it is an identifier"
    return 1.0, f"and its values can be read as {kind}"


def _long(sample: pl.Series | None) -> bool:
    if sample is None or sample.dtype != pl.String:
        return False
    length = sample.str.len_chars().mean()
    return isinstance(length, float) and length > 40


def columns_to_read(jar: HoneyJar, mapping: Mapping[str, ColumnRef]) -> dict[str, tuple[str, ...]]:
    """Per table the columns that the analyses need: those with a role, and the other plain values of these tables."""
    wanted: dict[str, tuple[str, ...]] = {}
    for table in jar.tables:
        used = {ref.column for ref in mapping.values() if ref.table == table.name}
        if used:
            kept = [c.name for c in table.columns if c.name in used or c.role not in {"identifier", "text"}]
            wanted[table.name] = tuple(kept)
    return wanted


def other_tables(
    jar: HoneyJar, mapping: Mapping[str, ColumnRef], roles: Sequence[RoleNeed]
) -> dict[str, tuple[str, ...]]:
    """Tables that are no kind of row of a template, with their plain columns: neither names, keys nor free texts."""
    kinds = dict.fromkeys(need.name.partition(".")[0] for need in roles)
    whole = {
        kind
        for kind in kinds
        if all(need.name in mapping for need in roles if need.required and need.name.startswith(f"{kind}."))
    }
    claimed = {ref.table for name, ref in mapping.items() if name.partition(".")[0] in whole}
    plain = {
        table.name: tuple(column.name for column in table.columns if column.role not in {"identifier", "text"})
        for table in jar.tables
        if table.name not in claimed
    }
    return {name: columns for name, columns in plain.items() if columns}


def other_inputs(
    frames: Mapping[str, pl.DataFrame], names: Collection[str]
) -> tuple[Inputs, dict[str, str], tuple[tuple[str, Unread], ...]]:
    """Tables as kinds of rows of their own, all columns as `other.<column>`; their columns; what was not readable."""
    made: dict[str, pl.DataFrame] = {}
    found: dict[str, str] = {}
    lost: list[tuple[str, Unread]] = []
    for name in names:
        frame, unread = tidy(frames[name])
        # a column of nothing says nothing
        filled = [column for column in frame.columns if frame[column].null_count() < len(frame)]
        made[name] = frame.select(pl.col(column).alias(f"{_OTHER}{column}") for column in filled)
        found |= {f"{name}.{_OTHER}{column}": f"{name}.{column}" for column in filled}
        lost += [(name, one) for one in unread]
    return made, found, tuple(lost)


def inputs(frames: Mapping[str, pl.DataFrame], mapping: Mapping[str, ColumnRef], roles: Sequence[RoleNeed]) -> Inputs:
    """The frames of the analyses, see `read_inputs`."""
    return read_inputs(frames, mapping, roles)[0]


def read_inputs(
    frames: Mapping[str, pl.DataFrame], mapping: Mapping[str, ColumnRef], roles: Sequence[RoleNeed]
) -> tuple[Inputs, tuple[tuple[str, Unread], ...]]:
    """One frame per kind of row, columns named and typed by role, the rest as `other.<column>`; what was not readable.

    A kind of row without all of its required roles is left out. Unread cells come with the name of their table, each
    column once.
    """
    made: dict[str, pl.DataFrame] = {}
    lost: dict[tuple[str, str], tuple[str, Unread]] = {}
    for kind in dict.fromkeys(need.name.split(".")[0] for need in roles):
        needs = [need for need in roles if need.name.startswith(f"{kind}.")]
        mapped = {need.name: mapping[need.name] for need in needs if need.name in mapping}
        if not mapped or any(need.required and need.name not in mapped for need in needs):
            continue
        table = next(iter(mapped.values())).table
        if table not in frames:
            continue
        frame, unread = tidy(frames[table], {mapped[n.name].column: n.kind for n in needs if n.name in mapped})
        lost |= {(table, one.column): (table, one) for one in unread}
        series = [
            _in_minutes(need, as_kind(frame[mapped[need.name].column], need.kind)).alias(need.name.split(".")[1])
            for need in needs
            if need.name in mapped and mapped[need.name].column in frame.columns
        ]
        used = {ref.column for ref in mapped.values()}
        rest = [frame[name].alias(f"{_OTHER}{name}") for name in frame.columns if name not in used]
        made[kind] = pl.DataFrame([*series, *rest])
    return made, tuple(lost.values())


def _in_minutes(need: RoleNeed, series: pl.Series) -> pl.Series:
    """What a role wants in minutes, of a column whose name says hours: `Ist-Stunden`."""
    hours = need.name in IN_MINUTES and any(word in words_of(series.name).split() for word in HOURS)
    return series * 60 if hours else series


def role_columns(
    frames: Mapping[str, pl.DataFrame], mapping: Mapping[str, ColumnRef], roles: Sequence[RoleNeed]
) -> dict[str, str]:
    """Role to `table.column`, for `AnalysisContext.columns`; other columns are `<kind>.other.<column>`."""
    found = {name: f"{ref.table}.{ref.column}" for name, ref in mapping.items()}
    for kind, frame in inputs({name: frame.head(0) for name, frame in frames.items()}, mapping, roles).items():
        table = next(ref.table for name, ref in mapping.items() if name.startswith(f"{kind}."))
        for name in frame.columns:
            if name.startswith(_OTHER):
                found[f"{kind}.{name}"] = f"{table}.{name.removeprefix(_OTHER)}"
    return found
