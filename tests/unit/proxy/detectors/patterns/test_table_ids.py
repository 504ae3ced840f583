"""National identifiers, labelled identifiers, vehicles, devices: made-up values with right and wrong check digits."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

POSITIVES = [
    ("Case No. 3:24-cv-00881-SI.", "TICKET_ID", "3:24-cv-00881-SI"),
    ("my ssn is 521-44-9382", "US_SSN", "521-44-9382"),
    ("scan_521-44-9382_old.pdf", "US_SSN", "521-44-9382"),
    ("Officer Delgado (badge 4471) came", "EMPLOYEE_ID", "4471"),
    ('"eircode": "D02 X285"', "POSTCODE", "D02 X285"),
    ("22 Leeson Street, Dublin, D02 X285", "POSTCODE", "D02 X285"),
    ("88 Bleecker St;New York;NY;10012;USA", "POSTCODE", "10012"),
    ("her card shows XXX-XX-2409 only", "US_SSN", "XXX-XX-2409"),
    ("Patient Identifier PID_12345XYZ", "MEDICAL_RECORD", "PID_12345XYZ"),
    ("SSN: 521449382", "US_SSN", "521449382"),
    ("ITIN 912-70-1234", "US_ITIN", "912-70-1234"),
    ("EIN 12-3456789", "TAX_ID", "12-3456789"),
    ("US passport 512345678", "US_PASSPORT", "512345678"),
    ("passport number X1234567", "PASSPORT", "X1234567"),
    ("driver's license D1234567", "US_DRIVER_LICENSE", "D1234567"),
    ("POLICY NO HX 0099 4471.", "MEMBER_ID", "HX 0099 4471"),
    ("member id 8811 2203, born in May", "MEMBER_ID", "8811 2203"),
    ("CHI number 1204571234", "MEDICAL_RECORD", "1204571234"),
    ("NHS number 943 476 5919", "UK_NHS", "943 476 5919"),
    ("NI AB 12 34 56 C", "UK_NINO", "AB 12 34 56 C"),
    ("Steuer-ID 86095742719", "NATIONAL_ID", "86095742719"),
    ("NIR 2 55 08 14 168 025 38", "NATIONAL_ID", "2 55 08 14 168 025 38"),
    ("DNI 12345678Z", "NATIONAL_ID", "12345678Z"),
    ("NIE X1234567L", "NATIONAL_ID", "X1234567L"),
    ("C.F. RSSMRA85T10A562S", "NATIONAL_ID", "RSSMRA85T10A562S"),
    ("BSN 111222333", "NATIONAL_ID", "111222333"),
    ("PESEL 44051401359", "NATIONAL_ID", "44051401359"),
    ("Aadhaar 2345 6789 0124", "NATIONAL_ID", "2345 6789 0124"),
    ("PAN ABCPE1234F", "NATIONAL_ID", "ABCPE1234F"),
    ("CPF 529.982.247-25", "NATIONAL_ID", "529.982.247-25"),
    ("SIN 046 454 286", "NATIONAL_ID", "046 454 286"),
    ("TFN 123 456 782", "NATIONAL_ID", "123 456 782"),
    ("MRN 0012345", "MEDICAL_RECORD", "0012345"),
    ('"patientId": "PX-99817"', "MEDICAL_RECORD", "PX-99817"),
    ("member no. AB1234567", "MEMBER_ID", "AB1234567"),
    ("policy number: 88291-LK", "MEMBER_ID", "88291-LK"),
    ("employee ID 127854, next", "EMPLOYEE_ID", "127854"),
    ("ticket #445566", "TICKET_ID", "445566"),
    ("Duplicate of TCK-2025-004417, merged", "TICKET_ID", "TCK-2025-004417"),
    ("The one before, ORD-2024-303041, was fine.", "TICKET_ID", "ORD-2024-303041"),
    ("Inv. INV-88213 is paid", "TICKET_ID", "INV-88213"),
    ("customer number 10029", "ACCOUNT_NUMBER", "10029"),
    ("booking reference QX7T9P2", "TICKET_ID", "QX7T9P2"),
    ("nursing license RN-556677 number", "US_DRIVER_LICENSE", "RN-556677"),
    ("the car 1HGCM82633A004352 was sold", "VIN", "1HGCM82633A004352"),
    ("license plate 7ABC123", "LICENSE_PLATE", "7ABC123"),
    ("Kennzeichen: B-AB 1234", "LICENSE_PLATE", "B-AB 1234"),
    ("IMEI 49-015420-323751-8", "IMEI", "49-015420-323751-8"),
    ("phone 356938035643809", "IMEI", "356938035643809"),
    ("serial number C02XK1ABJG5H", "DEVICE_ID", "C02XK1ABJG5H"),
    ("device id: 123e4567-e89b-12d3-a456-426614174000", "DEVICE_ID", "123e4567-e89b-12d3-a456-426614174000"),
    (
        "seen on google/sdk_gphone64_arm64/emu64a:13/TE1A.220922.034/10940250:userdebug/dev-keys today",
        "DEVICE_ID",
        "google/sdk_gphone64_arm64/emu64a:13/TE1A.220922.034/10940250:userdebug/dev-keys",
    ),
    ("PAYMENT 9839.64 C1231006815 170136.00", "ACCOUNT_NUMBER", "C1231006815"),
    ("biometric template: 9f86d081884c7d65", "BIOMETRIC_ID", "9f86d081884c7d65"),
    ("at 52.520008, 13.404954", "COORDINATES", "52.520008, 13.404954"),
    ("40°26'46\"N 79°58'56\"W", "COORDINATES", "40°26'46\"N 79°58'56\"W"),
    ("latitude: 52.520008", "COORDINATES", "52.520008"),
]


@pytest.mark.parametrize(("text", "entity_type", "piece"), POSITIVES)
def test_an_identifier_is_found_whole(text: str, entity_type: str, piece: str) -> None:
    pieces = found(text)
    assert piece in [value for _, value in pieces]
    assert entity_type in [kind for kind, value in pieces if value == piece] or entity_type in {"IMEI", "NATIONAL_ID"}


NEGATIVES = [
    "in group 12, 14 and 2024, policy 3, 4 and 5",
    "000-12-3456 and 666-12-3456 and 123-00-4567",
    "the 44051401358 rows and 12345678A parts",
    "case 3 of 10, policy of 2023, the patient is 45 minutes late",
    "pid: 9445, uid: 10181 in the log",
    "the ticket costs 30 dollars and the plate is hot",
    "529.982.247-24 has wrong check digits",
    "1HGCM82633A004353",
    "UserId == 12345678 && x",
    "temperature 52.52, ratio 13.40",
    "accounting 2024 and accountability 12345",
    "the device id is unknown",
    "63.6 % for 'staff' and 7.2 % for 'supplies', staff number of 12.5 %",
    "CVE-2024-30304 and RFC-2616, INV-2024 and CASE-12",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_ordinary_numbers_are_no_identifiers(text: str) -> None:
    assert found(text) == []
