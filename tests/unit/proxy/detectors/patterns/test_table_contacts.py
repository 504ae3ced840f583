"""E-mail, telephone, web, network: what is found and what is left alone. All values are made up."""

from __future__ import annotations

import pytest

from proxy.detectors.base import Profile
from tests.unit.proxy.detectors.patterns.table import found

POSITIVES = [
    ("voicemail_+442079460958_3.wav", "PHONE_NUMBER", "+442079460958"),
    ("write to jane.doe@example.com.", "EMAIL_ADDRESS", "jane.doe@example.com"),
    ("mailto:Jane_Doe+tag@mail.example.co.uk?subject=x", "EMAIL_ADDRESS", "Jane_Doe+tag@mail.example.co.uk"),
    ("jörg@müller.example", "EMAIL_ADDRESS", "jörg@müller.example"),
    ("reach me: jane (at) example (dot) com", "EMAIL_ADDRESS", "jane (at) example (dot) com"),
    ("jane at example dot org is fine", "EMAIL_ADDRESS", "jane at example dot org"),
    ("pay rahul@okaxis today", "EMAIL_ADDRESS", "rahul@okaxis"),
    ("email LIKE 'jdoe77@%' ORDER BY 1", "EMAIL_ADDRESS", "jdoe77@%"),
    ("venmo me @d-king-22 please", "USERNAME", "d-king-22"),
    ("my extension is 4471, thanks", "PHONE_NUMBER", "4471"),
    ("Dr Nwosu's pager: 2217", "PHONE_NUMBER", "2217"),
    ("ssh deploy@10.20.30.40 uptime", "IP_ADDRESS", "10.20.30.40"),
    ("call +49 30 901820 now", "PHONE_NUMBER", "+49 30 901820"),
    ("call (415) 555-0132", "PHONE_NUMBER", "(415) 555-0132"),
    ("tel. 415.555.0132 x12", "PHONE_NUMBER", "415.555.0132 x12"),
    ("ruf 0171 2345678 an", "PHONE_NUMBER", "0171 2345678"),
    ("appelle le 06 12 34 56 78", "PHONE_NUMBER", "06 12 34 56 78"),
    ("Handy 0176 5550 1234", "PHONE_NUMBER", "0176 5550 1234"),
    ("Viele Grüße, 0176-5550-1234", "PHONE_NUMBER", "0176-5550-1234"),
    ("soy paco, tlf 612 345 678", "PHONE_NUMBER", "612 345 678"),
    ("her insta is @harleen.kaur.paints", "USERNAME", "harleen.kaur.paints"),
    ("my mobile is 78 651 450", "PHONE_NUMBER", "78 651 450"),
    ("no message on my registered 668 5702 yet", "PHONE_NUMBER", "668 5702"),
    ("012 3456 office, 668 5702 office", "PHONE_NUMBER", "668 5702"),
    ("see https://wiki.example.org/a/b?c=d#e.", "URL", "https://wiki.example.org/a/b?c=d#e"),
    ("at www.example.net, then", "URL", "www.example.net"),
    ("my site is janedoe.com", "URL", "janedoe.com"),
    ("I log in at academics.harlow.in to book", "URL", "academics.harlow.in"),
    ("from 203.0.113.77:8443", "IP_ADDRESS", "203.0.113.77"),
    ("net 198.51.100.0/24", "IP_ADDRESS", "198.51.100.0/24"),
    ("v6 2001:db8:85a3::8a2e:370:7334 up", "IP_ADDRESS", "2001:db8:85a3::8a2e:370:7334"),
    ("hw 00:1b:44:11:3a:b7", "MAC_ADDRESS", "00:1b:44:11:3a:b7"),
    ("port 001b.4411.3ab7", "MAC_ADDRESS", "001b.4411.3ab7"),
]


@pytest.mark.parametrize(("text", "entity_type", "piece"), POSITIVES)
def test_a_contact_is_found_whole(text: str, entity_type: str, piece: str) -> None:
    assert (entity_type, piece) in found(text)


NEGATIVES = [
    "card 4155 5501 3288 and ticket 0004-5550-1234",
    "meet me @ noon, user@localhost is no address and @app.route is code",
    "look at the dot in the middle",
    "import main.py and README.md, then node.js and std::vector<int>",
    "version 1.2.3.4 of the firmware, v10.0.0.1, left-pad@1.2.3.4",
    "listen on 127.0.0.1 or 0.0.0.0, port 8080",
    "at 12:34:56 and 10:20, ratio 3:2:1",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "commit 3fa9b1c and 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "2023-01-15, 15.01.2023, 2019-2023, 1999/2000",
    "1 234 567 890 people and 12.345.678 rows",
    "order 4155550132, invoice 0171234567, tracking 1234567890123",
    "for x in self.request.app and in this.state.me, see rows.first.at",
    "x = 100 - 200 - 300; y = 415-555; 12345-678",
    "price 229133.94 and 4465.00 0.00",
    "timestamp 1700000000 and 1700000000123",
    "margin: 10px 20px 30px; color: #ff00aa;",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_what_only_looks_like_a_contact_stays(text: str) -> None:
    assert found(text, "EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS", "MAC_ADDRESS", "URL") == []


@pytest.mark.parametrize("text", ["we use @app.route here", "on Instagram we import @angular/core, see @pkg.sub()"])
def test_names_with_dots_in_code_are_no_handles(text: str) -> None:
    assert found(text, "USERNAME") == []


def test_national_formats_follow_the_regions_of_the_profile() -> None:
    assert found("0171 2345678", profile=Profile(regions=("DE",))) == [("PHONE_NUMBER", "0171 2345678")]
    assert found("0171 2345678", "PHONE_NUMBER", profile=Profile(regions=("US",))) == []
