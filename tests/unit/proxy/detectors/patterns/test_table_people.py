"""Names by cue, dates, ages, addresses, postcodes, user names."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

POSITIVES = [
    ("I saw Mr. Smith there", "PERSON", "Smith"),
    ("my name is Anna Kern", "PERSON", "Anna Kern"),
    ("Name: María de la Cruz", "PERSON", "María de la Cruz"),
    ("Dear Priya,", "PERSON", "Priya"),
    ("Best regards,\nJonas van Dijk\n", "PERSON", "Jonas van Dijk"),
    ("Anna Kern <anna@example.com>", "PERSON", "Anna Kern"),
    ("on March 3, 2021 at 10:30", "DATE_TIME", "March 3, 2021 at 10:30"),
    ("am 3. Oktober 2021", "DATE_TIME", "3. Oktober 2021"),
    ("le 14 juillet 1999", "DATE_TIME", "14 juillet 1999"),
    ("on 2021-03-04", "DATE_TIME", "2021-03-04"),
    ("on 03/04/21", "DATE_TIME", "03/04/21"),
    ("admitted May 4th", "DATE_TIME", "May 4th"),
    ("we met on 3 March. Then", "DATE_TIME", "3 March"),
    ("seen on 3 Sept. again", "DATE_TIME", "3 Sept."),
    ("BDAY:19850203", "DATE_OF_BIRTH", "19850203"),
    ("DOB: 03/04/1981", "DATE_OF_BIRTH", "03/04/1981"),
    ("born on 3 April 1981", "DATE_OF_BIRTH", "3 April 1981"),
    ("geboren am 03.04.1981", "DATE_OF_BIRTH", "03.04.1981"),
    ("she is 36 years old", "AGE", "36"),
    ("a 7-year-old boy", "AGE", "7"),
    ("aged 91", "AGE", "91"),
    ("Mr Lowe has banked with us and is 71.", "AGE", "71"),
    ("my aunt, who is now 64, asked", "AGE", "64"),
    ("12 Main Street, Apt 4, Springfield, IL 62704", "STREET_ADDRESS", "12 Main Street, Apt 4, Springfield, IL 62704"),
    ("lives at 742 evergreen terrace", "STREET_ADDRESS", "742 evergreen terrace"),
    ("10 Downing Street, London SW1A 2AA", "STREET_ADDRESS", "10 Downing Street, London SW1A 2AA"),
    ("Musterstraße 12a, 10115 Berlin", "STREET_ADDRESS", "Musterstraße 12a, 10115 Berlin"),
    ("12 rue de la Paix, 75002 Paris", "STREET_ADDRESS", "12 rue de la Paix, 75002 Paris"),
    ("Calle Mayor 5, 28013 Madrid", "STREET_ADDRESS", "Calle Mayor 5, 28013 Madrid"),
    ("Via Roma 10, 00184 Roma", "STREET_ADDRESS", "Via Roma 10, 00184 Roma"),
    ("Keizersgracht 123, 1015 CJ Amsterdam", "STREET_ADDRESS", "Keizersgracht 123, 1015 CJ Amsterdam"),
    ("ul. Marszałkowska 10/5, 00-590 Warszawa", "STREET_ADDRESS", "ul. Marszałkowska 10/5, 00-590 Warszawa"),
    ("Rua Augusta, 1500", "STREET_ADDRESS", "Rua Augusta, 1500"),
    ("PO Box 1234", "STREET_ADDRESS", "PO Box 1234"),
    ("wohnt Im Winkel 42", "STREET_ADDRESS", "Im Winkel 42"),
    ("zip code 90210", "POSTCODE", "90210"),
    ("PLZ: 10115", "POSTCODE", "10115"),
    ("in K1A 0B1 Ottawa", "POSTCODE", "K1A 0B1"),
    ("username: jdoe_77", "USERNAME", "jdoe_77"),
    ("follow @jane_doe today", "USERNAME", "jane_doe"),
]


@pytest.mark.parametrize(("text", "entity_type", "piece"), POSITIVES)
def test_a_person_s_detail_is_found_whole(text: str, entity_type: str, piece: str) -> None:
    assert (entity_type, piece) in found(text)


NEGATIVES = [
    "Bump the library from 4.17.20 to 4.17.21",
    "Will you come in May? Mark my words, April showers.",
    "on Monday, in 2023, since June 2021, next Friday",
    "Dear all, Hi there, Hello World!",
    'file name: "Report Final", class_name = "UserModel"',
    "2024-03-01T12:00:00Z INFO started, 2024-03-01 12:00:00,123 ERROR failed",
    "chapter 12 the street, 10 people in the street",
    "3D IMMERSIVE EXPERIENCES at 5:00 AM. The place is open",
    "during 13 minutes, spring 2007, substr 5",
    "@property\ndef a(self): ...\n@media (x) {}\n@types/node",
    "die besten Käufer 19,9 % bei „Beste Kunden“.\n[f12] Die Zahl der Kunden“.\n[f13] beträgt",
    "40 Bestellungen liegen im Median 42 Stück, im Durchschnitt 44",
    "username is required; user not found",
    "30 years of experience, 5 months ago",
    "Paris Hilton hotel, a Galaxy S22 and a Boeing 737",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_ordinary_words_stay(text: str) -> None:
    assert found(text) == []
