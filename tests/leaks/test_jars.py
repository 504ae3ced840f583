"""What leaves of the clinic's and the bank's jar under their policies, through the real gateway."""

from __future__ import annotations

import re
from collections.abc import Sequence

import aiohttp
import pytest

from connectors.demo_frames import demo_frames, demo_tables
from connectors.gateway_client import GatewayClient
from connectors.jar_filling import fill
from connectors.jar_members import add_member
from connectors.jar_preview import Window, preview
from connectors.jar_tables import JarRow
from connectors.jars import Jars, JarSpec
from connectors.objects import open_store
from connectors.value_shapes import is_card
from policies.master_key import open_sealer
from policies.service_keys import GatewayAccess, service_key
from tests.demo_sets import demo_set
from tests.gateway_fixture import Running
from tests.jar_fixture import bytes_below

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]
SAFE_HARBOR = (
    "mrn first_name last_name birth_date ssn phone fax email portal_login street city zip insurance_member_id "
    "billing_account drivers_license license_plate vehicle_vin implant_serial portal_url last_login_ip "
    "biometric_template photo_url"
).split()
_CARDS = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?!\d)")


async def opened(real_gateway: Running, session: aiohttp.ClientSession) -> tuple[Jars, GatewayClient]:
    settings, database = real_gateway.settings, real_gateway.gateway.database
    sealer = open_sealer(settings)
    jars = Jars(database, sealer, open_store(settings))
    key = await service_key(database, sealer, "default")
    return jars, GatewayClient(session, GatewayAccess(real_gateway.url, key))


async def made(jars: Jars, gateway: GatewayClient, name: str, policy: str, tables: Sequence[str], rows: int) -> JarRow:
    """A jar with the first rows of some tables of a demo set."""
    frames = {table: frame.head(rows) for table, frame in demo_frames(name).items() if table in tables}
    row = await jars.create(JarSpec(name, policy=policy), "usr_1")
    member = await add_member(jars, row, "demo", {"set": name}, person="usr_1")
    await fill(jars, row, member, await demo_tables(name, frames), gateway, person="usr_1")
    return await jars.row(name)


async def seen(jars: Jars, gateway: GatewayClient, row: JarRow, table: str, rows: int) -> list[list[str]]:
    """Cells as they leave."""
    shown = await preview(jars, row, Window(table, 0, rows), gateway, person="usr_1", originals=False, unreviewed=True)
    return [["" if cell.scrambled is None else cell.scrambled for cell in cells] for cells in shown.rows]


def written_cards(rows: int) -> set[str]:
    """The card numbers of the bank's first accounts and cover letters, digits only."""
    dataset = demo_set("financial")
    cards = {str(card) for card in dataset.tables["accounts"].values("card_number")[:rows] if card}
    letters = dataset.labels["loan_applications", "cover_letter"][:rows]
    cards |= {value for labels in letters for _, _, kind, value in labels if kind == "CREDIT_CARD"}
    return {re.sub(r"\D", "", card) for card in cards}


async def test_no_safe_harbor_identifier_of_a_patient_leaves(real_gateway: Running) -> None:
    real_gateway.begin()
    async with aiohttp.ClientSession() as session:
        jars, gateway = await opened(real_gateway, session)
        row = await made(jars, gateway, "healthcare", "hipaa", ("patients", "lab_results"), 120)
        patients = demo_frames("healthcare")["patients"].head(120)
        left = [*await seen(jars, gateway, row, "patients", 60), *await seen(jars, gateway, row, "lab_results", 60)]
        text = "\n".join(cell for cells in left for cell in cells)
        values = {
            str(value)
            for column in SAFE_HARBOR
            for value in patients.get_column(column).drop_nulls().to_list()
            if column not in {"first_name", "last_name", "city"}
        } | {f"{first} {last}" for first, last in patients.select("first_name", "last_name").iter_rows()}
        assert [value for value in sorted(values) if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text)] == []
        whole = bytes_below(real_gateway.settings.data_dir)
        assert [value for value in sorted(values) if len(value) > 7 and value.encode() in whole] == []
        await jars.delete(row)


async def test_no_card_leaves_and_none_can_be_restored(real_gateway: Running) -> None:
    real_gateway.begin()
    async with aiohttp.ClientSession() as session:
        jars, gateway = await opened(real_gateway, session)
        row = await made(jars, gateway, "financial", "pci", ("accounts", "loan_applications"), 120)
        left = [
            *await seen(jars, gateway, row, "accounts", 60),
            *await seen(jars, gateway, row, "loan_applications", 60),
        ]
        text = "\n".join(cell for cells in left for cell in cells)
        assert [found for found in _CARDS.findall(text) if is_card(found)] == []
        key = await service_key(real_gateway.gateway.database, open_sealer(real_gateway.settings), "default")
        async with session.post(
            f"{real_gateway.url}/sting/v1/restore",
            json={"texts": [cell for cells in left for cell in cells if cell], "session": f"jar/{row.id}"},
            headers={"Authorization": f"Bearer {key}"},
        ) as answer:
            restored = await answer.json()
        assert restored["restored"] > 0
        back = "\n".join(restored["texts"])
        assert [found for found in _CARDS.findall(back) if is_card(found)] == []
        assert [card for card in written_cards(120) if card in re.sub(r"[ -]", "", back)] == []
        cards = demo_frames("financial")["accounts"].head(120).get_column("card_number").drop_nulls().to_list()
        whole = bytes_below(real_gateway.settings.data_dir)
        assert [card for card in cards if card.encode() in whole] == []
        await jars.delete(row)
