import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.loader import load_policies
from policies.model import Action, Cache, Detection, Hooks, Policy, Restore, Rule, Tools
from policies.resolve import PolicyNotAllowed, at_least_as_strict, fingerprint, resolve, tightened

BUILTIN = load_policies()
STRICTEST_FIRST = [Action.BLOCK, Action.REDACT, Action.MASK, Action.SCRAMBLE, Action.OBSERVE, Action.KEEP]

rules = st.builds(Rule, action=st.sampled_from(Action), min_score=st.sampled_from([0.0, 0.3, 0.9]))
policies = st.builds(
    Policy,
    name=st.sampled_from(["a", "b"]),
    entities=st.dictionaries(st.sampled_from(["PERSON", "AGE", "US_SSN"]), rules),
    default=rules,
    detection=st.builds(
        Detection,
        engines=st.lists(st.sampled_from(["patterns", "names", "presidio"]), unique=True).map(tuple),
        allow=st.lists(st.sampled_from(["x", "y"]), unique=True).map(tuple),
        deny=st.dictionaries(st.just("AGE"), st.just(("old",))),
    ),
    scope=st.sampled_from(["vault", "session"]),
    on_failure=st.sampled_from(["refuse", "local"]),
    unscannable=st.sampled_from(["refuse", "allow"]),
    identifiers=st.sampled_from(["report", "block"]),
    websockets=st.sampled_from(["refuse", "allow"]),
    store=st.sampled_from(["as asked", "never"]),
    server_tools=st.sampled_from([Tools(), Tools(deny=("mcp",)), Tools(allow=("web_*",))]),
    hooks=st.sampled_from([Hooks(), Hooks(before=("a",), window=0), Hooks(before=("b",), verdict="report", window=9)]),
    cache=st.sampled_from([Cache(), Cache(ttl=60), Cache(ttl=600, calls="all")]),
)


def chosen(**wanted: object) -> str:
    return resolve(BUILTIN, default="balanced", **wanted).name  # type: ignore[arg-type]  # the test passes any of them


def test_the_request_wins_over_the_key_and_the_key_over_the_default() -> None:
    assert chosen() == "balanced"
    assert chosen(own="code") == "code"
    assert chosen(own="code", requested="observe", allowed=["observe"]) == "observe"


def test_a_list_says_exactly_what_may_be_asked_for() -> None:
    assert chosen(own="balanced", requested="code", allowed=["code"]) == "code"
    assert chosen(own="balanced", requested="balanced", allowed=["code"]) == "balanced"
    assert chosen(own="balanced", requested="observe", allowed=["*"]) == "observe"
    with pytest.raises(PolicyNotAllowed):
        chosen(own="balanced", requested="strict", allowed=["code"])
    with pytest.raises(PolicyNotAllowed):
        chosen(own="balanced", requested="strict", allowed=[])


@pytest.mark.parametrize("name", ["strict", "hipaa", "gdpr", "pci", "balanced"])
def test_without_a_list_a_key_may_ask_for_more_protection(name: str) -> None:
    assert chosen(own="balanced", requested=name) == name


@pytest.mark.parametrize("name", ["observe", "code"])
def test_without_a_list_a_key_may_not_ask_for_less(name: str) -> None:
    with pytest.raises(PolicyNotAllowed):
        chosen(own="balanced", requested=name)


def test_a_policy_that_is_not_there_and_one_that_is_forbidden_look_the_same() -> None:
    messages = set()
    for name in ("observe", "no-such-policy"):
        with pytest.raises(PolicyNotAllowed) as caught:
            chosen(requested=name)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_an_unknown_policy_of_a_key_is_refused_not_replaced_by_the_default() -> None:
    with pytest.raises(PolicyNotAllowed, match="did you mean 'strict'"):
        chosen(own="stict")


def test_a_floor_applies_to_whatever_was_chosen() -> None:
    floor = Policy(name="floor", default=Rule(action=Action.KEEP), entities={"US_SSN": Rule(action=Action.BLOCK)})
    policy = resolve(BUILTIN, default="balanced", requested="observe", allowed=["*"], floors=[floor])
    assert policy.rule("US_SSN").action is Action.BLOCK
    assert policy.rule("PERSON").action is Action.OBSERVE


