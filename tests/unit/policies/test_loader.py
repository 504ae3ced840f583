from pathlib import Path

import pytest

from policies.documents import read_document
from policies.entity_types import ENTITY_TYPES, SECRETS
from policies.loader import PolicyError, compile_policies, load_policies
from policies.model import Action, Policy

BUILTIN = load_policies()


def compiled(*texts: str, builtin: tuple[str, ...] = ()) -> dict[str, Policy]:
    own = [read_document(f"p{n}.yaml", text) for n, text in enumerate(texts)]
    return dict(compile_policies([read_document(f"b{n}.yaml", text) for n, text in enumerate(builtin)], own))


def test_the_eight_names_of_the_contract_are_there() -> None:
    assert set(BUILTIN) == {"balanced", "strict", "fast", "observe", "hipaa", "pci", "gdpr", "code"}


def test_every_builtin_policy_has_a_description_and_only_known_types() -> None:
    for policy in BUILTIN.values():
        assert policy.description
        assert set(policy.entities) <= set(ENTITY_TYPES)


def test_balanced_scrambles_everything_but_bare_dates_and_numbers() -> None:
    kept = {name for name in ENTITY_TYPES if BUILTIN["balanced"].rule(name).action is Action.KEEP}
    assert kept == {"DATE_PART", "NUMBER"}
    assert all(BUILTIN["balanced"].rule(name).action is Action.SCRAMBLE for name in set(ENTITY_TYPES) - kept)


def test_strict_scrambles_everything_and_links_nothing() -> None:
    assert {BUILTIN["strict"].rule(name).action for name in ENTITY_TYPES} == {Action.SCRAMBLE}
    assert not BUILTIN["strict"].linkable


def test_observe_changes_nothing() -> None:
    assert {BUILTIN["observe"].rule(name).action for name in ENTITY_TYPES} <= {Action.OBSERVE, Action.KEEP}
    assert not BUILTIN["observe"].notice


def test_fast_does_without_presidio() -> None:
    assert BUILTIN["fast"].detection.engines == ("patterns", "names")


def test_pci_takes_card_data_out_for_good() -> None:
    for name in ("CREDIT_CARD", "CARD_EXPIRY", "CARD_SECURITY_CODE"):
        assert BUILTIN["pci"].rule(name).action is Action.REDACT
    assert BUILTIN["pci"].rule("PERSON").action is Action.SCRAMBLE


def test_code_keeps_what_code_is_full_of_and_no_secret() -> None:
    code = BUILTIN["code"]
    assert all(code.rule(name).action is Action.SCRAMBLE for name in SECRETS)
    assert all(code.rule(name).action is Action.KEEP for name in ("PERSON", "ORGANIZATION", "URL", "UUID", "NUMBER"))


def test_output_may_be_switched_off_without_quotes() -> None:
    parent, child = compiled("name: a\noutput: block\n", "name: b\nextends: a\noutput: off\n").values()
    assert (parent.output, child.output) == ("block", "off")


@pytest.mark.parametrize("name", ["hipaa", "gdpr", "strict"])
def test_the_unlinkable_ones_are_unlinkable(name: str) -> None:
    assert not BUILTIN[name].linkable


def test_hipaa_names_every_text_identifier_of_safe_harbor() -> None:
    named = set(BUILTIN["hipaa"].entities)
    assert named >= {"PERSON", "POSTCODE", "DATE_TIME", "AGE", "PHONE_NUMBER", "EMAIL_ADDRESS", "US_SSN"}
    assert named >= {
        "MEDICAL_RECORD",
        "MEMBER_ID",
        "ACCOUNT_NUMBER",
        "MEDICAL_LICENSE",
        "VIN",
        "DEVICE_ID",
        "URL",
        "IP_ADDRESS",
    }
    assert {name for name in named if BUILTIN["hipaa"].rule(name).action is Action.KEEP} == {"NUMBER"}


