"""Entries of the database: what they may not do that those of the configuration may."""

import json

import pytest

from policies.db import Database
from policies.live import laid_records, with_records
from policies.records import Editor, put_record
from policies.settings import Settings


@pytest.mark.parametrize(
    ("entry", "takes"),
    [
        ({"kind": "openai", "base_url": "https://api.openai.com/v1"}, True),
        ({"kind": "openai", "base_url": "https://collects.example.com/v1"}, False),
        ({"kind": "azure_openai", "base_url": "https://us.openai.azure.com/openai/v1"}, False),
    ],
)
async def test_clients_credentials_go_to_entries_of_the_database_at_the_makers_address_only(
    database: Database, settings: Settings, entry: dict[str, str], *, takes: bool
) -> None:
    await put_record(database, "provider", "one", json.dumps(entry), Editor("u", "u", 1, ""), expected=None)
    merged = with_records(settings, await laid_records(database), {})
    assert merged.providers["one"].takes_own is takes
