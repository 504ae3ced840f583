"""What customers write: themes, mood, hurry and repeat contacts. It works from the texts alone."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import polars as pl

from reports.analytics.draft import Draft, columns, slug
from reports.analytics.figures import mean, percent
from reports.analytics.parameters import number
from reports.analytics.small_groups import people_behind
from reports.analytics.themes import Themes, themes
from reports.analytics.wording import sentiment, speaks_of_earlier, urgent
from reports.results import AnalysisContext, AnalysisResult, Inputs

_NEEDED = ("ticket.text",)
_BAD, _GOOD, _EXCERPT = -0.3, 0.3, 280


def ticket_voices(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Themes with mood and urgency each; needs `ticket.text`. The parameter `themes` (10) sets how many."""
    draft = Draft(context, "voices")
    tickets = inputs.get("ticket", pl.DataFrame())
    if "text" not in tickets.columns or tickets["text"].drop_nulls().is_empty():
        draft.missing("What customers write", "no column holds what customers wrote", *_NEEDED)
        return draft.result()
    tickets = tickets.drop_nulls("text")
    texts = tickets["text"].to_list()
    moods = pl.Series("mood", [sentiment(text) for text in texts])
    hurry = pl.Series("hurry", [urgent(text) for text in texts])
    _moods(draft, moods, hurry, len(texts))
    found = themes(texts, int(number(context, "themes", 10)), least=context.k, seed=context.seed)
    if not found.words:
        draft.missing("Themes", "the texts are too few or share too few words", *_NEEDED)
        return draft.result()
    marked = tickets.with_columns(moods, hurry, pl.Series("theme", found.theme), pl.Series("weight", found.weight))
    moods_of = _themes(draft, found, marked)
    if "topic" in tickets.columns:
        _topics(draft, marked)
    elif moods_of:
        _worst(draft, *max(moods_of, key=lambda one: one[0])[1:])
    draft.note(
        "Mood and urgency come from short word lists in English and German; they are right on the whole, not "
        "for every text."
    )
    return draft.result()


def _moods(draft: Draft, moods: pl.Series, hurry: pl.Series, n: int) -> None:
    bad, good = (moods < _BAD).sum(), (moods > _GOOD).sum()
    tell = partial(draft.fact, n=n, roles=_NEEDED)
    tell("texts", "Messages read", n, rank="headline", sentence=("", "", "messages were read"))
    tell("negative", "Messages with a negative mood", percent(int(bad), n), "%", digits=1, rank="headline",
         sentence=("", "", "of the messages have a negative mood"))  # fmt: skip
    tell("positive", "Messages with a positive mood", percent(int(good), n), "%", digits=1,
         sentence=("", "", "of the messages have a positive mood"))  # fmt: skip
    tell("urgent", "Messages that are urgent", percent(int(hurry.sum()), n), "%", digits=1, rank="headline",
         sentence=("", "", "of the messages are urgent"))  # fmt: skip


def _themes(draft: Draft, found: Themes, marked: pl.DataFrame) -> list[tuple[float, str, str]]:
    """Tell the themes. Returns the share in a bad mood, the name and the id of the figure of each that was told."""
    rows, counts, told = [], [], []
    for place, words in sorted(enumerate(found.words), key=lambda one: -(marked["theme"] == one[0]).sum()):
        group = marked.filter(pl.col("theme") == place)
        name = " / ".join(words[:3])
        negative = percent(int((group["mood"] < _BAD).sum()), len(group))
        urgency = percent(int(group["hurry"].sum()), len(group))
        share, key = percent(len(group), len(marked)), slug("_".join(words[:2]))
        people = people_behind(group)
        for end, label, value in (
            ("share", "Share of the messages", share),
            ("negative", "Share in a bad mood", negative),
            ("urgent", "Share of urgent messages", urgency),
        ):
            name_of = draft.fact(
                f"theme.{key}.{end}",
                label,
                value,
                "%",
                digits=1,
                group=name,
                n=people,
                roles=_NEEDED,
                rank="main" if end == "share" else "detail",
            )
            told += [(negative, name, name_of)] if name_of and end == "negative" else []
        rows.append((name, len(group), share, negative, urgency))
        counts.append(people)
        if people >= draft.context.k:
            best = group.sort("weight", descending=True).head(2)
            for number_, text in enumerate(best["text"], start=1):
                draft.sample(f"{key}.{number_}", excerpt(text), draft.context.columns.get("ticket.text", ""), name)
    _show_themes(draft, rows, counts)
    return told


def _show_themes(draft: Draft, rows: list[tuple[str, int, float, float, float]], counts: list[int]) -> None:
    order = sorted(range(len(rows)), key=lambda index: (-rows[index][1], rows[index][0]))
    table = draft.table(
        "themes", "Themes", columns("Theme", "Messages", ("Share", "%", 1), ("Negative", "%", 1), ("Urgent", "%", 1)),
        [rows[index] for index in order], counts=[counts[index] for index in order],
    )  # fmt: skip
    draft.show(table)
    if not table.rows:
        return
    draft.chart(
        "bars",
        "What customers write about",
        "Bars: share of the messages per theme; a theme is named by its weightiest words.",
        table,
        x="Theme",
        y="Share",
    )


