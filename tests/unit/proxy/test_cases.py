"""Cases of policies: the built-in ones hold, and every kind of wrong expectation is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from policies.cli import main
from policies.documents import DocumentError, read_document
from policies.loader import compile_policies, load_policies
from proxy.cases import BUILTIN_CASES, Result, failed, run_cases

BUILTIN = load_policies()
QUICK = compile_policies(
    [
        read_document(
            "quick.yaml", "name: quick\ndetection: {engines: [patterns]}\nentities: {US_SSN: block, AGE: mask}\n"
        ),
        read_document(
            "placed.yaml",
            "name: placed\ndetection: {engines: [patterns]}\nentities: {US_SSN: {one_way: true}}\n"
            "places:\n  - {roles: [system], entities: {EMAIL_ADDRESS: keep}}\n"
            "  - {models: [gpt-*], tools: [crm_*], entities: {EMAIL_ADDRESS: redact}}\n",
        ),
        read_document("once.yaml", "name: once\ndetection: {engines: [patterns]}\ndefault: hash\n"),
    ]
)
MAIL = "Write to m.okafor@example.com."


def run(text: str, policy: str = "quick", /, **expected: object) -> Result:
    content = json.dumps({"year": 2026, "cases": [{"text": text, "policy": policy, **expected}]})
    return run_cases([read_document("cases.yaml", content)], QUICK, 2026)[0]


def test_the_cases_of_the_built_in_policies_hold() -> None:
    documents = [read_document(path.name, path.read_text(encoding="utf-8")) for path in sorted(BUILTIN_CASES.glob("*"))]
    results = run_cases(documents, BUILTIN, 2026)
    assert [(result.where, result.faults) for result in failed(results)] == []
    assert {result.policy for result in results} == set(BUILTIN)


def test_what_is_as_expected_has_no_fault() -> None:
    assert run(MAIL, leaves="Write to EMAIL_ADDRESS_*.", found={"EMAIL_ADDRESS": 1}).faults == ()
    assert run(MAIL, hidden=["okafor"], stays=["Write"], restorable=["m.okafor@example.com"]).faults == ()
    assert run("SSN 536-22-8794", blocked=True).faults == ()
    assert run(MAIL, "once", lost=["okafor"], hidden=["example.com"]).faults == ()


def test_a_case_stands_in_a_place() -> None:
    assert run(MAIL, "placed", leaves="Write to EMAIL_ADDRESS_*.").faults == ()
    assert run(MAIL, "placed", role="system", leaves=MAIL).faults == ()
    assert run(MAIL, "placed", role="tool", tool="crm_find", model="gpt-4o", lost=["okafor"]).faults == ()
    assert run(MAIL, "placed", role="tool", tool="crm_find", lost=["okafor"]).faults == (), "any model may be gpt-"
    assert run(MAIL, "placed", role="tool", tool="crm_find", model="llama3", restorable=[MAIL[9:-1]]).faults == ()
    assert run("SSN 536-22-8794", "placed", leaves="SSN US_SSN_*", lost=["8794"]).faults == ()


@pytest.mark.parametrize(
    ("text", "expected", "fault"),
    [
        (MAIL, {"leaves": MAIL}, "what leaves is 'Write to EMAIL_ADDRESS_*.'"),
        (MAIL, {"found": {}}, "found is {'EMAIL_ADDRESS': 1}"),
        (MAIL, {"hidden": ["Write"]}, "'Write' leaves"),
        (MAIL, {"stays": ["okafor"]}, "'okafor' does not leave"),
        (MAIL, {"restorable": ["Write"]}, "'Write' cannot be restored"),
        (MAIL, {"lost": ["okafor"]}, "'okafor' can be restored"),
        (MAIL, {"blocked": True}, "it leaves, and was to be blocked"),
        ("SSN 536-22-8794", {"hidden": ["536"]}, "nothing leaves: the policy blocks it"),
    ],
)
def test_a_wrong_expectation_is_a_fault(text: str, expected: dict[str, object], fault: str) -> None:
    assert run(text, "quick", **expected).faults == (fault,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("year: 2026\ncases:\n  - {text: a, policy: quikc, hidden: [b]}\n", "c.yaml:3: unknown policy 'quikc' (did"),
        ("year: 2026\ncases:\n  - {text: a, policy: quick}\n", "a case expects something"),
        ("year: 2026\ncases:\n  - {text: a, policy: quick, hiden: [b]}\n", "c.yaml:3: unknown key 'cases.0.hiden'"),
        ("year: 2026\ncases: []\n", "c.yaml:2"),
        ("year: 26\ncases:\n  - {text: a, policy: quick, hidden: [b]}\n", "c.yaml:1: 'year'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named_with_its_line(content: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        run_cases([read_document("c.yaml", content)], QUICK, 2026)
    assert message in str(caught.value)


def test_the_command_says_which_case_failed_and_exits_with_one(tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    good = "  - {policy: code, text: 'Write to m.okafor@example.com.', hidden: [okafor]}\n"
    file.write_text(f"year: 2026\ncases:\n{good}")
    data = ["--data-dir", str(tmp_path / "data")]
    passed = CliRunner().invoke(main, ["policies", "test", str(file), "--json", *data])
    assert passed.exit_code == 0
    assert json.loads(passed.stdout)["ok"]
    file.write_text(f"year: 2026\ncases:\n{good}{good.replace('hidden', 'stays')}")
    shown = CliRunner().invoke(main, ["policies", "test", str(tmp_path), *data])
    assert shown.exit_code == 1
    assert "cases.yaml:4: code: 'okafor' does not leave" in shown.stdout
    assert "1 of 2 cases" in shown.stdout


def test_a_folder_without_cases_is_no_success(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["policies", "test", str(tmp_path)]).exit_code == 1
