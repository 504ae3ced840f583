"""The starter gallery: small ready-made jars with invented rows, each for one kind of data that a company has.

for starter in starters(): ...
dataset = starter("helpdesk").dataset()       # tables with classes, labels of the free texts

They are made by the same means as the demo sets, in a moment, and are the same on every call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from demo_data.model import DataSet, UnknownSet
from demo_data.starters.office import helpdesk, leads, staff
from demo_data.starters.regulated import clinic, payments


@dataclass(frozen=True, slots=True)
class Starter:
    """A jar to begin with. `policy` is the gateway policy that fits it."""

    name: str
    title: str
    about: str
    policy: str
    dataset: Callable[[], DataSet]
    review_required: bool = False


_STARTERS = (
    Starter("helpdesk", "Help desk", "Customers and their tickets, with free text", "balanced", helpdesk),
    Starter("leads", "Sales", "Contacts in companies, and notes of calls", "gdpr", leads),
    Starter(
        "staff",
        "Staff",
        "Employees, pay and reviews; what nobody has reviewed stays",
        "strict",
        staff,
        review_required=True,
    ),
    Starter("clinic", "Clinic", "Patients, and notes of their visits", "hipaa", clinic),
    Starter("payments", "Payments", "Card holders, and what their payments are for", "pci", payments),
)


def starters() -> Sequence[Starter]:
    """All of them, in the order in which they are shown."""
    return _STARTERS


def starter(name: str) -> Starter:
    """The starter of this name. Raises UnknownSet."""
    for one in _STARTERS:
        if one.name == name:
            return one
    raise UnknownSet(f"no starter {name!r}: choose {', '.join(one.name for one in _STARTERS)}")
