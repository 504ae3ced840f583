import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.documents import read_document
from policies.lint import doubts
from policies.loader import PolicyError, builtin_documents, compile_policies
from policies.model import Action, Place, Policy, Rule
from policies.places import UNKNOWN, Passage, rules_at
from policies.resolve import at_least_as_strict, stricter, tightened

TYPES = ("PERSON", "AGE", "US_SSN", "CREDIT_CARD")
USER = Passage("request", frozenset({"user"}), frozenset(), frozenset({"gpt-4o"}), frozenset({"openai"}))
SYSTEM = Passage("request", frozenset({"system"}), frozenset(), frozenset({"gpt-4o"}), frozenset({"openai"}))


def some(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), unique=True, max_size=2).map(tuple)


rules = st.builds(Rule, action=st.sampled_from(Action), min_score=st.sampled_from([0.0, 0.5]))
rules |= st.just(Rule(one_way=True))
entities = st.dictionaries(st.sampled_from(TYPES[:3]), rules)
places = st.builds(
    Place,
    direction=st.sampled_from([None, "request", "answer"]),
    roles=some("system", "user", "assistant", "tool"),
    tools=some("crm_*", "mail"),
    models=some("gpt-*", "llama3"),
    providers=some("openai", "ollama"),
    entities=entities,
    default=rules,
    tighten=st.booleans(),
)
policies = st.builds(
    Policy, name=st.just("p"), entities=entities, default=rules, places=st.lists(places, max_size=3).map(tuple)
)


def known(*words: str) -> st.SearchStrategy[frozenset[str] | None]:
    return st.none() | st.frozensets(st.sampled_from(words), max_size=2)


passages = st.builds(
    Passage,
    direction=st.sampled_from([None, "request", "answer"]),
    roles=known("system", "user", "tool"),
    tools=known("crm_find", "mail", "web"),
    models=known("gpt-4o", "llama3", "other"),
    providers=known("openai", "ollama", "third"),
)


def stands_above(one: Rule, other: Rule) -> bool:
    """Whether the first is at least as strict: the other adds nothing to it."""
    both = stricter(one, other)
    return (both.action, both.one_way) == (one.action, one.one_way) and (
        other.action is Action.KEEP or both.min_score == one.min_score
    )


@settings(max_examples=50)
@given(policies, policies, passages)
def test_no_place_loosens_a_floor(policy: Policy, floor: Policy, passage: Passage) -> None:
    result = rules_at(tightened(policy, floor), passage)
    for name in TYPES:
        assert stands_above(result.rule(name), rules_at(policy, passage).rule(name))
        assert stands_above(result.rule(name), rules_at(floor, passage).rule(name))
        assert stands_above(result.rule(name), floor.rule(name))


@settings(max_examples=50)
@given(policies, passages, st.sampled_from(["gpt-4o", "llama3", "other"]), st.sampled_from(["openai", "ollama"]))
def test_what_is_not_known_gets_the_stricter_rules(policy: Policy, passage: Passage, model: str, provider: str) -> None:
    exact = Passage("request", frozenset({"user"}), frozenset(), frozenset({model}), frozenset({provider}))
    half = Passage("request", None, None, frozenset({model, "third"}), None)
    for name in TYPES:
        rule = rules_at(policy, exact).rule(name)
        assert stands_above(rules_at(policy, half).rule(name), rule)
        assert stands_above(rules_at(policy, UNKNOWN).rule(name), rule)
        assert stands_above(rules_at(policy, UNKNOWN).rule(name), rules_at(policy, passage).rule(name))


@settings(max_examples=50)
@given(policies, policies)
def test_tightening_again_changes_nothing_more(policy: Policy, floor: Policy) -> None:
    once = tightened(policy, floor)
    assert tightened(once, floor).digest == once.digest


def test_a_policy_with_milder_places_is_not_as_strict_as_one_without() -> None:
    plain = Policy(name="p")
    assert not at_least_as_strict(plain.model_copy(update={"places": (Place(default=Rule(action="keep")),)}), plain)
    tighter = Place(default=Rule(action="block"), tighten=True)
    assert at_least_as_strict(plain.model_copy(update={"places": (tighter,)}), plain)


def test_the_later_place_wins_and_a_default_speaks_for_all_that_it_does_not_name() -> None:
    policy = Policy(
        name="p",
        entities={"PERSON": Rule(action="hash"), "AGE": Rule(action="mask")},
        places=(
            Place(roles=("system",), entities={"PERSON": Rule(action="keep")}, default=Rule(action="observe")),
            Place(models=("gpt-*",), entities={"AGE": Rule(action="block")}),
        ),
    )
    actions = {name: rules_at(policy, SYSTEM).rule(name).action.value for name in ("PERSON", "AGE", "US_SSN")}
    assert actions == {"PERSON": "keep", "AGE": "block", "US_SSN": "observe"}
    assert rules_at(policy, USER).rule("PERSON").action is Action.HASH
    assert rules_at(policy, USER).rule("AGE").action is Action.BLOCK


FILE = """name: mine
extends: balanced
scope: session
on_failure: local
places:
  - roles: [system]
    entities: {%s: %s}
"""


def compiled(text: str) -> Policy:
    return compile_policies(builtin_documents(), [read_document("mine.yaml", text)])["mine"]


def test_places_come_from_a_file_and_faults_name_line_and_nearest_word() -> None:
    policy = compiled(FILE % ("PERSON", "keep"))
    assert policy.places[0].entities["PERSON"].action is Action.KEEP
    assert (policy.scope, policy.linkable, policy.on_failure) == ("session", False, "local")
    with pytest.raises(PolicyError, match=r"mine.yaml:7: unknown entity type 'PERSN' \(did you mean 'PERSON'\?\)"):
        compiled(FILE % ("PERSN", "keep"))
    with pytest.raises(PolicyError, match=r"mine.yaml:6: unknown key 'places.0.rolse' \(did you mean 'roles'\?\)"):
        compiled((FILE % ("PERSON", "keep")).replace("roles", "rolse"))
    with pytest.raises(PolicyError, match="write scope only"):
        compiled("name: mine\nscope: vault\nlinkable: false\n")
    with pytest.raises(PolicyError, match=r"mine\.yaml:3"):
        compiled("name: mine\nplaces:\n  - roles: [system]\n")


@pytest.mark.parametrize("rule", [{"action": "keep"}, {"action": "observe"}, {"style": "realistic"}])
def test_one_way_goes_with_what_replaces(rule: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({**rule, "one_way": True})


def test_what_is_seldom_meant_is_told() -> None:
    keeps = {"PERSON": Rule(action="keep")}
    told = [
        doubts(Policy(name="p", places=(place,)))
        for place in (
            Place(roles=("assistant",), entities=keeps),
            Place(roles=("system",), entities=keeps),
            Place(roles=("user",), models=("x",), default=Rule(action="keep")),
            Place(entities={"PERSON": Rule(action="redact")}),
            Place(direction="answer", entities=keeps),
        )
    ]
    assert [len(some) for some in told] == [1, 0, 1, 0, 0]
    assert "earlier answers brought back" in told[0][0]
