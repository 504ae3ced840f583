"""The entity types that the pages offer are those that the server takes."""

from __future__ import annotations

import re
from pathlib import Path

from policies.entity_types import ENTITY_TYPES

SOURCES = Path(__file__).parents[3] / "admin_ui/web/src"


def _offered(path: str, name: str) -> list[str]:
    text = (SOURCES / path).read_text(encoding="utf-8")
    found = re.search(rf"export const {name} = \[(.*?)\]", text, re.DOTALL)
    assert found is not None
    return re.findall(r'"([A-Z0-9_]+)"', found[1])


def test_every_type_of_a_column_is_offered_once_and_none_is_refused() -> None:
    assert sorted(_offered("pages/jars/types.ts", "TYPES")) == sorted(ENTITY_TYPES)


def test_no_common_type_is_refused() -> None:
    assert set(_offered("logic/kinds.ts", "COMMON_TYPES")) <= set(ENTITY_TYPES)
