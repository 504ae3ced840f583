"""An analysis result in the making: ids, small groups and citations are seen to here, once for all analyses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from reports.analytics.small_groups import make_up_a_whole, too_small
from reports.document import Callout, Cell, Chart, DataTable, MissingData, TableColumn
from reports.facts import Fact, Rank, Sentence, Value
from reports.results import AnalysisContext, AnalysisResult, Sample

CITED = re.compile(r"\{([a-z0-9][a-z0-9._-]*)\}")
Tone = Literal["info", "good", "warning", "critical", "recommendation"]
_ID_LENGTH = 120


def slug(text: object) -> str:
    """`text` as part of an id: lower case letters, digits and `_`; `x` when nothing is left."""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "x"


def begun(text: str) -> str:
    """A name out of the data at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def columns(*parts: str | tuple[str, str] | tuple[str, str, int]) -> tuple[TableColumn, ...]:
    """Columns of a table: a name, or (name, unit), or (name, unit, digits)."""
    made = []
    for part in parts:
        whole = (part,) if isinstance(part, str) else part
        unit = whole[1] if len(whole) > 1 else ""
        made.append(TableColumn(name=whole[0], unit=unit, digits=whole[2] if len(whole) > 2 else 0))
    return tuple(made)


class Draft:
    """Collects what one analysis finds. Facts get the id `<prefix>.<key>`; small groups are left out and counted."""

    def __init__(self, context: AnalysisContext, prefix: str) -> None:
        self.context = context
        self.prefix = prefix
        self.suppressed = 0
        self._facts: dict[str, Fact] = {}
        self._charts: list[Chart] = []
        self._tables: list[DataTable] = []
        self._callouts: list[Callout] = []
        self._missing: list[MissingData] = []
        self._samples: list[Sample] = []
        self._notes: list[str] = []
        self._families: dict[tuple[str, str, tuple[str, ...]], list[_Told]] = {}
        self._withheld: set[str] = set()

    def fact(
        self,
        key: str,
        label: str,
        value: Value,
        unit: str = "",
        *,
        digits: int = 0,
        group: str | None = None,
        n: int | None = None,
        roles: Sequence[str] = (),
        rank: Rank = "main",
        sentence: tuple[str, str, str] | None = None,
        personal: bool = False,
    ) -> str:
        """Tell a fact; returns its id, or an empty text when fewer than k stand behind it.

        `sentence` is subject, verb and rest. A second fact of the same key gets a number behind its key.
        """
        if group is not None and n is not None and roles:
            self._families.setdefault((label, unit, tuple(roles)), []).append(_Told(group, n, value))
        if n is not None and n < self.context.k:
            self.suppressed += 1
            return ""
        name = f"{self.prefix}.{key}"[: _ID_LENGTH - 4].rstrip(".")
        again = 2
        while name in self._facts:
            name, again = f"{name.removesuffix(f'-{again - 1}')}-{again}", again + 1
        origin = tuple(dict.fromkeys(self.context.columns[role] for role in roles if role in self.context.columns))
        told = Sentence(subject=sentence[0], verb=sentence[1], rest=sentence[2]) if sentence else None
        self._facts[name] = Fact(
            id=name, label=label, value=value, unit=unit, digits=digits, group=group, n=n, columns=origin,
            sentence=told, rank=rank, personal=personal,
        )  # fmt: skip
        return name

    def table(
        self,
        key: str,
        title: str,
        heads: tuple[TableColumn, ...],
        rows: Sequence[Sequence[Cell]],
        *,
        counts: Sequence[int] | None = None,
        personal: Sequence[str] = (),
        parts: bool = True,
    ) -> DataTable:
        """Make a table without the rows behind which fewer than k stand. It is shown only when given to `show`.

        `parts`: the rows may be parts of a whole that is told elsewhere; see `small_groups`.
        """
        kept = list(range(len(rows)))
        if counts is not None:
            small = {index for index in kept if counts[index] < self.context.k}
            if parts and any(
                make_up_a_whole([row[place] for row in rows], head.unit) for place, head in enumerate(heads)
            ):
                more = set(too_small(counts, self.context.k))
                self._withhold(rows, more - small)
                small |= more
            kept = [index for index in kept if index not in small]
            self.suppressed += len(small)
        return DataTable(
            id=f"{self.prefix}.{key}", title=title, columns=heads, rows=tuple(tuple(rows[index]) for index in kept),
            counts=None if counts is None else tuple(counts[index] for index in kept), personal=tuple(personal),
        )  # fmt: skip

    def _withhold(self, rows: Sequence[Sequence[Cell]], places: set[int]) -> None:
        """Let no fact speak of the groups in these rows, where the first column names each group once."""
        if len({row[0] for row in rows}) == len(rows):
            self._withheld |= {str(rows[place][0]) for place in places}

    def show(self, table: DataTable) -> None:
        """Put a table into the result."""
        if table.rows:
            self._tables.append(table)

    def chart(
        self,
        form: str,
        title: str,
        alt: str,
        data: DataTable,
        *,
        x: str,
        y: str | Sequence[str],
        series: str | None = None,
        **options: str,
    ) -> None:
        """Put a chart of `data` into the result; nothing when the table is empty."""
        if data.rows:
            wanted = (y,) if isinstance(y, str) else tuple(y)
            self._charts.append(
                Chart(
                    id=f"{data.id}-chart",
                    spec=form,
                    title=title,
                    alt=alt,
                    data=data,
                    x=x,
                    y=wanted,
                    series=series,
                    options=options,
                )
            )

    def callout(self, tone: Tone, title: str, text: str, *, minor: bool = False) -> None:
        """A finding. It is left out when it cites a fact that was not told (a small group).

        `minor`: the summary tells it only where nothing weightier is found.
        """
        cited = tuple(dict.fromkeys(CITED.findall(title + text)))
        if all(name in self._facts for name in cited):
            self._callouts.append(
                Callout(tone=tone, rank="detail" if minor else "main", title=title, text=text, facts=cited)
            )

    def missing(self, what: str, why: str, *needed: str) -> None:
        """Say what could not be computed."""
        self._missing.append(MissingData(what=what, why=why, needed=needed))

    def sample(self, key: str, text: str, source: str, about: str = "") -> None:
        """A text out of the data, for the level `scrambled`."""
        self._samples.append(Sample(id=f"{self.prefix}.{key}", text=text, source=source, about=about))

    def note(self, text: str) -> None:
        """How something was computed, or where its limits are. Notes cite numbers as `{fact.id}`."""
        self._notes.append(text)

    def personal(self, role: str) -> bool:
        """Whether values of this role are personal."""
        return role in self.context.personal

    def result(self) -> AnalysisResult:
        """What was collected."""
        self._leave_out_withheld()
        return AnalysisResult(
            facts=tuple(self._facts.values()), charts=tuple(self._charts), tables=tuple(self._tables),
            callouts=tuple(note for note in self._callouts if set(note.facts) <= self._facts.keys()),
            missing=tuple(self._missing), samples=tuple(self._samples), notes=tuple(self._notes),
            suppressed=self.suppressed,
        )  # fmt: skip

    def _leave_out_withheld(self) -> None:
        """Take out the facts about groups by which a smaller one could be told."""
        for (_, unit, _), told in self._families.items():
            if make_up_a_whole([one.value for one in told], unit):
                small = too_small([one.n for one in told], self.context.k)
                self._withheld |= {told[place].group for place in small if told[place].n >= self.context.k}
        gone = [name for name, fact in self._facts.items() if fact.group in self._withheld and fact.n is not None]
        for name in gone:
            del self._facts[name]
        self.suppressed += len(gone)


class _Told(NamedTuple):
    """A figure of one group, told or not."""

    group: str
    n: int
    value: Value
