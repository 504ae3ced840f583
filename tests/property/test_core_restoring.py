"""Restoring undoes scrambling, and any cutting of an answer gives the same text."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.model import Action, Policy, Rule
from proxy.core.findings import Finding, disjoint
from proxy.core.jsontext import splice
from proxy.core.jsonwriting import JsonWriting, ProseWriting
from proxy.core.links import Persons
from proxy.core.prefixes import Prefixes
from proxy.core.restorer import ChannelRestorer, Originals, PlainWriting, RestoreTally, Writing, restore
from proxy.core.scrambler import BETWEEN, Decision, Scrambler
from proxy.core.slots import Kind, TextSlot
from proxy.core.surrogates import Naming
from tests.property.core_cases import (
    ISSUED,
    KEY,
    TYPES,
    VOCABULARY,
    answers,
    any_text,
    bounded,
    cut,
    one_way,
    scrambled,
    scrambler,
    texts_with_findings,
    token_of,
)

Case = tuple[str, list[Finding]]
MIXED = Policy(
    name="mixed",
    entities={"DATE_TIME": Rule(action=Action.KEEP), "ID": Rule(action=Action.OBSERVE), "SSN": Rule(min_score=0.5)},
)


@bounded(250)
@given(texts_with_findings())
@example(("tel+49301234567X4111", [Finding(12, 15, "ID", 0.9, "d"), Finding(16, 20, "PERSON", 0.9, "d")]))
def test_restoring_undoes_scrambling_to_the_letter(case: Case) -> None:
    text, findings = case
    exchange = scrambler()
    away = scrambled(text, exchange.text(text, Kind.TEXT, findings))
    assert restore(away, Originals(exchange.issued), RestoreTally()) == text


@bounded(150)
@given(texts_with_findings())
@example(("AB12CD34", [Finding(0, 4, "DATE_TIME", 0.9, "d"), Finding(4, 8, "PERSON", 0.9, "d")]))
@example(
    (
        "ABCDEFGH",
        [Finding(2, 4, "ID", 0.9, "d"), Finding(4, 5, "DATE_TIME", 0.9, "d"), Finding(5, 8, "PERSON", 0.9, "d")],
    )
)
def test_values_that_stay_in_clear_do_not_stand_in_the_way_of_restoring(case: Case) -> None:
    text, findings = case
    exchange = scrambler(MIXED)
    decisions = exchange.text(text, Kind.TEXT, findings)
    assert all(one.end <= other.start for one, other in itertools.pairwise(decisions))
    assert restore(scrambled(text, decisions), Originals(exchange.issued), RestoreTally()) == text


@bounded(150)
@given(texts_with_findings())
@example(("Jane5551234", [Finding(0, 4, "PERSON", 0.9, "d"), Finding(4, 11, "PHONE_NUMBER", 0.9, "d")]))
def test_tokens_behind_one_way_results_are_restored_too(case: Case) -> None:
    text, findings = case
    exchange = scrambler(Policy(name="test", entities={"PERSON": Rule(action=Action.REDACT)}))
    decisions = exchange.text(text, Kind.TEXT, findings)
    tally = RestoreTally()
    restore(scrambled(text, decisions), Originals(exchange.issued), tally)
    assert tally.restored == sum(decision.action is Action.SCRAMBLE for decision in decisions)


@bounded(120)
@given(texts_with_findings())
def test_every_found_character_is_covered_by_a_decision(case: Case) -> None:
    text, findings = case
    decisions = scrambler().text(text, Kind.TEXT, findings)
    covered = {place for decision in decisions for place in range(decision.start, decision.end)}
    for finding in findings:
        for place in range(finding.start, finding.end):
            assert place in covered or text[place].isspace() or text[place] in BETWEEN


@bounded(120)
@given(st.lists(texts_with_findings(), max_size=4))
def test_a_conversation_comes_back_to_the_letter(cases: list[Case]) -> None:
    exchange = scrambler()
    away = [scrambled(text, exchange.text(text, Kind.TEXT, findings)) for text, findings in cases]
    originals = Originals(exchange.issued)
    assert [restore(text, originals, RestoreTally()) for text in away] == [text for text, _ in cases]


@bounded(150)
@given(st.lists(texts_with_findings(), min_size=1, max_size=4), st.lists(texts_with_findings(), max_size=3))
def test_decisions_on_earlier_texts_do_not_depend_on_later_ones(cases: list[Case], later: list[Case]) -> None:
    short, long = scrambler(), scrambler()
    first = [short.text(text, Kind.TEXT, findings) for text, findings in cases]
    second = [long.text(text, Kind.TEXT, findings) for text, findings in [*cases, *later]]
    assert second[: len(first)] == first


@bounded(150)
@given(st.lists(texts_with_findings(), max_size=5), st.integers(0, 5))
@example(([("X4111 a", [Finding(1, 5, "ID", 0.9, "d")]), ("a 4111 b", [])]), 1)
def test_a_recalled_prefix_is_as_good_as_a_fresh_one(cases: list[Case], remembered: int) -> None:
    fresh = scrambler()
    decisions = [fresh.text(text, Kind.TEXT, findings) for text, findings in cases]
    again = scrambler()
    memory = Prefixes(KEY, 100)
    digest = memory.start("context")
    for (text, _), made in zip(cases[:remembered], decisions, strict=False):
        digest = memory.behind(digest, TextSlot((), text, Kind.TEXT, ()))
        memory.put(digest, made)
        recalled = memory.get(digest)
        assert recalled is not None
        again.recall(text, recalled)
        again.relive(text, recalled)
    rest = [again.text(text, Kind.TEXT, findings) for text, findings in cases[remembered:]]
    assert rest == decisions[remembered:]
    assert again.issued == fresh.issued
    assert again.tally == fresh.tally


def test_a_prefix_digest_tells_texts_kinds_and_contexts_apart() -> None:
    memory = Prefixes(KEY, 2)

    def digest(context: str, *texts: tuple[str, Kind]) -> bytes:
        running = memory.start(context)
        for text, kind in texts:
            running = memory.behind(running, TextSlot((), text, kind, ()))
        return running

    seen = {
        digest("a", ("bc", Kind.TEXT)),
        digest("a", ("b", Kind.TEXT), ("c", Kind.TEXT)),
        digest("a", ("bc", Kind.KEY)),
        digest("ab", ("c", Kind.TEXT)),
        digest("a", ("", Kind.TEXT), ("bc", Kind.TEXT)),
    }
    assert len(seen) == 5
    for number, one in enumerate(sorted(seen)):
        memory.put(one, (Decision(number, number, "ID", Action.KEEP, None),))
    assert len(memory) == 2


def _in_pieces(text: str, sizes: list[int], originals: Originals, writing: Writing) -> tuple[str, RestoreTally]:
    tally = RestoreTally()
    channel = ChannelRestorer(originals, tally, writing)
    settled = [piece for part in cut(text, sizes) for piece in channel.feed(part)] + channel.finish()
    assert sum(piece.length for piece in settled) == len(text)
    assert channel.ended
    return "".join(piece.text for piece in settled), tally


@bounded(250)
@given(answers, st.lists(st.integers(1, 9), min_size=1, max_size=6), st.booleans())
def test_any_cutting_gives_the_same_text_and_the_same_counts(text: str, sizes: list[int], json: bool) -> None:  # noqa: FBT001 - drawn
    whole_tally = RestoreTally()
    originals = Originals(ISSUED)
    whole = restore(text, originals, whole_tally, JsonWriting() if json else None)
    for cuts in (sizes, [1]):
        pieces, tally = _in_pieces(text, cuts, originals, JsonWriting() if json else PlainWriting())
        assert pieces == whole
        assert tally == whole_tally


def _answered(store: dict[str, str], originals: Originals) -> dict[str, str]:
    assert originals.wanted
    return {token: store[token] for token in originals.wanted if token in store}


@bounded(150)
@given(answers, st.lists(st.integers(1, 9), min_size=1, max_size=6), st.sets(st.sampled_from(sorted(ISSUED))))
def test_looking_tokens_up_gives_the_same_text_however_it_is_cut(text: str, sizes: list[int], known: set[str]) -> None:
    issued = {token: ISSUED[token] for token in known}
    expected_tally = RestoreTally()
    expected = restore(text, Originals(ISSUED | issued), expected_tally)
    for cuts in (sizes, [1], [len(text) or 1]):
        originals = Originals(issued, VOCABULARY)
        tally = RestoreTally()
        channel = ChannelRestorer(originals, tally, PlainWriting())
        out = []
        for part in [*cut(text, cuts), None]:
            out += channel.finish() if part is None else channel.feed(part)
            while originals.wanted:
                originals.supply(_answered(ISSUED, originals))
                out += channel.feed("")
        assert "".join(piece.text for piece in out) == expected
        assert (tally.restored, tally.mangled) == (expected_tally.restored, expected_tally.mangled)


@bounded(120)
@given(answers)
def test_a_whole_text_needs_one_look_up_at_most(text: str) -> None:
    originals = Originals({}, VOCABULARY)
    first = restore(text, originals, RestoreTally())
    if originals.wanted:
        originals.supply(_answered(ISSUED, originals))
        first = restore(text, originals, RestoreTally())
    assert not originals.wanted
    assert first == restore(text, Originals(ISSUED), RestoreTally())


def test_two_stored_tokens_in_one_text_are_both_restored() -> None:
    one, other = token_of("K7Q2M9X"), token_of("ABCDEFG")
    text = f"{one} met {other}."
    originals = Originals({}, VOCABULARY)
    restore(text, originals, RestoreTally())
    assert originals.wanted == {one, other}
    originals.supply({one: "Jane", other: "Joe"})
    assert restore(text, originals, RestoreTally()) == "Jane met Joe."


def test_restored_text_is_never_looked_at_again() -> None:
    one, other = token_of("K7Q2M9X"), token_of("ABCDEFG")
    assert restore(one, Originals({one: other, other: "never"}), RestoreTally()) == other


def test_two_spellings_whose_tokens_are_equal_get_different_ones() -> None:
    spellings = [" ".join(["x"] * 1) + " " * number + "y" for number in range(1, 400)]
    naming = Naming(KEY)
    tokens = {spelling: naming.token("PERSON", spelling) for spelling in spellings}
    assert len(set(tokens.values())) == len(spellings), "1024 spellings have room: some of these collide at first"
    assert any(naming.attempts.values())
    assert {spelling: naming.token("PERSON", spelling) for spelling in spellings} == tokens


def test_a_collision_found_in_the_vault_names_the_value_anew() -> None:
    naming = Naming(KEY)
    first = naming.token("PERSON", "Jane Doe")
    naming.collided("PERSON", "Jane Doe")
    assert naming.token("PERSON", "Jane Doe") != first


def test_what_cannot_be_an_entity_type_never_becomes_a_token() -> None:
    with pytest.raises(ValueError, match="cannot be an entity type"):
        scrambler().text("Jane", Kind.TEXT, [Finding(0, 4, "a person", 0.9, "d")])


def test_names_of_tools_are_reported_or_blocked_never_replaced() -> None:
    finding = [Finding(0, 4, "PERSON", 0.9, "d")]
    (decision,) = scrambler().text("Jane", Kind.NAME, finding)
    assert (decision.action, decision.new) == (Action.OBSERVE, None)
    blocking = scrambler(Policy(name="test", identifiers="block"))
    (decision,) = blocking.text("Jane", Kind.NAME, finding)
    assert (decision.action, decision.new) == (Action.BLOCK, None)
    assert blocking.tally.blocked == {"PERSON": 1}


def test_signed_text_with_a_finding_is_blocked() -> None:
    (decision,) = scrambler().text("Jane", Kind.SIGNED, [Finding(0, 4, "PERSON", 0.9, "d")])
    assert (decision.action, decision.new) == (Action.BLOCK, None)


def test_a_known_value_that_runs_into_a_look_alike_is_still_hidden() -> None:
    exchange = scrambler()
    exchange.text("Anna Person", Kind.TEXT, [Finding(0, 11, "PHONE_NUMBER", 0.9, "d")])
    look_alike = token_of("K7Q2M9X").title().replace("_", " ")
    text = f"Anna {look_alike}"
    away = scrambled(text, exchange.text(text, Kind.TEXT, []))
    assert "Anna" not in away
    assert restore(away, Originals(exchange.issued), RestoreTally()) == text


def test_tokens_that_the_client_may_keep_pass_as_they_are() -> None:
    token = token_of("K7Q2M9X")
    exchange = Scrambler(Policy(name="test"), Naming(KEY), one_way, VOCABULARY, {token})
    assert exchange.text(f"ask {token}", Kind.TEXT, []) == ()


def _by_hand(findings: list[Finding]) -> dict[int, str]:
    """Type per character: the best-ranked finding that covers it."""
    best = sorted(findings, key=lambda one: (-one.length, -one.score, one.start, one.entity_type))
    return {
        place: next(one.entity_type for one in best if one.start <= place < one.end)
        for place in {place for one in findings for place in range(one.start, one.end)}
    }


@bounded(150)
@given(texts_with_findings())
def test_disjoint_findings_cover_the_same_characters_with_the_best_type(case: Case) -> None:
    _, findings = case
    result = disjoint(findings)
    assert all(one.end <= other.start for one, other in itertools.pairwise(result))
    assert {place: one.entity_type for one in result for place in range(one.start, one.end)} == _by_hand(findings)


# --- rule 5: what was found once is found again ---------------------------------------------------------------------

names = st.sampled_from(
    ["Jane Doe", "Ann-Marie O'Neil", "Jürgen Groß", "4111 1111 1111 1111", "jane@example.com", "Acme Corp."]
)


@bounded(60)
@given(
    names,
    st.sampled_from(["{}", "so {}, yes", "({})", "\n{}\n", "a {} b"]),
    st.sampled_from([str, str.lower, str.upper]),
)
def test_a_value_found_once_is_found_again_in_later_texts(value: str, around: str, spelt: object) -> None:
    assert callable(spelt)
    exchange = scrambler()
    exchange.text(f"I am {value}.", Kind.TEXT, [Finding(5, 5 + len(value), "EMAIL_ADDRESS", 0.9, "d")])
    written = spelt(value)
    text = around.format(written)
    if len(written) == len(value):
        assert written not in scrambled(text, exchange.text(text, Kind.TEXT, []))


def test_the_parts_of_a_full_name_are_found_again_but_not_the_verb() -> None:
    exchange = scrambler()
    exchange.text("Mark Twainer", Kind.TEXT, [Finding(0, 12, "PERSON", 0.9, "d")])
    away = scrambled("Mark will mark Twainers", exchange.text("Mark will mark Twainers", Kind.TEXT, []))
    assert away.endswith(" will mark Twainers")


def test_a_long_value_is_found_again_in_full() -> None:
    value = "word " * 100 + "end"
    exchange = scrambler()
    exchange.text(value, Kind.TEXT, [Finding(0, len(value), "ID", 0.9, "d")])
    assert exchange.text(value.upper(), Kind.TEXT, []) != ()
    assert exchange.text(value[:-1] + "f", Kind.TEXT, []) == ()


def _family(token: str) -> str:
    return token.rpartition("_")[2][:5]


def test_spellings_of_one_person_are_linked() -> None:
    naming = Naming(KEY)
    naming.persons.meet("Jane Doe")
    full = naming.token("PERSON", "Jane Doe")
    for entity_type, value in (("PERSON", "Mrs. Doe"), ("PERSON", "JANE"), ("EMAIL_ADDRESS", "jane.doe@example.com")):
        assert _family(naming.token(entity_type, value)) == _family(full)
    assert _family(naming.token("EMAIL_ADDRESS", "jane@example.com")) != _family(full)


def test_no_link_is_made_where_two_persons_fit_and_none_is_revised() -> None:
    naming = Naming(KEY)
    naming.persons.meet("Jane Doe")
    linked = naming.token("PERSON", "Doe")
    naming.persons.meet("John Doe")
    assert naming.persons.linked("PERSON", "Doe") is None
    assert naming.token("PERSON", "Doe") == linked
    assert _family(naming.token("PERSON", "DOE")) not in {_family(linked), _family(naming.token("PERSON", "John Doe"))}


@bounded(100)
@given(
    st.lists(st.sampled_from(["Jane Doe", "John Doe", "Jane Roe", "Doe Jane Ann"]), max_size=4),
    st.sampled_from(["Doe", "Jane", "Ann", "Jane Doe"]),
)
def test_a_link_is_made_exactly_when_one_person_fits(met: list[str], part: str) -> None:
    persons = Persons()
    for name in met:
        persons.meet(name)
    fitting = {name.casefold() for name in met if set(part.split()) <= set(name.split())}
    assert persons.linked("PERSON", part) == (fitting.pop() if len(fitting) == 1 else None)


@bounded(60)
@given(any_text, st.sampled_from(TYPES))
def test_no_original_shows_in_a_repr(text: str, entity_type: str) -> None:
    original = f"original {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
    exchange = scrambler()
    decisions = exchange.text(original, Kind.TEXT, [Finding(0, len(original), entity_type, 0.9, "d")])
    shown = repr((decisions, Originals(exchange.issued), exchange.naming, TextSlot((), original, Kind.TEXT, ())))
    assert original not in shown
    assert splice(original, []) == original


@bounded(300)
@given(
    st.lists(
        st.sampled_from(['{"', '["', "[{", "```json\n", "```", "5", '"', ":", "}", "]", "N", " ", "\\", "1", "[["]),
        max_size=12,
    ),
    st.integers(1, 7),
)
def test_what_may_be_json_is_told_however_it_is_cut(parts: list[str], size: int) -> None:
    text, whole, cut = "".join(parts), ProseWriting(), ProseWriting()
    whole.passed(text)
    for start in range(0, len(text), size):
        cut.passed(text[start : start + size])
    assert cut.depth() == whole.depth()
    assert cut.written('a"b') == whole.written('a"b')
