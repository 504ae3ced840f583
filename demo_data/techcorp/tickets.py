"""TechCorp's support tickets: who writes about what, how long each stage takes, and the text itself."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from demo_data import identifiers, people, prose
from demo_data.calendars import SHOP_HOURS, Calendar
from demo_data.grammar import Grammar, Piece, Slot, join
from demo_data.model import Column, Label, Table
from demo_data.people import Person
from demo_data.scruff import in_chat_case, quoted, with_typos
from demo_data.seeding import Stream
from demo_data.stages import Flow, StageLog
from demo_data.techcorp.customers import Customer
from demo_data.techcorp.sales import Order, Sales
from demo_data.techcorp.staff import FIRST_DAY, SNAPSHOT, Agent

COUNT = 1200
TOPICS = {
    "billing": 19, "delivery": 22, "refund": 15, "login": 11, "defect": 15, "cancellation": 8, "privacy": 5,
    "company": 5,
}  # fmt: skip
TEAM_OF = {
    "billing": "Billing", "delivery": "Delivery", "refund": "Returns", "login": "Accounts", "defect": "Technical",
    "cancellation": "Accounts", "privacy": "Accounts", "company": "Billing",
}  # fmt: skip
MOODS = {"angry": 26, "polite": 28, "terse": 20, "confused": 14, "grateful": 12}
FORMS = {"email": 46, "web_form": 13, "chat": 17, "phone": 13, "forwarded": 6, "reply": 5}
_CHANNEL = {"forwarded": "email", "reply": "email"}
FLOW = Flow(
    {"triage": 0.7, "first_response": 2.4, "investigation": 5.0, "specialist_review": 26.0, "resolution": 3.2},
    bottleneck="specialist_review",
    slow_kind="refund",
    slow_factor=1.9,
)
"""Planted: tickets wait for the specialists, refunds most of all."""
_GRAMMAR = Grammar.from_file(Path(__file__).with_name("tickets.txt"))
_NO_DEFECTS = frozenset({"Services", "Accessories"})
_MONTHS = (1.5, 1.05, 0.9, 0.9, 0.9, 0.85, 0.75, 0.9, 1.0, 1.0, 1.4, 1.7)


@dataclass(slots=True)
class Tickets:
    """The tickets, their stage events, labels of the texts, and counts per customer."""

    table: Table
    events: StageLog
    labels: dict[tuple[str, str], list[list[Label]]]
    moods: list[str] = field(default_factory=list)
    per_customer: Counter[str] = field(default_factory=Counter)


def open_tickets(customers: list[Customer], sales: Sales, agents: list[Agent], stream: Stream) -> Tickets:
    """1,200 tickets, sorted by time; a fifth of the customers with tickets write again and again."""
    events = StageLog(
        "ticket_stage_events", "ticket_id", "TICKET_ID", "support_tickets.ticket_id", "agent_id", "agents.agent_id",
        "EMPLOYEE_ID", FLOW,
    )  # fmt: skip
    labels: dict[tuple[str, str], list[list[Label]]] = {
        ("support_tickets", column): [] for column in ("subject", "body", "resolution_note")
    }
    tickets = Tickets(Table("support_tickets", _COLUMNS, []), events, labels)
    writers = stream.sample(customers, 820)
    calendar = Calendar(FIRST_DAY + dt.timedelta(days=30), SNAPSHOT - dt.timedelta(days=21), _MONTHS, hours=SHOP_HOURS)
    drawn = []
    for number in range(COUNT):
        customer = writers[number] if number < len(writers) else writers[stream.between(0, 163)]
        first = sales.orders[customer.id][0].moment.date()
        drawn.append((calendar.moment(stream, low=first), number, customer))
    drawn.sort(key=lambda entry: entry[:2])
    for number, (moment, _tie, customer) in enumerate(drawn):
        earlier = [order for order in sales.orders[customer.id] if order.moment <= moment]
        order = (earlier or sales.orders[customer.id])[-1]
        _open(tickets, Case(f"TCK-{moment.year}-{4100 + number * 3:06d}", moment, customer, order), agents, stream)
    return tickets


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one ticket."""

    id: str
    opened: dt.datetime
    customer: Customer
    order: Order


def _open(tickets: Tickets, case: Case, agents: list[Agent], stream: Stream) -> None:
    topic, mood, form = stream.weighted(TOPICS), stream.weighted(MOODS), stream.weighted(FORMS)
    if topic == "defect" and case.order.product.category in _NO_DEFECTS:
        topic = "billing"
    on_duty = [a for a in agents if a.access.left_on is None or a.access.left_on > case.opened.date()]
    team = [agent for agent in on_duty if agent.team == TEAM_OF[topic]]
    agent, colleague = stream.choose(team), stream.choose(on_duty)
    specialists = [other for other in on_duty if other.team in {"Technical", "Supervisors"}]
    ends = tickets.events.run(
        case.id, topic, case.opened,
        lambda stage: stream.choose(specialists).id if stage == FLOW.bottleneck else agent.id, stream,
    )  # fmt: skip
    hours = (ends[-1] - case.opened).total_seconds() / 3600
    score = 5 - hours / 30 - (1.4 if mood == "angry" else 0.0) + stream.normal(0.0, 0.7)
    texts = _texts(_slots(case, agent, colleague, stream) | {"TOPIC": topic, "MOOD": mood}, form, mood, stream)
    for labels, (_text, found) in zip(tickets.labels.values(), texts, strict=True):
        labels.append(found)  # the order of the texts is the order of the columns
    priority = stream.weighted({"low": 30, "normal": 50, "high": 20} if mood != "angry" else {"normal": 45, "high": 55})
    tickets.table.rows.append((
        case.id, case.customer.id, case.order.number, agent.id, _CHANNEL.get(form, form), topic, priority, case.opened,
        ends[1], ends[-1], min(5, max(1, round(score))) if stream.chance(0.7) else None, *(text for text, _ in texts),
    ))  # fmt: skip
    tickets.moods.append(mood)
    tickets.per_customer[case.customer.id] += 1


