"""When a proof is good."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.settings import load_settings
from proxy.errors import BadRequest
from proxy.verifying import Proof, verify


def proof(action: str, *, left: bool, back: bool) -> Proof:
    return Proof("PERSON", "Ann called.", action, "PERSON_K7Q2M9XA called.", left, back)


@pytest.mark.parametrize(
    ("action", "left", "back", "good"),
    [
        ("scramble", False, True, True),
        ("scramble", False, False, False),
        ("scramble", True, True, False),
        ("redact", False, False, True),
        ("redact", True, False, False),
        ("block", False, False, True),
        ("block", True, True, False),
        ("keep", True, True, True),
        ("observe", True, True, True),
    ],
)
def test_a_proof_is_good_when_the_policy_was_kept(
    action: str,
    left: bool,  # noqa: FBT001 - parameter
    back: bool,  # noqa: FBT001 - parameter
    good: bool,  # noqa: FBT001 - parameter
) -> None:
    assert proof(action, left=left, back=back).good is good


async def test_a_policy_that_is_none_is_refused_with_the_names_that_there_are(tmp_path: Path) -> None:
    settings = load_settings(None, environ={}, overrides={"data_dir": tmp_path})
    with pytest.raises(BadRequest, match="balanced"):
        await verify(settings, "no-such-policy")
