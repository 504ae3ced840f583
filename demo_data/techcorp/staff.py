"""Support agents of TechCorp, their teams and shifts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from demo_data.access import Employee
from demo_data.model import Column, Row, Table
from demo_data.people import PeopleMaker, Person
from demo_data.seeding import Stream
from demo_data.workload import Resource, Workload, workdays

SNAPSHOT = dt.date(2025, 12, 31)
FIRST_DAY = dt.date(2024, 1, 1)
TEAMS = {"Billing": 10, "Delivery": 12, "Returns": 8, "Technical": 10, "Accounts": 6, "Supervisors": 2}
UTILISATION = {"Billing": 0.96, "Returns": 0.44}
"""Planted: Billing is over-used, Returns under-used; the other teams work at the target."""
_COST = {"Billing": 31.0, "Delivery": 28.5, "Returns": 29.0, "Technical": 36.0, "Accounts": 33.0, "Supervisors": 48.0}
_LEAVERS = 3


@dataclass(frozen=True, slots=True)
class Agent:
    """A support agent; `access` is how the access log knows them."""

    id: str
    person: Person
    team: str
    hired: dt.date
    access: Employee


def hire(stream: Stream) -> list[Agent]:
    """48 agents in six teams; three of them have left during 2025."""
    maker = PeopleMaker(stream)
    agents: list[Agent] = []
    teams = [team for team, count in TEAMS.items() for _ in range(count)]
    leavers = set(stream.sample(range(len(teams) - TEAMS["Supervisors"]), _LEAVERS))
    for number, team in enumerate(teams):
        person = maker.make((22, 61), SNAPSHOT, {"US": 60, "GB": 25, "IE": 15}, "techcorp.example")
        hired = SNAPSHOT - dt.timedelta(days=stream.between(400, 3900))
        left = dt.date(2025, stream.between(5, 10), stream.between(1, 28)) if number in leavers else None
        key = f"E-{20410 + number * 7}"
        access = Employee(key, person.username, stream.between(1, 200), left)
        agents.append(Agent(key, person, team, hired, access))
    return agents


def agents_table(agents: list[Agent]) -> Table:
    """One row per agent."""
    columns = (
        Column("agent_id", personal="EMPLOYEE_ID", key=True),
        Column("full_name", personal="PERSON"),
        Column("email", personal="EMAIL_ADDRESS"),
        Column("phone", personal="PHONE_NUMBER"),
        Column("username", personal="USERNAME"),
        Column("birth_date", "date", personal="DATE_OF_BIRTH"),
        Column("team"),
        Column("hired_on", "date"),
        Column("left_on", "date"),
        Column("hourly_cost", "real"),
    )
    rows: list[Row] = [
        (
            agent.id, agent.person.name, agent.person.email, agent.person.phone, agent.person.username,
            agent.person.born, agent.team, agent.hired, agent.access.left_on, _COST[agent.team],
        )
        for agent in agents
    ]  # fmt: skip
    return Table("agents", columns, rows)


def shifts(agents: list[Agent], stream: Stream) -> tuple[Table, dict[str, object]]:
    """The shifts of the last quarter of 2025 and the planted over- and under-use."""
    workload = Workload("shifts", "agent_id", "agents.agent_id", "EMPLOYEE_ID", "team", UTILISATION)
    staying = [Resource(agent.id, agent.team, _COST[agent.team]) for agent in agents if agent.access.left_on is None]
    workload.fill(staying, workdays(dt.date(2025, 10, 1), SNAPSHOT), stream)
    return workload.table(), workload.truth()