@pytest.mark.parametrize("index", range(len(STRICTEST_FIRST) - 1))
def test_the_order_of_actions(index: int) -> None:
    strict, mild = (Policy(name="p", default=Rule(action=action)) for action in STRICTEST_FIRST[index : index + 2])
    assert tightened(mild, strict).default.action is strict.default.action
    assert tightened(strict, mild).default.action is strict.default.action


def test_of_two_equally_strict_actions_the_policys_own_stays() -> None:
    mask, hashed = (Policy(name="p", default=Rule(action=action)) for action in (Action.MASK, Action.HASH))
    assert tightened(mask, hashed).default.action is Action.MASK


def test_thresholds_fall_and_allow_lists_shrink() -> None:
    policy = Policy(name="p", default=Rule(min_score=0.8), detection=Detection(allow=("a", "b")))
    floor = Policy(name="f", default=Rule(min_score=0.4), detection=Detection(allow=("b", "c"), deny={"AGE": ("old",)}))
    result = tightened(policy, floor)
    assert result.default.min_score == 0.4
    assert result.detection.allow == ("b",)
    assert result.detection.deny == {"AGE": ("old",)}


@given(policies, policies)
def test_a_floor_only_tightens_and_is_met(policy: Policy, floor: Policy) -> None:
    result = tightened(policy, floor)
    rank = {action: STRICTEST_FIRST.index(action) for action in STRICTEST_FIRST}
    rank |= {Action.HASH: rank[Action.MASK], Action.GENERALIZE: rank[Action.MASK]}
    for name in ("PERSON", "AGE", "US_SSN", "CREDIT_CARD"):
        strictest = min(rank[policy.rule(name).action], rank[floor.rule(name).action])
        assert rank[result.rule(name).action] == strictest
    assert result.name == policy.name
    assert set(result.detection.allow) <= set(policy.detection.allow)
    assert set(result.detection.engines) >= {*policy.detection.engines, *floor.detection.engines}
    assert set(result.hooks.before) == {*policy.hooks.before, *floor.hooks.before}
    assert result.cache.ttl == min(policy.cache.ttl, floor.cache.ttl)
    assert at_least_as_strict(result, policy)


@given(policies, policies)
def test_tightening_twice_changes_nothing_more(policy: Policy, floor: Policy) -> None:
    once = tightened(policy, floor)
    assert tightened(once, floor).digest == once.digest


@given(policies)
def test_every_policy_is_as_strict_as_itself(policy: Policy) -> None:
    assert at_least_as_strict(policy, policy)


def test_the_fingerprint_tells_what_a_policy_does_and_nothing_else() -> None:
    policy = Policy(name="a", entities={"AGE": Rule(), "PERSON": Rule()})
    assert fingerprint(policy) == fingerprint(
        Policy(name="b", description="x", entities={"PERSON": Rule(), "AGE": Rule()})
    )
    assert fingerprint(policy) != fingerprint(policy.model_copy(update={"scope": "session"}))


def test_a_copy_has_a_fingerprint_of_its_own() -> None:
    policy = Policy(name="a")
    before = fingerprint(policy)
    assert fingerprint(policy.model_copy(update={"default": Rule(action=Action.BLOCK)})) != before


def test_a_floor_narrows_where_originals_may_come_back() -> None:
    def restoring(hosts: tuple[str, ...], allow: tuple[str, ...], deny: tuple[str, ...] = ()) -> Policy:
        return Policy(name="p", restore=Restore(hosts=hosts, tools=Tools(allow=allow, deny=deny)))

    both = tightened(
        restoring(("a.example", "*.b.example"), ("*",), ("x",)),
        restoring(("x.b.example", "c.example"), ("crm_*",), ("y",)),
    )
    assert both.restore == Restore(hosts=("x.b.example",), tools=Tools(allow=("crm_*",), deny=("x", "y")))
    assert tightened(restoring(("*",), ("*",)), restoring((), ())).restore == Restore(tools=Tools(allow=()))
    assert at_least_as_strict(restoring((), ("crm",)), restoring(("*",), ("*",)))
    assert not at_least_as_strict(restoring(("*",), ("crm",)), restoring((), ("crm",)))


@pytest.mark.parametrize("host", ["https://x.example", "X.example", "x.example/", "a.*", "", "x y"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        Restore(hosts=(host,))


def test_the_stricter_way_with_answers_counts() -> None:
    mild, strict = Policy(name="p", output="report"), Policy(name="f", output="block")
    assert tightened(mild, strict).output == "block"
    assert tightened(strict, mild).output == "block"
    assert not at_least_as_strict(mild, strict)
