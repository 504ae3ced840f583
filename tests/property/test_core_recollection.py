"""What a settled beginning tells about later texts is what its own texts would tell, and no text of them is kept."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.loader import load_policies
from policies.model import Action
from proxy.core.findings import Finding
from proxy.core.jsontext import Document, parse
from proxy.core.links import MANY
from proxy.core.recollection import Known, Lookup, LookupWriter, Recollection, Spot, Told
from proxy.core.scrambler import Decision, Scrambler, Tally
from proxy.core.seen import SeenValues
from proxy.core.settled import Settled, Uncut, settled_of
from proxy.core.slots import TextSlot
from proxy.core.surrogates import Naming
from proxy.detectors.operators import OneWay
from proxy.dialects.openai_chat import CHAT
from proxy.services import token_types
from tests.property.core_cases import KEY, bounded

POLICY = load_policies(None)["balanced"]
VALUES = [
    ("PERSON", "Alice Marsh"),
    ("PERSON", "Dr Alice Marsh"),
    ("PERSON", "Alice Keller"),
    ("PERSON", "Zoë O'Neil-Marsh"),
    ("PERSON", "Alice"),
    ("PERSON", "Marsh"),
    ("LOCATION", "Marsh"),
    ("PERSON", "İlker Öz"),
    ("EMAIL_ADDRESS", "alice.marsh@example.com"),
    ("EMAIL_ADDRESS", "ALICE.MARSH@example.com"),
    ("PHONE_NUMBER", "+1 415 555 0100"),
    ("PHONE_NUMBER", "+1 415 555 0101"),
    ("LOCATION", 'the "old"\tmill'),
    ("IBAN_CODE", "GB33BUKB20201555555555"),
    ("DATE_TIME", "1 May"),
    ("ID", "(1) x-" + "long " * 60),
    ("ID", "(1) X-" + "long " * 60 + "er"),
]
WORDS = ["and", "mark", "alice", "MARSH", "one", "\u0130lker", "PERSON_K7Q2M9XA", "\\", '"', "日本", "é_", "tel", "X"]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[Finding]]:
    """Words and values, some of which nobody found, some glued to what stands beside them."""
    text, findings = "", []
    for entity_type, value in draw(st.lists(st.sampled_from([*VALUES, *(("", word) for word in WORDS)]), max_size=6)):
        if entity_type and draw(st.integers(0, 3)):
            findings.append(Finding(len(text), len(text) + len(value), entity_type, 0.9, "test"))
        text += value + draw(st.sampled_from([" ", " ", ", ", ""]))
    return text, findings


def scrambler() -> Scrambler:
    naming = Naming(KEY)
    return Scrambler(POLICY, naming, OneWay(KEY, 2026), token_types(POLICY))


def body_of(cases: Sequence[tuple[str, list[Finding]]], *, ascii_only: bool, head: str = "") -> Document:
    messages = [{"role": "user", "content": text} for text, _ in cases]
    return parse(json.dumps({"model": head, "messages": messages}, ensure_ascii=ascii_only))


def scrambled(
    made: Scrambler, slots: Sequence[TextSlot], cases: Sequence[tuple[str, list[Finding]]]
) -> list[tuple[Decision, ...]]:
    told = {("messages", number, "content"): findings for number, (_, findings) in enumerate(cases)}
    return [made.text(slot.text, slot.kind, told.get(slot.path, ())) for slot in slots]


def inside(body: Document) -> list[TextSlot]:
    slots = CHAT.request_slots(body)
    return list(slots.texts[slots.ahead : slots.ahead + slots.inside])


Cases = list[tuple[str, list[Finding]]]


@bounded(300)
@given(cases=st.lists(texts(), min_size=1, max_size=6), cuts=st.lists(st.integers(1, 5)), ascii_only=st.booleans())
@example(cases=[("Alice Marsh", [Finding(0, 11, "PERSON", 1.0, "t")]), ("to Marsh", [])], cuts=[1], ascii_only=True)
def test_what_follows_is_decided_as_if_all_texts_were_read(cases: Cases, cuts: list[int], ascii_only: bool) -> None:  # noqa: FBT001
    eager = scrambler()
    whole = body_of(cases, ascii_only=ascii_only)
    wanted = scrambled(eager, inside(whole), cases)
    settled, done = Settled(b""), 0
    for cut in [*sorted({cut for cut in cuts if cut < len(cases)}), len(cases)]:
        body = body_of(cases[:cut], ascii_only=ascii_only, head="m" * cut)  # the array stands elsewhere in each turn
        base = body.containers[("messages",)][0]
        slots = inside(body)
        made = scrambler()
        made.take_over(settled.found, settled.replaced, settled.types)
        made.go_on_from(settled.recollection(body.text, base))
        decisions = scrambled(made, slots[done:], cases)
        assert decisions == wanted[done : len(slots)]
        issued = Uncut(settled, body.text, base, made.issued)
        after = settled_of(body.text, base, settled, slots[done:], decisions, b"behind")
        assert after is not None
        assert dict(issued) == after.originals(body.text, base)
        settled, done = after, len(slots)
    assert dict(issued) == eager.issued
    assert (made.tally, made.issued_types) == (eager.tally, eager.issued_types)
    assert Tally(dict(settled.found), {}, settled.replaced) == eager.tally


def settled_case() -> tuple[Settled, str, int]:
    cases = [
        (f"{value} and so on", [Finding(0, len(value), entity_type, 0.9, "test")]) for entity_type, value in VALUES
    ]
    body = body_of(cases, ascii_only=True)
    base, slots = body.containers[("messages",)][0], inside(body)
    settled = settled_of(body.text, base, Settled(b""), slots, scrambled(scrambler(), slots, cases), b"")
    assert settled is not None
    return settled, body.text, base


def test_nothing_that_is_kept_holds_a_text_of_the_conversation() -> None:
    settled, _, _ = settled_case()
    held, waiting, told = set[int](), [settled], list[str]()
    while waiting:
        thing = waiting.pop()
        if id(thing) in held or isinstance(thing, type):
            continue
        held.add(id(thing))
        if isinstance(thing, str):
            told.append(thing)
        waiting += gc.get_referents(thing)
    assert any(text.startswith("PERSON_") for text in told)
    for _, value in VALUES:
        for word in value.split():
            assert len(word) < 4 or not [text for text in told if word.lower() in text.lower()]


def test_two_words_with_one_hash_cost_a_look_and_nothing_else() -> None:
    body = "[Alice Marsh, Bob Keller"
    spots = Spot(1, 12, 1), Spot(14, 24, 1)
    both = tuple(Known(spot, "PERSON", None, f"PERSON_{spot.start}", ()) for spot in spots)  # type: ignore[arg-type]
    lookup = Lookup(
        {hash(("PERSON", "Bob Keller")): both},
        {hash("keller"): spots},
        {hash("bob"): ((0, 3),)},
        {hash((0, "bob keller")): tuple((spot, "PERSON") for spot in spots)},
    )
    told = Recollection(lookup, {"T": spots[0]}, f"xx{body}", 2)
    assert (told.token("PERSON", "Bob Keller"), told.token("PERSON", "Alice Marsh")) == ("PERSON_14", None)
    assert list(told.persons("keller")) == [("bob", "keller")]
    assert [form.text for form, _ in told.values(0, "bob keller")] == ["Bob Keller"]
    assert (told.original("T"), told.original("U")) == ("Alice Marsh", None)


def test_what_is_known_of_many_repeats_is_known_once() -> None:
    text, before, counts = "[ " + "Alice Marsh " * 1000, Lookup(), []
    for turn in range(3):
        writer = LookupWriter(Recollection(before, {}, text, 0))
        for number in range(300):
            spot = Spot(2 + 12 * (300 * turn + number), 13 + 12 * (300 * turn + number), 1)
            writer.add("Alice Marsh", Known(spot, "PERSON", Action.SCRAMBLE, "T", ((spot, "PERSON"),)), ["Alice Marsh"])
        before = writer.behind()
        tables = (before.originals, before.persons, before.places, before.values)
        counts.append([sorted(map(len, table.values())) for table in tables])
        assert (len(before.noted), before.size) == (2, 11)
    assert counts == [[[1], [1, 1], [1, 2], [1, 1, 1]]] * 3


@pytest.mark.parametrize("same", ["names", "heads"])
def test_to_note_a_value_costs_the_same_however_many_resemble_it(monkeypatch: pytest.MonkeyPatch, same: str) -> None:
    """Thousands of namesakes in one request would keep all others waiting."""
    reads = Counter[str]()
    read = Spot.read

    def counted(spot: Spot, text: str, base: int) -> str:
        reads["all"] += 1
        return read(spot, text, base)

    monkeypatch.setattr(Spot, "read", counted)
    many = [f"John {letters(number)}" if same == "names" else f"{'x' * 300} {number}" for number in range(1200)]
    text, lookup, told = "[" + " ".join(many), Lookup(), []
    place = 1
    for turn in range(2):
        writer = LookupWriter(Recollection(lookup, {}, text, 0))
        reads.clear()
        for value in many[600 * turn : 600 * (turn + 1)]:
            spot = Spot(place, place + len(value), 1)
            kind = "PERSON" if same == "names" else "ID"
            writer.add(value, Known(spot, kind, Action.SCRAMBLE, value, ((spot, kind),)), [value])
            place += len(value) + 1
        lookup = writer.behind()
        told.append(reads["all"])
    assert told[1] <= 3 * 600
    told_of = Recollection(lookup, {}, text, 0)
    reads.clear()
    assert len(list(told_of.persons("john"))) == (MANY + 1 if same == "names" else 0)


def letters(number: int) -> str:
    return "".join("abcdefghijklmnop"[digit] for digit in (number // 256, number // 16 % 16, number % 16)).title()


def test_heads_that_nothing_begins_with_are_not_kept() -> None:
    """A long text has no end of them."""
    text = "[" + " ".join(f"a{'x' * length}@b.example" for length in range(60))
    writer, place = LookupWriter(Recollection(Lookup(), {}, text, 0)), 1
    for value in text[1:].split():
        spot = Spot(place, place + len(value), 1)
        writer.add(value, Known(spot, "EMAIL_ADDRESS", Action.SCRAMBLE, value, ((spot, "EMAIL_ADDRESS"),)), [value])
        place += len(value) + 1
    seen = SeenValues()
    seen.go_on_from(Recollection(writer.behind(), {}, text, 0))
    assert seen.find(" ".join(f"a {number} ax" for number in range(2000))) == []
    assert len(seen._asked) <= 120


def test_lookups_that_are_made_late_are_those_of_each_turn() -> None:
    """What is asked for in no turn is indexed when somebody asks at last."""
    text, knowns, place = "[", [], 1
    for entity_type, value in VALUES:
        raw = json.dumps(value)[1:-1]
        spot = Spot(place, place + len(raw), 1)
        knowns.append(Known(spot, entity_type, Action.SCRAMBLE, f"{entity_type}_{place}", ((spot, entity_type),)))
        text += raw + "|"
        place = len(text)
    late, eager = Told(), Lookup()
    for start in range(0, len(knowns), 3):
        added = knowns[start : start + 3]
        writer = LookupWriter(Recollection(eager, {}, text, 0))
        for known in added:
            writer.add(known.spot.read(text, 0), known, [known.spot.read(text, 0)])
        eager = writer.behind()
        late = late.and_then(added, text, 0)
        assert late.size >= eager.size
    assert late.lookup(f"xx{text}", 2) == eager
    assert late.size == eager.size


def test_a_text_that_repeats_a_name_tells_it_once() -> None:
    """A list of one name a thousand times must not take the room of other conversations."""

    def size(times: int) -> int:
        text = "Alice Marsh, " * times
        cases = [(text, [Finding(13 * at, 13 * at + 11, "PERSON", 0.9, "test") for at in range(times)])]
        body = body_of(cases, ascii_only=True)
        settled = settled_of(
            body.text,
            body.containers[("messages",)][0],
            Settled(b""),
            inside(body),
            scrambled(scrambler(), inside(body), cases),
            b"",
        )
        assert settled is not None
        assert len(settled.edits) == times
        return settled.told.size

    assert size(1000) == size(1)
