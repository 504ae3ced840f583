from __future__ import annotations

import pytest

from policies.db import Database
from policies.logins import Identity, Logins
from policies.people import PersonProblem, create_person
from policies.sealing import Sealer


async def test_no_more_people_than_the_profile_allows(database: Database) -> None:
    for number in range(2):
        await create_person(database, f"p{number}@example.com", tenant="acme", most=2, now=1)
    with pytest.raises(PersonProblem, match="profile allows 2"):
        await create_person(database, "p3@example.com", tenant="acme", most=2, now=1)
    await create_person(database, "p3@example.com", tenant="other", most=2, now=1)


async def test_without_a_limit_there_is_none(database: Database) -> None:
    for number in range(3):
        await create_person(database, f"p{number}@example.com", now=1)


async def test_an_identity_provider_makes_no_more_people_either(database: Database) -> None:
    logins = Logins(database, Sealer([b"\x05" * 32]))
    await create_person(database, "ada@example.com", most=1, now=1)
    ada, bob = (
        Identity("https://idp.example", name, f"{name}@example.com", name, "default", ("viewer",), verified=True)
        for name in ("ada", "bob")
    )
    with pytest.raises(PersonProblem, match="profile allows 1"):
        await logins.by_identity(bob, most=1)
    assert (await logins.by_identity(ada, most=1)).person.email == "ada@example.com", "who is there comes in"
