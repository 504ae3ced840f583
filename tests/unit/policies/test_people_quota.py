from __future__ import annotations

import pytest

from policies.db import Database
from policies.people import PersonProblem, create_person


async def test_no_more_people_than_the_profile_allows(database: Database) -> None:
    for number in range(2):
        await create_person(database, f"p{number}@example.com", tenant="acme", most=2, now=1)
    with pytest.raises(PersonProblem, match="profile allows 2"):
        await create_person(database, "p3@example.com", tenant="acme", most=2, now=1)
    await create_person(database, "p3@example.com", tenant="other", most=2, now=1)


async def test_without_a_limit_there_is_none(database: Database) -> None:
    for number in range(3):
        await create_person(database, f"p{number}@example.com", now=1)
