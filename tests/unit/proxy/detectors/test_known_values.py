"""Known values: what is found, what is left alone, how indexes are kept, and how findings join the chain's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from policies.db import Database, DatabaseUnavailable, open_database
from policies.sealing import Sealer
from policies.settings import load_settings
from policies.values import Chunk, Upload, ValueLists
from proxy.core.findings import Finding
from proxy.detectors.base import DetectionFailed, Profile
from proxy.detectors.known_dates import date_spellings
from proxy.detectors.known_index import KnownIndex, fit, joined, rows_of
from proxy.detectors.known_match import find
from proxy.detectors.known_phones import spellings
from proxy.detectors.known_values import KnownValues, KnownValuesDetector, merged
from proxy.detectors.known_words import Codebook

BOOK = Codebook(b"a key of a test.")
VALUES = {
    "PERSON": [
        "John Smith",
        "Bo Lee",
        "Will Young",
        "Margaret Anne Okafor",
        "Müller, Jörg",
        "Hope",
        "Vincent van Gogh",
    ],
    "PHONE_NUMBER": ["+1 415 555 0132", "020 7946 0958", "+49 89 99998971"],
    "IBAN_CODE": ["GB82 WEST 1234 5698 7654 32"],
    "CREDIT_CARD": ["4111111111111111"],
    "EMAIL_ADDRESS": ["js@example.com"],
    "MEMBER_ID": ["C-1001", "(x)77"],
    "DATE_OF_BIRTH": ["1962-01-09"],
    "PASSWORD": ["pa$$word!!"],
}


def index_of(values: dict[str, list[str]]) -> KnownIndex:
    rows = joined(rows_of(listed, kind, place, BOOK) for place, (kind, listed) in enumerate(values.items()))
    return KnownIndex(rows, tuple(values), BOOK)


INDEX = index_of(VALUES)


def found(text: str) -> list[str]:
    return [text[finding.start : finding.end] for finding in find(text, INDEX)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Smith, John came", ["Smith, John"]),
        ("SMITH john came", ["SMITH john"]),
        ("john\n  smith came", ["john\n  smith"]),
        ("get_john_smith_orders", ["john_smith"]),
        ("Mr Smith came, smith left", ["Smith", "smith"]),
        ("Smithson and Johnny Smithers", []),
        ("a blacksmith", []),
        ("Joh\0n Smi\0th came", ["Joh\0n Smi\0th"]),
        ("x=John Smith\0y=1\0", ["John Smith"]),
        ("John S\x08mith came", ["John S\x08mith"]),
        ("Margaret Okafor", ["Margaret Okafor"]),
        ("Lee came; Bo Lee left; then Lee and lee", ["Bo Lee", "Lee"]),
        ("Young people will; Will Young came. Young left, will you", ["Will Young", "Young"]),
        ("we hope; Hope came", ["Hope"]),
        ("Vincent van Gogh took a Van", ["Vincent van Gogh"]),
        ("jorg muller", ["jorg muller"]),
        ("(415) 555-0132", ["415) 555-0132"]),
        ("call +14155550132 now", ["+14155550132"]),
        ("+44 20 7946 0958", ["20 7946 0958"]),
        ("089 99998971, 00498999998971, +49 (0)89 99998971", ["089 99998971", "00498999998971", "49 (0)89 99998971"]),
        ("gb82west12345698765432", ["gb82west12345698765432"]),
        ("4111-1111-1111-1111 and 4111 1111 1111 1112", ["4111-1111-1111-1111"]),
        ("<js@example.com>", ["js@example.com"]),
        ("c 1001, C1001, C-10 01", ["c 1001"]),
        ("id (x)77!", ["(x)77"]),
        ("born 9 January 1962, 01/09/1962, Jan 9th, 1962", ["9 January 1962", "01/09/1962", "Jan 9th, 1962"]),
        ("it is pa$$word!! indeed", ["pa$$word!!"]),
        ("?name=John%20Smith&x=1", ["John%20Smith"]),
        ("to%3AJohn%2C%20Smith", ["John%2C%20Smith"]),
        ('{"a": "see\\nJohn\\nSmith"}', ["John\\nSmith"]),
        ("C:\\\\okafor and John&nbsp;Smith", ["okafor", "John&nbsp;Smith"]),
        ("", []),
        ("\u200b \n", []),
    ],
)
def test_values_are_found_in_other_case_order_and_spelling_as_whole_words(text: str, values: list[str]) -> None:
    assert found(text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The costs come to 8,531,959.", []),
        ("Die Kosten betragen 8.531.959.", []),
        ("Since April 20252 and in Mai 20252", ["20252", "20252"]),
        ("for the code 531,959 and 5/31/1959", ["531,959", "5/31/1959"]),
        ("born 5, 531959", ["531959"]),
        ("April 2025, d\u00e9cembre 2025, Dez. 2025", []),
        ("Lives in 2025 Sometown, or Mayville 2025", ["2025", "2025"]),
        ("is 202.52, beträgt 202,52, in 20252 Ort", ["20252"]),
    ],
)
def test_the_end_of_a_longer_number_and_the_year_of_a_month_are_no_known_date_or_postcode(
    text: str, values: list[str]
) -> None:
    index = index_of({"POSTCODE": ["20252", "2025 "], "DATE_OF_BIRTH": ["1959-05-31", "531959"]})
    assert [text[finding.start : finding.end] for finding in find(text, index)] == values


def test_findings_carry_the_lists_type_and_full_score() -> None:
    assert find("see C-1001", INDEX) == [Finding(4, 10, "MEMBER_ID", 1.0, "known")]


def test_values_that_stand_in_every_text_cannot_be_known() -> None:
    listed = ["ab", "a", "", "?!", "123", "1234", "x1", "one " * 32, "one " * 33, "a -------------- b"]
    assert fit(listed).tolist() == [True, False, False, False, False, True, True, True, False, False]


def test_an_index_holds_no_value_and_shows_none() -> None:
    assert repr(INDEX) == f"KnownIndex({INDEX.size} rows)"
    assert b"smith" not in INDEX._keys.tobytes().lower()


def test_the_key_decides_the_digests() -> None:
    other = Codebook(b"another key here")
    assert not set(rows_of(["John Smith"], "PERSON", 0, other).keys) & set(
        rows_of(["John Smith"], "PERSON", 0, BOOK).keys
    )


def test_phones_and_dates_have_their_usual_spellings() -> None:
    assert list(spellings("+44 20 7946 0958")) == ["2079460958", "00442079460958", "02079460958", "4402079460958"]
    assert list(spellings("12345")) == []
    assert list(date_spellings("no date")) == []
    assert {"9/1/62", "January 9 1962", "9 de enero de 1962", "09 Januar 1962"} <= set(date_spellings("1962-01-09"))


def test_known_values_take_precedence_over_guesses_and_leave_longer_fixed_forms_whole() -> None:
    text = "Ask John Smith Bakery or john.smith@example.com"
    known = [Finding(4, 14, "PERSON", 1.0, "known"), Finding(25, 35, "PERSON", 1.0, "known")]
    chain = [Finding(4, 21, "ORGANIZATION", 0.9, "x"), Finding(25, 47, "EMAIL_ADDRESS", 1.0, "y")]
    assert merged(text, chain, known, Profile()) == [
        Finding(4, 14, "PERSON", 1.0, "known"),
        Finding(15, 21, "ORGANIZATION", 0.9, "x"),
        Finding(25, 47, "EMAIL_ADDRESS", 1.0, "y"),
    ]
    mild = Profile(rules=(("PERSON", 5, 0.0), ("EMAIL_ADDRESS", 1, 0.0)))
    assert [f.entity_type for f in merged(text, chain[1:], known[1:], mild)] == ["PERSON", "EMAIL_ADDRESS"]
    longer = [Finding(4, 21, "PERSON", 0.9, "x")]
    assert merged(text, longer, known[:1], Profile()) == longer


class Inner:
    """A chain that finds nothing."""

    async def detect(self, texts: Sequence[str], _profile: Profile) -> list[list[Finding]]:
        return [[] for _ in texts]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(load_settings(None, environ={}, overrides={"data_dir": str(tmp_path / "data")}))
    yield opened
    await opened.close()


@pytest.fixture
def lists(database: Database) -> ValueLists:
    return ValueLists(database, Sealer([b"\x01" * 32]))


async def put(lists: ValueLists, tenant: str, *values: str) -> None:
    draft = await lists.begin(tenant, "staff")
    await lists.write(draft, [draft.seal(Chunk("PERSON", values))])
    await lists.commit(draft, replace=True)


async def count(detector: KnownValuesDetector, text: str, tenant: str, **more: object) -> int:
    return len((await detector.detect([text], Profile(tenant=tenant, **more)))[0])  # type: ignore[arg-type] # of a test


async def test_each_tenant_is_looked_at_with_its_own_values_only(lists: ValueLists) -> None:
    await put(lists, "a", "Zug Wellerbrook")
    await put(lists, "b", "Ada Hollerith")
    known = KnownValues(lists)
    await known.start()
    detector = KnownValuesDetector(Inner(), known)
    text = "Wellerbrook met Hollerith"
    assert [await count(detector, text, tenant) for tenant in ("a", "b", "c")] == [1, 1, 0]
    assert (await detector.detect([text], Profile(tenant="a")))[0][0].start == 0
    assert [known.version(tenant) for tenant in "abc"] == [1, 1, 0]
    await known.close()


async def test_a_change_is_seen_without_being_told_and_a_deletion_too(lists: ValueLists) -> None:
    known = KnownValues(lists, poll=0.01)
    await known.start()
    detector = KnownValuesDetector(Inner(), known)
    await put(lists, "a", "Zug Wellerbrook")
    async with asyncio.timeout(5):
        while known.version("a") != 1:  # noqa: ASYNC110 - the poll itself is what is tested
            await asyncio.sleep(0.01)
        assert await count(detector, "wellerbrook", "a") == 1
        await lists.delete("a", "staff")
        while known.version("a") != 2:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
    assert await count(detector, "wellerbrook", "a") == 0
    await known.close()


async def test_the_profile_filters_known_values(lists: ValueLists) -> None:
    await put(lists, "a", "Zug Wellerbrook")
    known = KnownValues(lists)
    await known.start()
    detector = KnownValuesDetector(Inner(), known)
    text = "Zug Wellerbrook"
    assert await count(detector, text, "a", allow=("ZUG WELLERBROOK",)) == 0
    assert await count(detector, text, "a", entity_types=("AGE",)) == 0
    assert await count(detector, text, "a", rules=(("PERSON", -1, 0.0),)) == 0
    assert await count(detector, text, "a", identifiers=True) == 1
    assert await count(detector, "q " * 6_000 + text, "a") == 1
    await known.close()


class Broken:
    """Lists that cannot be read, in one of two ways."""

    def __init__(self, *, versions: bool) -> None:
        self._versions = versions

    async def versions(self) -> dict[str, int]:
        if self._versions:
            return {"a": 1}
        raise DatabaseUnavailable("the database failed")

    async def uploads(self, _tenant: str) -> tuple[int, list[Upload]]:
        raise DatabaseUnavailable("the database failed")

    async def sealed_chunks(self, _upload: Upload) -> AsyncIterator[list[tuple[int, bytes]]]:
        yield []


async def test_lists_that_cannot_be_loaded_refuse_their_tenant_and_nobody_else() -> None:
    known = KnownValues(Broken(versions=True))
    await known.start()
    detector = KnownValuesDetector(Inner(), known)
    with pytest.raises(DetectionFailed):
        await detector.detect(["x"], Profile(tenant="a"))
    assert await detector.detect(["x"], Profile(tenant="b")) == [[]]
    await known.close()


async def test_without_the_versions_nothing_is_detected() -> None:
    detector = KnownValuesDetector(Inner(), known := KnownValues(Broken(versions=False)))
    with pytest.raises(DetectionFailed):
        await known.start()
    with pytest.raises(DetectionFailed):
        await detector.detect(["x"], Profile(tenant="b"))


async def test_after_its_patience_a_stale_index_is_looked_at_anew_and_refuses_when_that_fails(
    lists: ValueLists, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    known = KnownValues(lists, poll=60, patience=10, clock=lambda: now[0])
    await known.start()
    detector = KnownValuesDetector(Inner(), known)
    now[0] = 10.1  # the machine slept
    assert await count(detector, "x", "a") == 0

    async def broken() -> dict[str, int]:
        raise DatabaseUnavailable("the database failed")

    monkeypatch.setattr(lists, "versions", broken)
    assert await count(detector, "x", "a") == 0
    now[0] = 20.3
    with pytest.raises(DetectionFailed):
        await count(detector, "x", "a")
    await known.close()


async def test_values_sealed_under_another_master_key_refuse(lists: ValueLists, database: Database) -> None:
    await put(lists, "a", "Zug Wellerbrook")
    known = KnownValues(ValueLists(database, Sealer([b"\x02" * 32])))
    await known.start()
    with pytest.raises(DetectionFailed):
        await count(KnownValuesDetector(Inner(), known), "x", "a")
    await known.close()