def _texts(slots: dict[str, Slot], form: str, mood: str, stream: Stream) -> list[tuple[str, list[Label]]]:
    """Subject, body and resolution note, with the hurry of the writer in the first two."""
    subject = _GRAMMAR.write("subject.TOPIC", slots, stream)
    body = _GRAMMAR.write(form, slots, stream)
    if form == "chat" and stream.chance(0.7):
        body, subject = in_chat_case(body, stream), in_chat_case(subject, stream)
    typos = {"angry": 0.02, "terse": 0.012, "confused": 0.025}.get(mood, 0.003)
    if form not in {"phone", "forwarded"}:
        body = with_typos(body, stream, typos)
    if form == "reply":
        body = [*body, Piece("\n"), *quoted(_GRAMMAR.write("reply.quote", slots, stream))]
    return [join(subject), join(body), join(_GRAMMAR.write("resolution.TOPIC", slots, stream))]


def _slots(case: Case, agent: Agent, colleague: Agent, stream: Stream) -> dict[str, Slot]:
    person, country = case.customer.person, case.customer.person.address.country
    stranger, neighbour = prose.bystander(stream, country), prose.bystander(stream, country)
    ordered, opened = case.order.moment.date(), case.opened.date()
    company = case.customer.company or people.company(stream, country)

    def date(day: dt.date) -> Piece:
        return Piece(prose.spoken_date(day, country, stream), "DATE_TIME")

    return (
        prose.about_person(person, stream)
        | _desk(agent, colleague)
        | _numbers(person, stream)
        | {
            "customer": prose.full_name(person.first, person.last),
            "customer_id": Piece(case.customer.id, "ACCOUNT_NUMBER"),
            "order": Piece(case.order.number, "TICKET_ID"),
            "order_other": Piece(f"ORD-{opened.year}-{stream.between(204100, 379000)}", "TICKET_ID"),
            "ticket_other": Piece(f"TCK-{opened.year}-{stream.between(4100, 7700):06d}", "TICKET_ID"),
            "product": case.order.product.name,
            "amount": prose.amount(case.order.amount, country),
            "date": date(ordered + dt.timedelta(days=stream.between(0, 5))),
            "date_other": date(ordered + dt.timedelta(days=stream.between(6, 12))),
            "move_date": date(opened - dt.timedelta(days=stream.between(10, 90))),
            "recent": date(opened - dt.timedelta(days=stream.between(1, 9))),
            "soon": date(opened + dt.timedelta(days=stream.between(3, 28))),
            "neighbour": prose.full_name(neighbour.first, neighbour.last),
            "stranger": prose.full_name(stranger.first, stranger.last),
            "stranger_last": Piece(stranger.last, "PERSON"),
            "lawyer": prose.full_name(stranger.first, neighbour.last),
            "company": Piece(company, "ORGANIZATION"),
        }
    )


def _desk(agent: Agent, colleague: Agent) -> dict[str, Slot]:
    """The people of the support desk."""
    return {
        "agent": prose.full_name(agent.person.first, agent.person.last),
        "agent_first": Piece(agent.person.first, "PERSON"),
        "agent_email": Piece(agent.person.email, "EMAIL_ADDRESS"),
        "colleague": prose.full_name(colleague.person.first, colleague.person.last),
        "colleague_first": Piece(colleague.person.first, "PERSON"),
    }


def _numbers(person: Person, stream: Stream) -> dict[str, Slot]:
    """Cards, accounts, addresses of machines: what customers write by accident."""
    country = person.address.country
    american = country in {"US", "CA"}
    local = person.phone.split(" ")[1].split("-")[0] if american else "20 7946"
    other_phone = identifiers.phone(stream, country if american else "GB", local)
    card = identifiers.card_number(stream)
    return {
        "card": Piece(prose.written_card(card, stream), "CREDIT_CARD"),
        "card_last4": card[-4:],
        "card_holder": prose.full_name(person.first, person.last),
        "iban": Piece(prose.written_iban(identifiers.iban(stream, country), stream), "IBAN_CODE"),
        "phone_other": Piece(identifiers.spoken_phone(stream, other_phone), "PHONE_NUMBER"),
        "email_old": Piece(f"{person.username}@oldmail.example", "EMAIL_ADDRESS"),
        "ip": Piece(identifiers.ipv4(stream), "IP_ADDRESS"),
        "mac": Piece(identifiers.mac(stream), "MAC_ADDRESS"),
        "serial": Piece(stream.digits(stream.choose(("@#@@####@#", "@@#####@##"))), "DEVICE_ID"),
        "url": Piece(
            f"https://{stream.choose(('track', 'parcels', 'my'))}.example.com/p/{stream.digits('@@#########')}", "URL"
        ),
        "age": Piece(str(stream.between(5, 92)), "AGE"),
    }


_COLUMNS = (
    Column("ticket_id", personal="TICKET_ID", key=True),
    Column("customer_id", personal="ACCOUNT_NUMBER", references="customers.customer_id"),
    Column("order_number", personal="TICKET_ID"),
    Column("agent_id", personal="EMPLOYEE_ID", references="agents.agent_id"),
    Column("channel"),
    Column("topic"),
    Column("priority"),
    Column("opened_at", "datetime"),
    Column("first_response_at", "datetime"),
    Column("resolved_at", "datetime"),
    Column("satisfaction", "integer"),
    Column("subject", free_text=True),
    Column("body", free_text=True),
    Column("resolution_note", free_text=True),
)
