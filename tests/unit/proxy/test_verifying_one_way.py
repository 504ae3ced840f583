"""What `sting verify` expects of generalized values."""

from __future__ import annotations

import pytest

from policies.model import Action
from proxy.verifying import may_stay


@pytest.mark.parametrize(
    ("action", "entity_type", "value", "expected"),
    [
        (Action.GENERALIZE, "AGE", "47 years old", True),
        (Action.GENERALIZE, "AGE", "94 years old", False),
        (Action.GENERALIZE, "DATE_TIME", "3 November 2025", False),
        (Action.GENERALIZE, "PERSON", "Margaret Okafor", False),
        (Action.SCRAMBLE, "AGE", "47 years old", False),
        (Action.BLOCK, "AGE", "47 years old", False),
    ],
)
def test_only_what_generalizing_leaves_as_it_is_may_stay(
    action: Action, entity_type: str, value: str, *, expected: bool
) -> None:
    assert may_stay(action, entity_type, value) is expected
