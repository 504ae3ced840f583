"""The set `techcorp`: a shop for home electronics with its customers, sales and support desk."""

from __future__ import annotations

from demo_data.access import AccessLog
from demo_data.calendars import OFFICE_HOURS, WEEKDAYS_ONLY, Calendar
from demo_data.model import DataSet, Table
from demo_data.seeding import Stream
from demo_data.techcorp import catalogue, customers, marketing, sales, staff, tickets

ACCESS_ENTRIES = 6000


def generate(seed: int) -> DataSet:
    """The whole set; the same seed gives the same bytes."""

    def stream(part: str) -> Stream:
        return Stream(seed, f"techcorp/{part}")

    agents = staff.hire(stream("agents"))
    shifts, use = staff.shifts(agents, stream("shifts"))
    items = catalogue.products()
    clients = customers.sign_up(stream("customers"))
    sold = sales.sell(clients, items, stream("transactions"))
    opened = tickets.open_tickets(clients, sold, agents, stream("tickets"))
    leaving = customers.decide_who_leaves(clients, sold.late, opened.per_customer, stream("churn"))
    answers, campaigns = marketing.responses(clients, stream("responses"))
    costs, change = marketing.costs(stream("costs"))
    log, violations = _access_log(agents, clients, opened.table, stream("access"))
    tables = (
        staff.agents_table(agents), shifts, catalogue.products_table(items), catalogue.channels_table(),
        catalogue.campaigns_table(), customers.customers_table(clients, leaving, stream("newsletter")), sold.table,
        opened.table, opened.events.table(), answers, costs, log,
    )  # fmt: skip
    truth: dict[str, object] = {
        "snapshot": staff.SNAPSHOT.isoformat(),
        **sold.truth,
        "churn": {
            "table": "customers",
            "column": "churned",
            **customers.CHURN.truth(leaving.probabilities, leaving.events),
        },
        "bottleneck": opened.events.truth(),
        "workload": use,
        "campaigns": campaigns,
        "cost_change": change,
        "violations": violations,
    }
    planted = {"customers.segment": [client.segment.name for client in clients], "support_tickets.mood": opened.moods}
    return DataSet("techcorp", seed, {table.name: table for table in tables}, opened.labels, truth, planted)


def _access_log(
    agents: list[staff.Agent], clients: list[customers.Customer], opened: Table, stream: Stream
) -> tuple[Table, dict[str, list[int]]]:
    """The access log of the customer records of 2025."""
    cases = [str(key) for key in opened.values("ticket_id")]
    log = AccessLog(
        employees=[agent.access for agent in agents],
        employee_references="agents.agent_id",
        calendar=Calendar(
            staff.SNAPSHOT.replace(month=1, day=1), staff.SNAPSHOT, weekdays=WEEKDAYS_ONLY, hours=OFFICE_HOURS
        ),
        stream=stream,
        record=lambda: stream.choose(clients).id,
        reason=lambda: stream.choose(cases),
        object_name="customers",
    )
    log.ordinary(ACCESS_ENTRIES)
    log.violations()
    return log.finish("ACCOUNT_NUMBER", "TICKET_ID")