def test_a_child_inherits_and_overrides_per_type() -> None:
    policies = compiled(
        "name: a\nentities: {PERSON: redact, AGE: keep}\ndetection: {languages: [de], allow: [x]}\nlinkable: false\n",
        "name: b\nextends: a\nentities:\n  AGE: block\n  PERSON: {min_score: 0.5}\ndetection: {allow: [y]}\n",
    )
    b = policies["b"]
    assert (b.rule("PERSON").action, b.rule("PERSON").min_score) == (Action.REDACT, 0.5)
    assert b.rule("AGE").action is Action.BLOCK
    assert b.detection.languages == ("de",)
    assert b.detection.allow == ("y",)
    assert not b.linkable
    assert b.name == "b"


def test_a_description_is_not_needed_and_a_default_of_the_parent_stays() -> None:
    assert compiled("name: a\ndefault: block\n", "name: b\nextends: a\n")["b"].default.action is Action.BLOCK


def test_a_users_policy_may_replace_and_extend_the_builtin_one_of_its_name() -> None:
    policies = compiled(
        "name: base\nextends: base\nentities: {AGE: block}\n",
        builtin=("name: base\nentities: {PERSON: redact}\n", "name: child\nextends: base\n"),
    )
    assert policies["base"].rule("PERSON").action is Action.REDACT
    assert policies["child"].rule("AGE").action is Action.BLOCK


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (
            ["name: a\nextends: balancd\n", "name: balanced\n"],
            "p0.yaml:2: unknown policy 'balancd' (did you mean 'balanced'?)",
        ),
        (["name: a\nextends: a\n"], "p0.yaml:2: unknown policy 'a'"),
        (["name: a\nextends: b\n", "name: b\nextends: a\n"], "policies extend each other in a circle: a -> b -> a"),
        (["name: a\n", "name: a\n"], "p1.yaml:1: the policy 'a' is already in p0.yaml"),
        (
            ["name: a\nentities:\n  EMAIL_ADRESS: block\n"],
            "p0.yaml:3: unknown entity type 'EMAIL_ADRESS' (did you mean 'EMAIL_ADDRESS'?)",
        ),
        (["name: a\nentities: {LITERAL: keep}\n"], "p0.yaml:2: LITERAL is reserved"),
        (["name: a\ndetection: {deny: {LITERAL: [x]}}\n"], "p0.yaml:2: LITERAL is reserved"),
        (["name: a\nentities:\n  AGE: scrambel\n"], "p0.yaml:3: 'entities.AGE.action' must be one of"),
        (["name: a\ndetection:\n  languages: [en, no]\n"], "p0.yaml:3: 'detection.languages.1' must be text"),
        (["name: a\ndetection:\n  deny: {PROJECT: [2024]}\n"], "so put it in quotes"),
        (["description: x\n"], "p0.yaml:1: 'name' is missing"),
        (["name: a\nscop: session\n"], "p0.yaml:2: unknown key 'scop' (did you mean 'scope'?)"),
        (["name: a\nsession_ttl: 86400\nsession_ttl_max: 60\n"], "p0.yaml:2: session_ttl is over session_ttl_max"),
    ],
)
def test_a_fault_is_named_with_file_line_and_suggestion(texts: list[str], expected: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(*texts)
    assert expected in str(caught.value)


def test_an_own_entity_type_is_known_by_its_words() -> None:
    policy = compiled("name: a\nentities: {PROJECT: redact}\ndetection: {deny: {PROJECT: [Bluebird]}}\n")["a"]
    assert policy.rule("PROJECT").action is Action.REDACT


def test_a_folder_is_read_and_merged_with_the_builtin_ones(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nextends: strict\nentities: {US_SSN: block}\n")
    (tmp_path / "notes.txt").write_text("no policy")
    policies = load_policies(tmp_path)
    assert policies["mine"].rule("US_SSN").action is Action.BLOCK
    assert set(policies) == {*BUILTIN, "mine"}


def test_a_folder_that_is_not_there_is_a_policy_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policies(tmp_path / "none")


def test_a_policy_is_no_template_for_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\ndescription: ${HOME}\n")
    assert load_policies(tmp_path)["a"].description == "${HOME}"
