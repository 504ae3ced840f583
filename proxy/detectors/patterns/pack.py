"""The list of recognisers: one line registers one."""

from __future__ import annotations

from proxy.detectors.patterns import (
    accounts,
    address,
    age,
    bank,
    card,
    coordinates,
    crypto,
    dates,
    devices,
    ids_europe,
    ids_uk,
    ids_us,
    ids_world,
    labelled_ids,
    loose,
    mail,
    network,
    people,
    phone,
    postcode,
    secret_keys,
    secret_labels,
    tables,
    tracks,
    vehicles,
    web,
)
from proxy.detectors.patterns.recogniser import LabelRecogniser, Recogniser

_IN_TEXT: tuple[Recogniser, ...] = (
    mail.Mail(),
    web.Web(),
    network.IpAddress(),
    network.MacAddress(),
    phone.Phone(),
    card.CardNumber(),
    card.CardDetails(),
    tracks.Tracks(),
    bank.Iban(),
    bank.BankAccount(),
    ids_us.SocialSecurity(),
    ids_us.LabelledUs(),
    ids_uk.UkIds(),
    ids_uk.LabelledUk(),
    ids_europe.EuropeIds(),
    ids_world.WorldIds(),
    ids_world.LabelledNational(),
    labelled_ids.LabelledIds(),
    dates.Dates(),
    dates.BirthDate(),
    age.Age(),
    address.StreetAddress(),
    postcode.Postcode(),
    postcode.LabelledPostcode(),
    accounts.Username(),
    accounts.Handle(),
    secret_keys.ApiKey(),
    secret_keys.PrivateKey(),
    secret_keys.ConnectionString(),
    secret_labels.Password(),
    secret_labels.QuotedPassword(),
    secret_labels.MailAndPassword(),
    secret_labels.LabelledSecret(),
    crypto.Crypto(),
    vehicles.Vin(),
    vehicles.LabelledVehicle(),
    devices.Imei(),
    devices.LabelledDevice(),
    coordinates.Coordinates(),
    coordinates.LabelledCoordinates(),
    people.NameCues(),
    loose.Loose(),
)
_LABELS = tuple(label for one in _IN_TEXT if isinstance(one, LabelRecogniser) for label in one.labels)

RECOGNISERS: tuple[Recogniser, ...] = (*_IN_TEXT, tables.Tables(_LABELS))
"""Every recogniser, in the order in which they run."""

ENTITY_TYPES: frozenset[str] = frozenset().union(*(recogniser.entity_types for recogniser in RECOGNISERS))
"""Every entity type that the pattern pack can report."""