def _topics(draft: Draft, marked: pl.DataFrame) -> None:
    """The desk's own topics, with mood."""
    groups = (
        marked.drop_nulls("topic")
        .group_by("topic")
        .agg(n=pl.len(), bad=(pl.col("mood") < _BAD).mean() * 100, hurry=pl.col("hurry").cast(pl.Float64).mean() * 100)
        .sort("n", "topic", descending=[True, False])
    )
    rows, counts = [], []
    for name, n, bad, hurry in groups.iter_rows():
        counts.append(people_behind(marked.filter(pl.col("topic") == name)))
        tell = partial(draft.fact, group=str(name), n=counts[-1], roles=("ticket.topic",))
        tell(f"topic.{slug(name)}.share", "Share of the tickets", percent(n, len(marked)), "%", digits=1)
        tell(f"topic.{slug(name)}.negative", "Share in a bad mood", bad, "%", digits=1, rank="detail")
        rows.append((str(name), n, percent(n, len(marked)), bad, hurry))
    heads = columns("Topic", "Tickets", ("Share", "%", 1), ("Negative", "%", 1), ("Urgent", "%", 1))
    table = draft.table("topics", "Topics of the desk", heads, rows, counts=counts)
    draft.show(table)
    if not table.rows:
        return
    worst = str(max(table.rows, key=lambda row: float(row[3] or 0))[0])
    alt = "Bars: share of the messages with a negative mood, per topic of the desk."
    draft.chart("bars", f"The mood is worst about {worst}", alt, table, x="Topic", y="Negative", highlight=worst)
    _worst(draft, worst, f"voices.topic.{slug(worst)}.negative")


def _worst(draft: Draft, name: str, fact: str) -> None:
    """What messages are in the worst mood about, by the id of the figure that says so."""
    draft.callout(
        "warning",
        f"The mood is worst about {name}",
        f"Messages about {name} are negative in {{{fact}}} of the cases, against {{voices.negative}} of all messages.",
    )


def excerpt(text: str, most: int = _EXCERPT) -> str:
    """The first sentences of a text, at most `most` characters, on one line."""
    flat = re.sub(r"\s+", " ", text).strip()
    if len(flat) <= most:
        return flat
    cut = flat[:most]
    end = max(cut.rfind(". "), cut.rfind("! "), cut.rfind("? "))
    return cut[: end + 1] if end > most // 3 else cut[: cut.rfind(" ")] + " ..."


def repeat_contacts(inputs: Inputs, context: AnalysisContext) -> AnalysisResult:
    """Who has to write twice: by the words of the texts, and by customers and dates when they are known.

    The parameter `repeat_days` (14) says how soon after a ticket another one of the same customer is a repeat.
    """
    draft = Draft(context, "repeats")
    tickets = inputs.get("ticket", pl.DataFrame())
    if "text" not in tickets.columns and not {"customer", "opened"} <= set(tickets.columns):
        draft.missing(
            "Repeat contacts", "there are neither texts nor customers with dates", "ticket.text", "ticket.customer"
        )
        return draft.result()
    if "text" in tickets.columns:
        texts = tickets["text"].drop_nulls().to_list()
        said = sum(speaks_of_earlier(text) for text in texts)
        draft.fact(
            "said", "Messages that speak of an earlier contact", percent(said, len(texts)), "%", digits=1, n=len(texts),
            roles=_NEEDED, rank="headline", sentence=("", "", "of the messages speak of an earlier contact"),
        )  # fmt: skip
        draft.callout(
            "warning",
            "Customers have to write again",
            "{repeats.said} of the messages say that it is not the first contact.",
        )
    if {"customer", "opened"} <= set(tickets.columns):
        _by_customer(draft, tickets.drop_nulls(["customer", "opened"]))
    if "satisfaction" in tickets.columns and "text" in tickets.columns:
        _effect(draft, tickets.drop_nulls(["text", "satisfaction"]))
    return draft.result()


def _by_customer(draft: Draft, tickets: pl.DataFrame) -> None:
    days = number(draft.context, "repeat_days", 14)
    ordered = tickets.sort("customer", "opened")
    gap = (pl.col("opened") - pl.col("opened").shift()).over("customer").dt.total_seconds() / 86_400
    repeats = ordered.with_columns(gap=gap).filter(pl.col("gap") <= days)
    people = tickets.group_by("customer").len()
    roles = ("ticket.customer", "ticket.opened")
    draft.fact("customers", "Customers who wrote", len(people), n=len(people), roles=roles[:1],
               sentence=("", "", "customers wrote"))  # fmt: skip
    draft.fact(
        "more",
        "Customers who wrote more than once",
        percent(int((people["len"] > 1).sum()), len(people)),
        "%",
        digits=1,
        n=len(people),
        roles=roles,
        sentence=("", "", "of the customers who wrote did so more than once"),
    )
    draft.fact("days", "A repeat comes within", days, "days", sentence=("A further ticket", "is a repeat within", ""))
    draft.fact(
        "soon",
        "Tickets that follow another of the same customer",
        percent(len(repeats), len(tickets)),
        "%",
        digits=1,
        n=len(people),
        roles=roles,
        sentence=("", "", "of the tickets follow closely on another of the same customer"),
    )


def _effect(draft: Draft, rated: pl.DataFrame) -> None:
    again = np.array([speaks_of_earlier(text) for text in rated["text"]], dtype=bool)
    first, repeated = rated.filter(~pl.Series(again)), rated.filter(pl.Series(again))
    roles = ("ticket.text", "ticket.satisfaction")
    draft.fact(
        "score.first",
        "Mean satisfaction on a first contact",
        mean(first["satisfaction"]),
        digits=2,
        n=len(first),
        roles=roles,
        sentence=("Satisfaction on a first contact", "averages", ""),
    )
    draft.fact(
        "score.again",
        "Mean satisfaction on a repeat contact",
        mean(repeated["satisfaction"]),
        digits=2,
        n=len(repeated),
        roles=roles,
        sentence=("Satisfaction on a repeat contact", "averages", ""),
    )
